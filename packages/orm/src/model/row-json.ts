import type { Table } from "./table.ts"

/**
 * A row as it may be shown: all but the hidden columns, loaded relations, and the getters that `appends` names. What JSON has no form of is
 * text: digits of a bigint, base64 of bytes.
 */
export function toJson(table: Table, row: object): Record<string, unknown> {
  const shown: Record<string, unknown> = {}
  for (const [property, value] of Object.entries(row))
    if (table.columns.get(property)?.definition.hidden !== true) shown[property] = toJsonValue(value)
  for (const property of table.appends) shown[property] = toJsonValue((row as Record<string, unknown>)[property])
  return shown
}

function toJsonValue(value: unknown): unknown {
  if (typeof value === "bigint") return String(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64")
  return Array.isArray(value) ? value.map(toJsonValue) : value
}
