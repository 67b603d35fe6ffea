import { EmailInvalid } from "../errors.ts"

const MAX_LENGTH = 254
const MAX_LOCAL = 64
/** What servers take, without quotes, comments and addresses of machines; other scripts as they are (RFC 6531). */
const LOCAL = /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * An e-mail address as it is compared and kept: without spaces around it, in small letters, the domain in ASCII. Nothing in it can end a
 * header. Servers may tell `Ana@` from `ana@`; none that people use does.
 *
 * @throws {AUTH_EMAIL_INVALID}
 * @see https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1
 */
export function parseEmail(text: string): string {
  const trimmed = text.length <= 2 * MAX_LENGTH ? text.trim().normalize("NFC") : ""
  const at = trimmed.lastIndexOf("@")
  const [local, domain] = [trimmed.slice(0, Math.max(0, at)).toLowerCase(), domainToAscii(trimmed.slice(at + 1))]
  const email = `${local}@${domain}`
  const isFine = LOCAL.test(local) && local.length <= MAX_LOCAL && DOMAIN.test(domain) && email.length <= MAX_LENGTH
  if (at < 1 || !isFine) throw new EmailInvalid()
  return email
}

function domainToAscii(domain: string): string {
  if (!/^[\p{L}\p{M}\p{N}.-]+$/u.test(domain)) return ""
  const url = `http://${domain}`
  return URL.canParse(url) ? new URL(url).hostname : ""
}
