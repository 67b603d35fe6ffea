import { EventOptionInvalid } from "./errors.ts"

/** @throws {EVENTS_OPTION_INVALID} unless it is a whole number within its bounds. */
export function wholeNumber(what: string, value: number, min: number, max: number): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value
  throw new EventOptionInvalid(`Expected ${what} to be a whole number from ${min} to ${max}, got ${String(value)}.`)
}

const WORD = /^[A-Za-z0-9_-]{1,64}$/

/** What names a bus or a group: it becomes part of keys, subjects and names of tables' rows. @throws {EVENTS_OPTION_INVALID} */
export function word(what: string, value: string): string {
  if (typeof value === "string" && WORD.test(value)) return value
  throw new EventOptionInvalid(`Expected ${what} to be 1 to 64 letters, digits, - or _.`)
}
