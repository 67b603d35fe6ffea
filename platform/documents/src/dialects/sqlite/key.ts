import type { SqlValue } from "@ashlar/sqlite"
import type { SortValue } from "../../order.ts"
import type { Path } from "../../path.ts"
import { isArray } from "../../value.ts"

/*
 * The key of a path: one SQL expression that is never NULL and whose native order (number < text < blob) is the documented
 * order of JSON. WHERE is two-valued because of it, and an index on it serves conditions and order alike.
 *
 * SQLite uses an expression index only where the query has the same expression, so index definitions and queries both take
 * the text from here. To change it is to change every index: their names hold a hash of it.
 */

/** Class constants as SQL text. Missing and null are below every number; the rest is above every string. */
export const missingKey = "-9e999"
export const falseKey = "x'00'"
export const trueKey = "x'01'"
export const arrayKey = "x'02'"
export const objectKey = "x'03'"

/** The key of a path of the column `doc`. */
export function keySql(path: Path): string {
  const key = classify(`json_type(doc,${labelSql(path)})`, `json_extract(doc,${labelSql(path)})`)
  const prefixes = path.slice(1).map((_, i) => `json_type(doc,${labelSql(path.slice(0, i + 1))})='array'`)
  return prefixes.length === 0 ? key : `CASE WHEN ${prefixes.join(" OR ")} THEN ${arrayKey} ELSE ${key} END`
}

/** The key of a row of `json_each`. */
export function rowKeySql(alias: string): string {
  return classify(`${alias}.type`, `${alias}.atom`)
}

/** The CAST makes an integer the double it stands for: SQLite reads `1234567890123456800` as 64 bits, JavaScript does not. */
function classify(type: string, value: string): string {
  return (
    `CASE ${type} WHEN 'text' THEN ${value} WHEN 'integer' THEN CAST(${value} AS REAL) WHEN 'real' THEN ${value} ` +
    `WHEN 'true' THEN ${trueKey} WHEN 'false' THEN ${falseKey} WHEN 'array' THEN ${arrayKey} ` +
    `WHEN 'object' THEN ${objectKey} ELSE ${missingKey} END`
  )
}

/** A JSON path as a literal, every segment quoted: a bare label such as `$.a` would be read as a path. */
export function labelSql(path: Path): string {
  return textSql(`$${path.map((segment) => `.${JSON.stringify(segment)}`).join("")}`)
}

/** A string literal. For what cannot be bound, because an index must show the same text. */
export function textSql(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** A quoted name. */
export function nameSql(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** What a sort value is as a key, to bind. */
export function toKey(value: SortValue): SqlValue {
  switch (typeof value) {
    case "number":
    case "string":
      return value
    case "boolean":
      return Uint8Array.of(value ? 1 : 0)
    default:
      return value === null ? Number.NEGATIVE_INFINITY : Uint8Array.of(isArray(value) ? 2 : 3)
  }
}
