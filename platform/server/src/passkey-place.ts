import type { PasskeyPlace } from "@ashlar/identity"
import { PublicUrlInvalid } from "./errors.ts"

/**
 * Where passkeys are made and shown, by where the console is opened. Undefined where that is an IP address, which passkeys cannot be for.
 *
 * @throws {SERVER_PUBLIC_URL_INVALID} when it is no address of a site, or one that is not encrypted
 * @see https://www.w3.org/TR/webauthn-3/#relying-party-identifier
 */
export function passkeyPlace(publicUrl: string | undefined): PasskeyPlace | undefined {
  if (publicUrl === undefined) return undefined
  const url = URL.parse(publicUrl)
  const isSite = url !== null && url.pathname === "/" && url.search + url.hash + url.username === ""
  const isSafe = url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url.hostname))
  if (!isSite || !isSafe) throw new PublicUrlInvalid()
  const isAddress = url.hostname.startsWith("[") || /^[\d.]+$/.test(url.hostname)
  return isAddress ? undefined : { rpId: url.hostname, origins: [url.origin] }
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "127.0.0.1" || host === "[::1]"
}
