import type { BoundValue, Dialect } from "./driver.ts"
import { OrmValueInvalid } from "./errors.ts"

const minInt64 = -(2n ** 63n)
const maxInt64 = 2n ** 63n - 1n

/**
 * Lets through what every database stores as it is. Drivers would take more, and keep something else in silence:
 * NULL for `undefined`, for objects and on Node for a Date; other digits for a bigint beyond 64 bits. PostgreSQL also takes arrays of
 * them: `= any(${ids})` is one statement for any number of ids.
 *
 * @throws {ORM_VALUE_INVALID} naming the place of the first value that does not fit, and its kind; never the value.
 */
export function checkValues(values: readonly unknown[], dialect: Dialect): readonly BoundValue[] {
  for (let index = 0; index < values.length; index++) {
    const value = values[index]
    const isArray = dialect === "postgres" && Array.isArray(value) && value.every(isBoundValue)
    if (!isArray && !isBoundValue(value))
      throw new OrmValueInvalid(`Value ${index + 1} cannot be bound: ${reason(value)}.`)
  }
  return values as readonly BoundValue[]
}

function isBoundValue(value: unknown): value is BoundValue {
  switch (typeof value) {
    // PostgreSQL refuses a NUL in text, and C programs end there: what one database cannot keep none is given.
    case "string":
      return !value.includes("\0")
    case "number":
      return Number.isFinite(value)
    case "boolean":
      return true
    case "bigint":
      return value >= minInt64 && value <= maxInt64
    case "object":
      return value === null || value instanceof Uint8Array || (value instanceof Date && !Number.isNaN(value.getTime()))
    default:
      return false
  }
}

function reason(value: unknown): string {
  if (value === undefined) return "it is undefined; write null where NULL is meant"
  if (typeof value === "string") return "text with a NUL in it"
  if (typeof value === "number") return "a number that is not finite"
  if (typeof value === "bigint") return "a bigint of more than 64 bits"
  if (value instanceof Date) return "a Date that is no time"
  if (Array.isArray(value)) return "an array; write sql.list(values) for (a, b, c), or JSON.stringify(values)"
  return typeof value === "object" ? "an object; write JSON.stringify(value) for JSON" : `a ${typeof value}`
}

/** A 64-bit integer as the number it is, where a number holds it exactly. */
export function narrow(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
}

/** The same from digits, as servers send them. */
export function integerOf(digits: string): number | bigint {
  const number = Number(digits)
  return Number.isSafeInteger(number) ? number : BigInt(digits)
}
