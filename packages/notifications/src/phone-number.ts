import { SmsInvalid } from "./errors.ts"

/** A plus, and at most 15 digits of which the first is none. @see https://www.itu.int/rec/T-REC-E.164 */
const E164 = /^\+[1-9]\d{6,14}$/

/**
 * Checks a number: as E.164 has it, and nothing is put right. Whoever stores numbers stores them so.
 * @throws {NOTIFICATIONS_SMS_INVALID}
 */
export function checkPhoneNumber(number: string): string {
  if (typeof number === "string" && E164.test(number)) return number
  throw new SmsInvalid("Expected a number as +491701234567: a plus, and 7 to 15 digits without blanks.")
}
