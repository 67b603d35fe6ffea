import { parseJson, readText, toError, typeOf } from "./answer.ts"
import { ClientError, clientError, toClientError } from "./client-error.ts"
import { type Entry, entryOf, MANIFEST_PATH, type Manifest } from "./manifest.ts"
import type { CallOptions, ClientOptions } from "./options.ts"
import { fetchTransport, type Input, isRepeatable, type Outgoing, toBody, toUrl } from "./outgoing.ts"
import { backoff, pause } from "./pause.ts"

/** Statuses that say: not now. */
const TRANSIENT = /^(?:0|408|425|429|50[234])$/

/** What a try needs besides its input. */
interface Try {
  readonly entry: Entry
  readonly input: Input
  readonly options: CallOptions
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  /** To be called when a stream is over. */
  readonly done: () => void
}

type Signalled = CallOptions & { readonly signal: AbortSignal }

/** Makes calls out of names and inputs. */
export class Caller {
  readonly #base: string
  readonly #options: ClientOptions
  #manifest: Promise<Manifest> | undefined

  constructor(url: string | URL, options: ClientOptions) {
    this.#base = String(url).replace(/\/+$/, "")
    this.#options = options
    if (options.manifest !== undefined) this.#manifest = Promise.resolve(options.manifest)
  }

  /** @throws {ClientError} and nothing else. */
  async call(name: string, input: Input = {}, options: CallOptions = {}): Promise<unknown> {
    const stop = new AbortController()
    const { signal, timeoutMs = this.#options.timeoutMs ?? 30_000 } = options
    const abort = (): void => stop.abort(clientError("CLIENT_ABORTED", "Aborted.", { cause: signal?.reason }))
    if (signal?.aborted) abort()
    signal?.addEventListener("abort", abort, { once: true })
    const late = (): void => stop.abort(clientError("CLIENT_TIMEOUT", `No answer within ${timeoutMs} ms.`))
    const timer = timeoutMs > 0 ? setTimeout(late, timeoutMs) : undefined
    const done = (): void => signal?.removeEventListener("abort", abort)
    try {
      const data = await this.#run(name, input, { ...options, signal: stop.signal }, done)
      // What is still open goes on to be ended by the signal.
      if (typeof data !== "object" || data === null || !(Symbol.asyncIterator in data)) done()
      return data
    } catch (error) {
      done()
      throw toClientError(error, stop.signal)
    } finally {
      clearTimeout(timer)
    }
  }

  async #run(name: string, input: Input, options: Signalled, done: () => void): Promise<unknown> {
    options.signal.throwIfAborted()
    this.#manifest ??= this.#fetchManifest()
    const entry = entryOf(await orAborted(this.#manifest, options.signal), name)
    const key = options.idempotencyKey === true ? crypto.randomUUID() : options.idempotencyKey
    const { lastEventId } = options
    const headers = { ...(key && { "idempotency-key": key }), ...resumed(lastEventId), ...options.headers }
    const one: Try = { entry, input, options, headers, signal: options.signal, done }
    if (entry.method.startsWith("WS"))
      return (await import("./socket.ts")).openSocket(
        toUrl(this.#base, entry.path, input),
        entry.method === "WS+JSON",
        options.signal,
      )
    return this.#read(await this.#answer(one), one)
  }

  /** For all calls that wait for it, so none of them may end it. */
  async #fetchManifest(): Promise<Manifest> {
    const signal = AbortSignal.timeout(MANIFEST_TIMEOUT_MS)
    const entry = { method: "GET", path: MANIFEST_PATH, codes: [] }
    const one: Try = { entry, input: {}, options: {}, headers: {}, signal, done: () => undefined }
    try {
      return (await this.#read(await this.#answer(one), one)) as Manifest
    } catch (error) {
      this.#manifest = undefined // the next call asks again
      throw error
    }
  }

  /** A good answer, after as many tries as it may take. */
  async #answer(one: Try): Promise<Response> {
    const { retries = this.#options.retries ?? 2 } = one.options
    const { backoffMs = 200, maxRetryAfterMs = 20_000 } = this.#options
    for (let tried = 0; ; tried++) {
      const request = await this.#toRequest(one)
      const error = await this.#try(request, one.entry.codes)
      if (!(error instanceof ClientError)) return error
      const { retryAfterMs = 0 } = error
      const isOver = tried >= retries || one.signal.aborted || retryAfterMs > maxRetryAfterMs
      if (isOver || !TRANSIENT.test(`${error.status}`) || !isRepeatable(one.entry, request.headers, request.body))
        throw error
      await pause(Math.max(backoff(backoffMs, tried), retryAfterMs), one.signal)
    }
  }

  async #toRequest({ entry, input, headers, signal }: Try): Promise<Outgoing> {
    const { headers: given = {}, token, onRequest } = this.#options
    const all = new Headers(typeof given === "function" ? await given() : given)
    const bearer = await token?.()
    if (bearer !== undefined) all.set("authorization", `Bearer ${bearer}`)
    const [body, type] = toBody(input.body)
    if (type !== undefined) all.set("content-type", type)
    for (const [name, value] of Object.entries({ ...input.headers, ...headers }))
      if (value !== undefined) all.set(name, String(value))
    const request = { method: entry.method, url: toUrl(this.#base, entry.path, input), headers: all, body, signal }
    await onRequest?.(request)
    return request
  }

  async #try(request: Outgoing, codes: readonly string[]): Promise<Response | ClientError> {
    const { transport = fetchTransport, onResponse, maxAnswerBytes } = this.#options
    try {
      const response = await transport(request)
      const seen = (await onResponse?.(response, request)) ?? response
      return seen.ok ? seen : await toError(seen, codes, maxAnswerBytes ?? MAX_ANSWER_BYTES)
    } catch (error) {
      return toClientError(error, request.signal)
    }
  }

  async #read(response: Response, one: Try): Promise<unknown> {
    const { backoffMs = 200, maxAnswerBytes: maxBytes = MAX_ANSWER_BYTES } = this.#options
    const type = typeOf(response)
    if (STREAMED.test(type)) {
      const { readStream } = await import("./streams.ts") // few calls need it
      const reopen = (id: string | undefined): Promise<Response> =>
        this.#answer({ ...one, headers: { ...one.headers, ...resumed(id) } })
      return readStream(response, { ...one, lastEventId: one.options.lastEventId, backoffMs, maxBytes, reopen })
    }
    const isText = type.startsWith("text/")
    if (type !== "" && !isText && !/[/+]json$/.test(type)) return response.body
    const text = await readText(response, maxBytes)
    return isText ? text : text ? parseJson(text) : null
  }
}

const STREAMED = /event-stream|ndjson/
const MANIFEST_TIMEOUT_MS = 30_000
const MAX_ANSWER_BYTES = 16 * 1024 * 1024

function resumed(lastEventId: string | undefined): Readonly<Record<string, string>> {
  return lastEventId === undefined ? {} : { "last-event-id": lastEventId }
}

/** Waits no longer than a signal lets. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    promise.then(resolve, reject)
    signal.addEventListener("abort", () => reject(signal.reason))
  })
}
