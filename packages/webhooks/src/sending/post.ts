import { AshlarError } from "@ashlar/core"
import type { ConnectTarget } from "@ashlar/http/outbound"
import { WebhooksDeliveryFailed } from "../errors.ts"
import { targetsOf } from "./endpoint-url.ts"
import type { WebhooksPlan } from "./webhooks-options.ts"

/** How one try went. */
export interface Posted {
  readonly status: number | undefined
  readonly error: AshlarError | undefined
  /** How the answer begins. */
  readonly answer: string | undefined
  /** What the answer's Retry-After asks for. */
  readonly retryAfterMs: number | undefined
  readonly durationMs: number
}

const MAX_ANSWER_BYTES = 1_000
/** An answer is not asked for longer than this. */
const MAX_RETRY_AFTER_MS = 86_400_000

/** Sends one request to an endpoint, and never throws. Redirects are not followed; of the answer the beginning is read. */
export async function post(
  url: string,
  request: { readonly headers: Headers; readonly body: string; readonly signal: AbortSignal },
  plan: WebhooksPlan,
): Promise<Posted> {
  const started = performance.now()
  const timeout = new AbortController()
  const late = () => timeout.abort(new WebhooksDeliveryFailed(`No answer within ${plan.timeoutMs} ms.`))
  const timer = setTimeout(late, plan.timeoutMs)
  const signal = AbortSignal.any([timeout.signal, request.signal])
  const over = Promise.withResolvers<never>()
  over.promise.catch(() => undefined)
  signal.addEventListener("abort", () => over.reject(signal.reason), { once: true })
  const durationMs = () => Math.round(performance.now() - started)
  try {
    if (signal.aborted) throw signal.reason
    const answered = answerOf(url, { ...request, signal }, plan)
    answered.catch(() => undefined)
    return { ...(await Promise.race([answered, over.promise])), durationMs: durationMs() }
  } catch (cause) {
    const error =
      cause instanceof AshlarError ? cause : new WebhooksDeliveryFailed("It could not be reached.", { cause })
    return { status: undefined, error, answer: undefined, retryAfterMs: undefined, durationMs: durationMs() }
  } finally {
    clearTimeout(timer)
  }
}

type Answer = Omit<Posted, "durationMs">

async function answerOf(
  url: string,
  { headers, body, signal }: { headers: Headers; body: string; signal: AbortSignal },
  plan: WebhooksPlan,
): Promise<Answer> {
  const targets = await targetsOf(url, plan)
  const init = { method: "POST", headers, body: new TextEncoder().encode(body), signal }
  const response = await connectAny(targets, (target) => plan.connect(target, init), signal)
  const answer = await beginningOf(response)
  const { status } = response
  const error =
    status >= 200 && status < 300 ? undefined : new WebhooksDeliveryFailed(`The endpoint answered ${status}.`)
  return { status, error, answer, retryAfterMs: retryAfter(response.headers.get("retry-after"), plan.clock.now()) }
}

/** One address after the other: a host may have one that this machine cannot reach. */
async function connectAny(
  targets: readonly ConnectTarget[],
  connect: (target: ConnectTarget) => Promise<Response>,
  signal: AbortSignal,
): Promise<Response> {
  let failure: unknown
  for (const target of targets)
    try {
      return await connect(target)
    } catch (error) {
      if (signal.aborted) throw signal.reason
      failure = error
    }
  throw failure
}

async function beginningOf(response: Response): Promise<string> {
  if (response.body === null) return ""
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const pieces: Uint8Array[] = []
  let size = 0
  try {
    while (size < MAX_ANSWER_BYTES) {
      const { done, value } = await reader.read()
      if (done) break
      size += value.byteLength
      pieces.push(value)
    }
  } finally {
    // Whatever else it says is not read: the connection is ended.
    await reader.cancel().catch(() => undefined)
  }
  const text = new TextDecoder().decode(Buffer.concat(pieces).subarray(0, MAX_ANSWER_BYTES))
  // Databases keep no NUL in texts.
  return text.replaceAll("\0", "")
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 */
function retryAfter(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined
  const text = header.trim()
  const date = /^[A-Za-z]+, .+ GMT$/.test(text) ? Date.parse(text) : Number.NaN
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : date - nowMs
  return Number.isNaN(ms) ? undefined : Math.min(MAX_RETRY_AFTER_MS, Math.max(0, ms))
}
