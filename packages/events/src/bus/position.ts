import { EventOptionInvalid } from "../errors.ts"

/** A position that is a number. @throws {EVENTS_OPTION_INVALID} */
export function toPosition(text: string): number {
  const position = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(position)) return position
  throw new EventOptionInvalid("Expected a position that an event of this bus had.")
}
