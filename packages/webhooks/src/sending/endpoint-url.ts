import { isIP } from "node:net"
import type { ConnectTarget } from "@ashlar/http/outbound"
import { WebhooksAddressPrivate, WebhooksDeliveryFailed, WebhooksUrlInvalid } from "../errors.ts"
import type { WebhooksPlan } from "./webhooks-options.ts"

const MAX_LENGTH = 2_048
/** Of a host with more, the first are tried. */
const MAX_ADDRESSES = 4

/** Checks what an owner gives as a URL: also that its host is no private address already as it is written. @throws {WEBHOOKS_URL_INVALID} */
export function checkUrl(text: string, { allowsHttp, allowsAddress }: WebhooksPlan): string {
  const url = typeof text === "string" && text.length <= MAX_LENGTH ? URL.parse(text) : null
  const isFine =
    url !== null &&
    (url.protocol === "https:" || (allowsHttp && url.protocol === "http:")) &&
    url.username === "" &&
    url.password === "" &&
    url.hostname !== ""
  if (!isFine) throw new WebhooksUrlInvalid()
  const literal = bare(url.hostname)
  if (isIP(literal) !== 0 ? !allowsAddress(literal) : isLocalName(url.hostname) && !allowsAddress("127.0.0.1"))
    throw new WebhooksUrlInvalid("The host of the URL is not public.")
  url.hash = ""
  return url.href
}

/**
 * Where a URL leads, now: every address of its host is checked, and the connection goes to one that was, so that a name cannot mean another
 * machine a moment later.
 *
 * @throws {WEBHOOKS_ADDRESS_PRIVATE} {WEBHOOKS_DELIVERY_FAILED}
 */
export async function targetsOf(
  text: string,
  { resolve, allowsAddress }: WebhooksPlan,
): Promise<readonly ConnectTarget[]> {
  const url = new URL(text)
  const host = url.hostname
  const literal = bare(host)
  const addresses = isIP(literal) !== 0 ? [literal] : await resolve(host).catch(() => [])
  if (addresses.length === 0) throw new WebhooksDeliveryFailed("The host could not be resolved.")
  // The address itself is not named: it would map the own network for whoever asks.
  if (!addresses.every((address) => isIP(address) !== 0 && allowsAddress(address))) throw new WebhooksAddressPrivate()
  const protocol = url.protocol as "http:" | "https:"
  const port = url.port === "" ? (protocol === "https:" ? 443 : 80) : Number(url.port)
  return addresses
    .slice(0, MAX_ADDRESSES)
    .map((address) => ({ protocol, address, port, host, path: `${url.pathname}${url.search}` }))
}

function bare(host: string): string {
  return host.startsWith("[") ? host.slice(1, -1) : host
}
function isLocalName(host: string): boolean {
  return /(?:^|\.)(?:localhost|local|internal|intranet|home\.arpa)\.?$/i.test(host) || !host.includes(".")
}
