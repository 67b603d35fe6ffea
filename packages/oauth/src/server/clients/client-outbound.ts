import { createSafeFetch, type SafeFetch } from "@ashlar/security"
import type { KnownClient } from "./client.ts"
import { isThisMachine } from "./redirect-uri.ts"

const MAX_URI = 2_048
const MAX_BODY_BYTES = 256 * 1024
const TIMEOUT_MS = 5_000

/** Asks an address that a client has. */
export type AskClient = (client: KnownClient, url: string) => SafeFetch

/**
 * Why the server cannot ask an address; `undefined` where it can: `https:`, or `http:` of this machine, without fragment and user.
 */
export function problemOfServerUri(uri: string): string | undefined {
  const url = uri.length <= MAX_URI && /^[\x21-\x7e]+$/.test(uri) ? URL.parse(uri) : null
  if (url === null) return "is no absolute URL"
  if (url.hash !== "" || uri.includes("#")) return "has a fragment"
  if (url.username !== "" || url.password !== "") return "has a user in it"
  const isFine = url.protocol === "https:" || (url.protocol === "http:" && isThisMachine(url.hostname))
  return isFine ? undefined : "is not https"
}

/**
 * How the server asks its clients: at public addresses, by TLS, without following redirects, and only so long and so much. A client that the
 * app itself named may be on this machine and on any port, for development; one that registered itself is a stranger's.
 */
export function askClient(own: SafeFetch | undefined): AskClient {
  return ({ registration }, uri) => {
    if (own !== undefined) return own
    const limits = { maxRedirects: 0, maxBodyBytes: MAX_BODY_BYTES, timeoutMs: TIMEOUT_MS }
    if (registration !== undefined) return createSafeFetch(limits)
    const url = new URL(uri)
    const isHere = isThisMachine(url.hostname)
    return createSafeFetch({
      ...limits,
      ports: [Number(url.port || (url.protocol === "https:" ? 443 : 80))],
      ...(isHere && { allowHttp: true, allowAddress: (address) => address === "::1" || /^127\./.test(address) }),
    })
  }
}
