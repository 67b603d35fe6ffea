import { withDeadline } from "@ashlar/core"
import { createSafeFetch, type SafeFetch, type SafeRequest } from "@ashlar/security"
import { OAuthProviderFailed } from "../errors.ts"
import { isThisMachine, type Provider } from "./providers/provider.ts"

/** Asks a provider. The answer is there as a whole: however slowly or endlessly it comes, it is over in time. */
export type Ask = (url: string, request?: SafeRequest) => Promise<Response>

export interface OutboundOptions {
  /** In place of `createSafeFetch` of `@ashlar/security`: for a provider in one's own network, and for tests. */
  readonly fetch?: SafeFetch
  /** For one answer of a provider, in milliseconds: 100 to 60,000. Default: 10,000. */
  readonly timeoutMs?: number
  /** The largest answer of a provider, in bytes: 1,024 to 4 MiB. Default: 256 KiB. */
  readonly maxBodyBytes?: number
}

export type OutboundLimits = Required<Omit<OutboundOptions, "fetch">>

/**
 * @param isOwn Whether the app itself named the provider: one on this machine may be asked then, for development. One that somebody else
 * named is asked at public addresses only.
 */
export function createAsk(
  { server }: Provider,
  options: OutboundLimits & Pick<OutboundOptions, "fetch">,
  isOwn: boolean,
): Ask {
  const { timeoutMs, maxBodyBytes } = options
  const fetch = options.fetch ?? safeFetchFor(new URL(server.issuer), { timeoutMs, maxBodyBytes }, isOwn)
  return async (url, request = {}) =>
    await withDeadline(
      async (late) => {
        const signal = request.signal === undefined ? late : AbortSignal.any([late, request.signal])
        try {
          return await whole(await fetch(url, { ...request, signal }), maxBodyBytes)
        } catch (cause) {
          if (cause instanceof OAuthProviderFailed) throw cause
          throw new OAuthProviderFailed("The provider could not be reached.", { cause })
        }
      },
      timeoutMs,
      () => new OAuthProviderFailed(`Expected an answer of the provider within ${timeoutMs} ms.`),
    )
}

function safeFetchFor(issuer: URL, limits: OutboundLimits, isOwn: boolean): SafeFetch {
  const isLocal = isOwn && isThisMachine(issuer.hostname)
  const port = Number(issuer.port || (issuer.protocol === "https:" ? 443 : 80))
  return createSafeFetch({
    ...limits,
    // A token that follows a redirect is a token in other hands.
    maxRedirects: 0,
    ports: [...new Set([443, port])],
    ...(isLocal && { allowHttp: true, allowAddress: (address) => address === "::1" || /^127\./.test(address) }),
  })
}

async function whole(response: Response, maxBytes: number): Promise<Response> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  // Leaving the loop cancels what still comes.
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw new OAuthProviderFailed(`Expected an answer of at most ${maxBytes} bytes.`)
    chunks.push(chunk)
  }
  const { status, headers } = response
  const isEmpty = [101, 204, 205, 304].includes(status)
  return new Response(isEmpty ? null : new Uint8Array(Buffer.concat(chunks)), { status, headers })
}

/** @throws {OAUTH_PROVIDER_FAILED} where it is not a good answer, or no JSON. */
export async function jsonOf(response: Response, what: string): Promise<unknown> {
  if (response.status !== 200)
    throw new OAuthProviderFailed(`Expected ${what} of the provider, got the status ${response.status}.`)
  try {
    return (await response.json()) as unknown
  } catch {
    throw new OAuthProviderFailed(`Expected ${what} of the provider to be JSON.`)
  }
}
