import { ResponseInvalid } from "../errors.ts"
import type { Reply } from "./reply.ts"

/**
 * What may go into the head of an answer. The runtimes differ in what they let through, and one of them ends the process
 * over a control character, so it is checked here, where a value meets its name.
 * @see RFC 9110, sections 5.1 and 5.5
 */

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const VALUE = /[^\t\x20-\x7e\x80-\xff]/
/** Names that were found good. As many as an app has, and bounded in case it makes them up. */
const goodNames = new Set<string>()
const MAX_NAMES = 1000

/** @throws {HTTP_RESPONSE_INVALID} when it would end before its end, or is no header at all. */
export function checkHeader(name: string, value: string): void {
  if (!goodNames.has(name)) checkName(name)
  if (VALUE.test(value)) throw new ResponseInvalid(`The header "${name}" holds a character that no header may hold`)
}

function checkName(name: string): void {
  if (!NAME.test(name)) throw new ResponseInvalid("A header has a name that no header may have")
  if (goodNames.size < MAX_NAMES) goodNames.add(name)
}

/** @throws {HTTP_RESPONSE_INVALID} for a status that is no final one, or a header as above. */
export function checkReply({ status, contentType, headers }: Reply): void {
  checkStatus(status)
  if (contentType !== undefined) checkHeader("content-type", contentType)
  if (headers === undefined) return
  for (const name in headers) {
    const value = headers[name]!
    if (typeof value === "string") checkHeader(name, value)
    else for (const line of value) checkHeader(name, line)
  }
}

/** @throws {HTTP_RESPONSE_INVALID} */
export function checkStatus(status: number): void {
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw new ResponseInvalid(`Expected a status from 200 to 599, got ${String(status)}`)
}
