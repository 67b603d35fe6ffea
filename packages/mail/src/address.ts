import { domainToASCII } from "node:url"
import { MailMessageInvalid } from "./errors.ts"

/** Somebody: `ana@example.com`, `Ana Ünal <ana@example.com>`, or in its parts. */
export type Address = string | { readonly email: string; readonly name?: string }

export interface ParsedAddress {
  readonly email: string
  /** Empty where there is none. */
  readonly name: string
}

/** Atoms and dots, as SMTP takes them without quotes. @see https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2 */
const LOCAL = /^[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+(?:\.[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+)*$/
const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/
const MAX_EMAIL = 254
const MAX_LOCAL = 64
const MAX_NAME = 200
const MAX_TEXT = 600

/** What ends a header, or shows a name as another one. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
export const UNFIT: RegExp = /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/

/**
 * Reads an address, strictly: nothing in it can end a header or name another recipient. Domains beyond ASCII become Punycode.
 * @throws {MAIL_MESSAGE_INVALID}
 */
export function parseAddress(address: Address, field: string): ParsedAddress {
  const { email, name = "" } = typeof address === "string" ? split(address, field) : address
  if (
    typeof email !== "string" ||
    typeof name !== "string" ||
    name.length > MAX_NAME ||
    UNFIT.test(name) ||
    !name.isWellFormed()
  )
    throw invalid(field, "a name of plain text")
  const at = email.lastIndexOf("@")
  const [local, given] = [email.slice(0, at), email.slice(at + 1)]
  const domain = domainToASCII(given)
  const labels = domain.split(".")
  const fits =
    at > 0 &&
    local.length <= MAX_LOCAL &&
    LOCAL.test(local) &&
    labels.length > 1 &&
    labels.every((label) => LABEL.test(label))
  const whole = `${local}@${domain}`
  // A host of numbers alone is an address of the network, and no domain.
  if (!fits || whole.length > MAX_EMAIL || /^\d+$/.test(labels.at(-1)!))
    throw invalid(field, "an address, as ana@example.com")
  return { email: whole, name: name.trim() }
}

function split(text: string, field: string): { email: string; name: string } {
  if (text.length > MAX_TEXT) throw invalid(field, "an address, as ana@example.com")
  const match = /^([^<>]*)<([^<>]*)>$/.exec(text.trim())
  if (match === null) return { email: text.trim(), name: "" }
  return { email: match[2]!.trim(), name: match[1]!.trim().replace(/^"(.*)"$/, "$1") }
}

function invalid(field: string, what: string): InstanceType<typeof MailMessageInvalid> {
  return new MailMessageInvalid(`Expected \`${field}\` to be ${what}.`, { details: { field } })
}

/** As a header has it. What is beyond ASCII is encoded; quotes are escaped. */
export function formatAddress({ email, name }: ParsedAddress): string {
  if (name === "") return email
  if (/[^\x20-\x7e]/.test(name)) return `=?UTF-8?B?${Buffer.from(name).toString("base64")}?= <${email}>`
  return `"${name.replace(/["\\]/g, "\\$&")}" <${email}>`
}
