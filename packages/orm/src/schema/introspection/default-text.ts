import type { ColumnDefault, ColumnType, Flavour } from "../description.ts"
import { sqlTokens } from "../sql-tokens.ts"

/** SQLite: text in UTC with milliseconds, as the driver writes a Date; CURRENT_TIMESTAMP would be written otherwise. */
export const SQLITE_NOW = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"

const NOW: Readonly<Record<Flavour, RegExp>> = {
  sqlite: /^\(?strftime\('%Y-%m-%dT%H:%M:%fZ', ?'now'\)\)?$/,
  postgres: /^(?:now\(\)|CURRENT_TIMESTAMP)$/i,
  mysql: /^(?:now|current_timestamp)(?:\(\d?\))?$/i,
  mariadb: /^(?:now|current_timestamp)(?:\(\d?\))?$/i,
}

/**
 * A default as the database writes it: a literal where it is one, the moment of writing, or an expression.
 *
 * @returns undefined for NULL, which is what there is without a default.
 */
export function parseDefault(text: string, type: ColumnType, flavour: Flavour): ColumnDefault | undefined {
  const sql = text.trim()
  if (NOW[flavour].test(sql)) return { kind: "now" }
  const tokens = sqlTokens(sql, flavour)
  const [first, second] = tokens
  if (first === undefined) return undefined
  const isCast = flavour === "postgres" && second?.raw === ":"
  const isAlone = tokens.length === 1 || isCast
  if (isAlone && first.value === "null") return undefined
  if (isAlone && first.kind === "text" && first.raw.startsWith("'")) return literal(unquote(first.raw, flavour), type)
  if (tokens.length === 1 && (first.value === "true" || first.value === "false"))
    return { kind: "literal", value: first.value === "true" }
  if (/^-?\d+(?:\.\d+)?$/.test(sql)) return literal(sql, type)
  return { kind: "expression", sql }
}

function unquote(raw: string, flavour: Flavour): string {
  const text = raw.slice(1, -1).replaceAll("''", "'")
  if (flavour !== "mysql" && flavour !== "mariadb") return text
  return text.replace(/\\(.)/gs, (_, letter: string) => ESCAPES[letter] ?? letter)
}

/** @see https://mariadb.com/kb/en/string-literals/ */
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", Z: "\u001a" }

/** A number where the column holds numbers that are exact in JavaScript; else its digits. */
function literal(text: string, { kind }: ColumnType): ColumnDefault {
  if (kind === "boolean" && /^[01]$/.test(text)) return { kind: "literal", value: text === "1" }
  if (kind === "boolean" && /^(?:true|false|t|f)$/.test(text)) return { kind: "literal", value: text.startsWith("t") }
  if ((kind === "integer" || kind === "float") && String(Number(text)) === text)
    return { kind: "literal", value: Number(text) }
  return { kind: "literal", value: text }
}
