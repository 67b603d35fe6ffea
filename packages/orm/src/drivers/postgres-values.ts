import type { BoundValue } from "../driver.ts"
import type { EncodedValue } from "./postgres-client.ts"

/**
 * A bound value as the server reads it. Everything but bytes is text of no type, so that the server takes it for what stands
 * there: a library that says "integer" or "double" has 5.5 rounded for a column of integers, and `text = 5` refused.
 * Times are UTC, whatever zone this process is in.
 */
export function encodeValue(value: BoundValue): EncodedValue {
  if (typeof value === "string" || value === null || value instanceof Uint8Array) return value
  if (value instanceof Date) return timeText(value)
  return Array.isArray(value) ? arrayText(value as readonly BoundValue[]) : String(value)
}

/** `{1,"two",NULL}`. @see https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO */
function arrayText(values: readonly BoundValue[]): string {
  return `{${values.map(itemText).join(",")}}`
}

function itemText(value: BoundValue): string {
  if (value === null) return "NULL"
  if (value instanceof Uint8Array) return `"\\\\x${Buffer.from(value).toString("hex")}"`
  if (typeof value === "string") return `"${value.replace(/["\\]/g, "\\$&")}"`
  return value instanceof Date ? `"${timeText(value)}"` : String(value)
}

/** ISO 8601 with the years that PostgreSQL writes otherwise: 12026 has no sign, and there is no year 0 but 1 BC. */
function timeText(value: Date): string {
  const text = value.toISOString()
  const year = value.getUTCFullYear()
  if (year > 9_999) return text.replace(/^\+0*/, "")
  return year > 0 ? text : `${String(1 - year).padStart(4, "0")}${text.slice(text.indexOf("-", 1))} BC`
}

/** A day as the text that PostgreSQL writes. */
export function dateText(value: Date): string {
  return timeText(value).replace(/T[^ ]*/, "")
}

/** Types whose values need a hand, by the server's numbers. @see https://www.postgresql.org/docs/current/catalog-pg-type.html */
export const TYPE = {
  int8: 20,
  int8Array: 1016,
  date: 1082,
  dateArray: 1182,
  timestamp: 1114,
  timestampArray: 1115,
  timestamptz: 1184,
  timestamptzArray: 1185,
} as const
