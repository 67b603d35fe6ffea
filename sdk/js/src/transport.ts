import { type AshlarRequestError, clientError, fromProblem, isRequestError } from "./errors.ts"
import { resolveBase, toSearch } from "./path.ts"

/** The part of `fetch` that this client needs, so that a test or a proxy can stand in for it. */
export type Fetch = (input: string, init?: RequestInit) => Promise<Response>

/** Where the credentials of a request come from. */
export interface Authorizer {
  /** The bearer to send now, or undefined to call as nobody. */
  bearer(): Promise<string | undefined>
  /** Called once after a 401 to `refused`: a new bearer to repeat the request with, or undefined to give up. */
  renew?(refused: string): Promise<string | undefined>
}

export interface TransportOptions {
  /** The server's address: `https://api.example.com`, with a path when it lives under one. */
  readonly url: string
  /** Default: the runtime's own. */
  readonly fetch?: Fetch | undefined
  /** How long one try may take, from sending to the last byte of the answer. Default 30,000. */
  readonly timeoutMs?: number | undefined
  /** How often a GET is tried again after a network failure or a 503, 0..5. Default 2. Nothing else is ever repeated. */
  readonly retries?: number | undefined
  /** As in `fetch`: set `include` when the session cookie belongs to another origin. */
  readonly credentials?: RequestCredentials | undefined
  readonly authorizer?: Authorizer | undefined
  /** The user of the app for whom a request is sent, beside what the authorizer says of the app itself. */
  readonly user?: Authorizer | undefined
}

/** One request, relative to the server's address. */
export interface RequestSpec {
  readonly method?: string
  /** Made with the {@link path} tag, so that every segment is encoded. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as it is. */
  readonly body?: BodyInit | null
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly signal?: AbortSignal | undefined
  /** Instead of the transport's. */
  readonly timeoutMs?: number | undefined
  /** False: not even a GET is repeated. */
  readonly retry?: boolean
  /** Statuses of 400 and above that are an answer here, not a refusal. */
  readonly accept?: readonly number[]
}

/** Sends requests to one server, and turns every refusal and failure into one kind of error. */
export interface Transport {
  /** The server's address, without a slash at its end. */
  readonly url: string
  /**
   * Sends, and reads the answer as JSON; undefined for 204.
   *
   * @throws {AshlarRequestError} With the server's code, or one of the client's own.
   */
  json<T>(spec: RequestSpec): Promise<T>
  /**
   * Sends, and gives the answer unread: for streams and functions. The time limit ends when the headers are there.
   *
   * @throws {AshlarRequestError} Only when no answer came; refusals are answers here.
   */
  send(spec: RequestSpec): Promise<Response>
}

const DEFAULT_TIMEOUT_MS = 30_000
const DEFAULT_RETRIES = 2
const MAX_RETRIES = 5
const FIRST_BACKOFF_MS = 200
const MAX_BACKOFF_MS = 5_000

/**
 * Makes the transport that the clients are built on.
 *
 * @throws {SDK_BAD_OPTIONS} When the URL is not http(s), or a bound is out of range.
 */
export function createTransport(options: TransportOptions): Transport {
  const base = resolveBase(options.url)
  const retries = options.retries ?? DEFAULT_RETRIES
  if (!Number.isInteger(retries) || retries < 0 || retries > MAX_RETRIES)
    throw clientError("SDK_BAD_OPTIONS", `Expected \`retries\` to be 0..${MAX_RETRIES}, got ${retries}.`)
  const fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init))

  /** One request under the time limit; `use` reads as much of the answer as the limit shall cover. */
  async function attempt<T>(spec: RequestSpec, sent: Credentials, use: (answer: Response) => Promise<T>) {
    const timeoutMs = spec.timeoutMs ?? options.timeoutMs ?? DEFAULT_TIMEOUT_MS
    const limit = new AbortController()
    const timer = setTimeout(() => limit.abort(), timeoutMs)
    try {
      const signal = spec.signal ? AbortSignal.any([spec.signal, limit.signal]) : limit.signal
      return await use(await fetch(base + spec.path + toSearch(spec.query), toInit(spec, sent, options, signal)))
    } catch (cause) {
      if (isRequestError(cause)) throw cause
      if (spec.signal?.aborted) throw spec.signal.reason
      if (limit.signal.aborted)
        throw clientError("SDK_TIMEOUT", `${base} did not answer within ${timeoutMs} ms.`, { cause })
      throw clientError("SDK_UNREACHABLE", `Cannot reach ${base}. Check the URL, and that the server is running.`, {
        cause,
      })
    } finally {
      clearTimeout(timer)
    }
  }

  /** The request with its credentials; a bearer that has just run out is renewed, once. */
  async function authorized<T>(spec: RequestSpec, use: (answer: Response) => Promise<T>): Promise<T> {
    const { authorizer, user } = options
    const sent = { bearer: await authorizer?.bearer(), user: await user?.bearer() }
    // What runs out is the user's token where there is one, and else the bearer.
    const [name, source] = sent.user === undefined ? (["bearer", authorizer] as const) : (["user", user] as const)
    const refused = sent[name]
    if (refused === undefined || source?.renew === undefined) return attempt(spec, sent, use)
    const first = await attempt(spec, sent, async (answer) => {
      if (answer.status !== 401 || !isRepeatable(spec)) return { done: await use(answer) }
      // Read now, while the time limit still runs.
      const text = await answer.text()
      const kept = new Response(text, answer)
      return REFUSES_A_PROOF.test(text) ? { done: await use(kept) } : { refused: kept }
    })
    if (first.refused === undefined) return first.done
    const renewed = await source.renew(refused)
    if (renewed === undefined) return use(first.refused)
    return attempt(spec, { ...sent, [name]: renewed }, use)
  }

  async function persistent<T>(spec: RequestSpec, use: (answer: Response) => Promise<T>): Promise<T> {
    const mayRepeat = spec.retry !== false && (spec.method ?? "GET") === "GET"
    for (let tried = 0; ; tried++) {
      try {
        return await authorized(spec, use)
      } catch (error) {
        if (!mayRepeat || tried >= retries || !isPassing(error)) throw error
        const waitMs = error.retryAfterMs ?? backoffMs(tried)
        if (waitMs > MAX_BACKOFF_MS) throw error
        await sleep(waitMs, spec.signal)
      }
    }
  }

  return {
    url: base,
    json: <T>(spec: RequestSpec) => persistent(spec, (answer) => readJson<T>(answer, spec, base)),
    send: (spec) => persistent(spec, async (answer) => answer),
  }
}

/** A body that is a stream is spent after the first try. */
/** These 401s say no to a code, passkey or password that was sent along: a new bearer would not help, and a try would count twice. */
const REFUSES_A_PROOF = /"code":"(?:AUTH_(?:FACTOR_WRONG|PASSKEY_REFUSED|STEP_UP_REQUIRED)|IDENTITY_WRONG_CREDENTIALS)"/

function isRepeatable(spec: RequestSpec): boolean {
  return !(spec.body instanceof ReadableStream)
}

function isPassing(error: unknown): error is AshlarRequestError {
  return isRequestError(error) && (error.code === "SDK_UNREACHABLE" || error.status === 503)
}

/** Doubles with each try, up to a bound; the lower half is left to chance, so that many clients do not come back at once. */
export function backoffMs(tried: number, firstMs: number = FIRST_BACKOFF_MS, maxMs: number = MAX_BACKOFF_MS): number {
  const full = Math.min(maxMs, firstMs * 2 ** tried)
  return full / 2 + (Math.random() * full) / 2
}

/** Waits, unless the signal ends it first; then it throws the signal's reason. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop)
      resolve()
    }, ms)
    signal?.addEventListener("abort", stop, { once: true })
  })
}

/** What one try says of who sends it. */
interface Credentials {
  readonly bearer: string | undefined
  readonly user: string | undefined
}

function toInit(
  spec: RequestSpec,
  { bearer, user }: Credentials,
  options: TransportOptions,
  signal: AbortSignal,
): RequestInit {
  const headers: Record<string, string> = {}
  if (spec.json !== undefined) headers["content-type"] = "application/json"
  if (bearer !== undefined) headers.authorization = `Bearer ${bearer}`
  if (user !== undefined) headers["ashlar-user"] = `Bearer ${user}`
  for (const [name, value] of Object.entries(spec.headers ?? {})) if (value !== undefined) headers[name] = value
  const init: RequestInit = { method: spec.method ?? "GET", headers, signal }
  if (options.credentials !== undefined) init.credentials = options.credentials
  const body = spec.json === undefined ? spec.body : JSON.stringify(spec.json)
  if (body !== undefined && body !== null) init.body = body
  // Node asks for this when a body streams; the others ignore it.
  if (body instanceof ReadableStream) Object.assign(init, { duplex: "half" })
  return init
}

async function readJson<T>(answer: Response, spec: RequestSpec, base: string): Promise<T> {
  const isAnswer = answer.ok || spec.accept?.includes(answer.status) === true
  if (answer.status === 204) return undefined as T
  const text = await answer.text()
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch (cause) {
    throw notAshlar(answer, base, cause)
  }
  if (isAnswer) return body as T
  throw fromProblem(body, answer) ?? notAshlar(answer, base)
}

function notAshlar(answer: Response, base: string, cause?: unknown): AshlarRequestError {
  const type = answer.headers.get("content-type") ?? "no content type"
  return clientError(
    "SDK_BAD_RESPONSE",
    `Expected JSON from ${base}, got status ${answer.status} with ${type}. Is this the address of an Ashlar server?`,
    { status: answer.status, cause },
  )
}

/**
 * The refusal that an unread answer carries, or undefined when it is a good one.
 *
 * @param answer Its body is read only when it is a problem document.
 */
export async function readProblem(answer: Response): Promise<AshlarRequestError | undefined> {
  if (!answer.headers.get("content-type")?.startsWith("application/problem+json")) return undefined
  try {
    return fromProblem(await answer.json(), answer)
  } catch {
    return undefined
  }
}
