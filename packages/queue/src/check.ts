import { QueueOptionInvalid } from "./errors.ts"

/** The longest time that an option may say: ten years. */
export const MAX_MS: number = 10 * 366 * 86_400_000

/** @throws {QUEUE_OPTION_INVALID} unless it is a whole number from `min` to `max`. */
export function checkInteger(what: string, value: unknown, min: number, max: number): number {
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return value as number
  throw new QueueOptionInvalid(`Expected ${what} to be a whole number from ${min} to ${max}, got ${String(value)}.`)
}

/** @throws {QUEUE_OPTION_INVALID} for names of options that are not known. */
export function checkNames(what: string, options: object, known: ReadonlySet<string>): void {
  for (const name of Object.keys(options))
    if (!known.has(name))
      throw new QueueOptionInvalid(`Unknown option "${name}" of ${what}. Expected one of: ${[...known].join(", ")}.`)
}

/** @throws {QUEUE_OPTION_INVALID} unless it is well-formed text of 1 to 255 characters without NUL: what stores tell apart. */
export function checkText(what: string, value: unknown): string {
  const isText = typeof value === "string" && value.length > 0 && value.length <= 255
  if (isText && value.isWellFormed() && !value.includes("\0")) return value
  throw new QueueOptionInvalid(`Expected ${what} to be 1 to 255 characters of well-formed text without NUL.`)
}
