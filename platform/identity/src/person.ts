import { domainToASCII } from "node:url"
import { InvalidInput } from "./errors.ts"

const MAX_EMAIL_CHARACTERS = 254
const MAX_NAME_CHARACTERS = 100
const EMAIL =
  /^[^\s@<>()[\]\\,;:"\p{C}]{1,64}@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/u

/**
 * The one spelling under which an email address is stored and found: trimmed, compatibility-folded, lower case, the
 * domain in its ASCII form. Whether mail arrives there is another question.
 *
 * @throws {IDENTITY_INVALID_INPUT} when the text is no address of at most 254 characters
 */
export function normalizeEmail(text: string): string {
  const email = foldEmail(text)
  if (email === undefined) {
    throw new InvalidInput("Expected `email` to be an address like name@example.org of at most 254 characters.", {
      details: { field: "email" },
    })
  }
  return email
}

/** The same for a search: a text that is no address is nobody's, which is no reason to fail. */
export function foldEmail(text: string): string | undefined {
  if (text.length > 2 * MAX_EMAIL_CHARACTERS) return undefined
  const folded = text.normalize("NFKC").trim().toLowerCase()
  const at = folded.lastIndexOf("@")
  if (at < 1) return undefined
  const email = `${folded.slice(0, at)}@${domainToASCII(folded.slice(at + 1))}`
  return email.length <= MAX_EMAIL_CHARACTERS && EMAIL.test(email) ? email : undefined
}

/** @throws {IDENTITY_INVALID_INPUT} when the name is empty, over 100 characters or holds control characters */
export function normalizeName(text: string): string {
  const name = text.length > 4 * MAX_NAME_CHARACTERS ? text : text.normalize("NFC").trim()
  if (name === "" || [...name].length > MAX_NAME_CHARACTERS || /\p{Cc}/u.test(name)) {
    throw new InvalidInput("Expected `name` to be 1 to 100 characters without control characters.", {
      details: { field: "name" },
    })
  }
  return name
}

/** Where a request came from, as the server saw it. Shown to the person in the list of sessions. */
export interface Client {
  /** The peer's IP address, or what a trusted proxy reported. Counts for the limit of attempts. */
  readonly address: string
  readonly userAgent?: string
}

/** What is kept of a client: bounded, and nothing that could steer a terminal. */
export function toStoredClient(client: Client): { address: string; userAgent: string } {
  const printable = (text: string, max: number): string => text.slice(0, max).replace(/\p{C}/gu, "")
  return { address: printable(client.address, 64), userAgent: printable(client.userAgent ?? "", 256) }
}
