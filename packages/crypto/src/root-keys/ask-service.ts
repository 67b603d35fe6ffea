import { RootKeyUnavailable } from "../errors.ts"

export interface ServiceRequest {
  readonly url: string
  readonly headers: () => Promise<Record<string, string>> | Record<string, string>
  readonly body: string
  readonly timeoutMs: number
  readonly attempts: number
  /** For messages. */
  readonly name: string
}

export interface ServiceAnswer {
  readonly status: number
  readonly json: Readonly<Record<string, unknown>>
}

const MAX_ANSWER_BYTES = 64 * 1024
const FIRST_BACKOFF_MS = 50

/**
 * Asks what holds a root key: again when it is away or busy, for to wrap or unwrap twice harms nothing.
 * @throws {CRYPTO_ROOT_KEY_UNAVAILABLE}
 */
export async function askService(request: ServiceRequest): Promise<ServiceAnswer> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await askOnce(request)
    const isPassing = "cause" in outcome || outcome.status >= 500 || outcome.status === 429 || isThrottle(outcome)
    if (!isPassing) return outcome
    if (attempt >= request.attempts)
      throw new RootKeyUnavailable(
        "cause" in outcome
          ? `${request.name} cannot be reached, or did not answer within ${request.timeoutMs} ms.`
          : `${request.name} answered ${outcome.status}.`,
        "cause" in outcome ? { cause: outcome.cause } : {},
      )
    await new Promise((done) => setTimeout(done, FIRST_BACKOFF_MS * 2 ** attempt * (0.5 + Math.random() / 2)))
  }
}

function isThrottle({ json }: ServiceAnswer): boolean {
  return /Throttling|LimitExceeded|DependencyTimeout|KMSInternal/.test(String(json.__type ?? ""))
}

async function askOnce(request: ServiceRequest): Promise<ServiceAnswer | { readonly cause: unknown }> {
  try {
    const response = await fetch(request.url, {
      method: "POST",
      headers: await request.headers(),
      body: request.body,
      redirect: "manual", // a login goes where the URL says, and nowhere else
      signal: AbortSignal.timeout(request.timeoutMs),
    })
    const pieces: Uint8Array[] = []
    let sizeBytes = 0
    for await (const chunk of response.body ?? []) {
      sizeBytes += chunk.length
      if (sizeBytes > MAX_ANSWER_BYTES) return { cause: "an answer that is too large" }
      pieces.push(chunk)
    }
    return { status: response.status, json: parse(Buffer.concat(pieces).toString()) }
  } catch (cause) {
    return { cause }
  }
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

/** Where a service is asked: at its own address, or at another one that speaks like it. */
export function isEndpoint(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url !== undefined && /^https?:$/.test(url.protocol) && url.search === "" && url.username === ""
}
