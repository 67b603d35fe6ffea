import { MailRejected, MailUnavailable } from "../errors.ts"

export interface ProviderRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | FormData
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

const MAX_ANSWER_BYTES = 256 * 1024
const MAX_RETRY_AFTER_MS = 3_600_000

/**
 * Asks a provider once. What it says is only in the cause of an error: it may name recipients.
 * @returns its JSON, and its headers.
 * @throws {MAIL_REJECTED} {MAIL_UNAVAILABLE}
 */
export async function askProvider(
  request: ProviderRequest,
): Promise<{ json: Record<string, unknown>; headers: Headers }> {
  const { url, headers, body, timeoutMs, signal } = request
  signal?.throwIfAborted()
  const late = AbortSignal.timeout(timeoutMs)
  let response: Response
  let text: string
  try {
    const signals = signal === undefined ? late : AbortSignal.any([late, signal])
    response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal: signals })
    text = await readText(response)
  } catch (cause) {
    signal?.throwIfAborted()
    throw new MailUnavailable("The provider cannot be reached, or broke off.", { cause })
  }
  const { status } = response
  if (status >= 200 && status < 300) return { json: parse(text), headers: response.headers }
  const cause = { status, said: text.slice(0, 2_000) }
  if (status !== 408 && status !== 429 && status < 500)
    throw new MailRejected(`The provider answered ${status}.`, { cause, details: { status } })
  const retryAfterMs = retryAfter(response.headers.get("retry-after"))
  throw new MailUnavailable(`The provider answered ${status}: not now.`, {
    cause,
    details: { status, ...(retryAfterMs !== undefined && { retryAfterMs }) },
  })
}

async function readText(response: Response): Promise<string> {
  const pieces: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of response.body ?? []) {
    sizeBytes += chunk.length
    if (sizeBytes > MAX_ANSWER_BYTES) break
    pieces.push(chunk)
  }
  return Buffer.concat(pieces).toString()
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {} // accepted, in other words
  }
}

function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), MAX_RETRY_AFTER_MS)
}
