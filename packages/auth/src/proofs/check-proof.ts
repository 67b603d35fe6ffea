import { AuthSetupInvalid } from "../errors.ts"
import type { Proof } from "./proof-store.ts"

const KIND = /^[a-z0-9-]{1,32}$/
const ID = /^[A-Za-z0-9_-]{1,64}$/
const MAX_USER = 255
const MAX_DATA = 65_536

/** What does not fit every store is refused by each of them. @throws {AUTH_SETUP_INVALID} */
export function checkProof({ kind, id, userId, counter, data }: Proof): void {
  const problem =
    (!KIND.test(kind) && "`kind` of 1 to 32 small letters, digits and -") ||
    (!ID.test(id) && "`id` of 1 to 64 letters, digits, _ and -") ||
    (!isUserId(userId) && `\`userId\` of 1 to ${MAX_USER} characters, whole ones and none of them NUL`) ||
    (!(Number.isSafeInteger(counter) && counter >= 0) && "`counter` that is a whole number, zero or more") ||
    (!(data.length <= MAX_DATA && isText(data)) &&
      `\`data\` of at most ${MAX_DATA} characters, whole ones and none of them NUL`)
  if (problem) throw new AuthSetupInvalid(`Expected a proof with ${problem}.`)
}

function isUserId(text: string): boolean {
  return text.length >= 1 && text.length <= MAX_USER && isText(text)
}
function isText(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed()
}
