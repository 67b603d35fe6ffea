import { typeSql } from "./column-type.ts"
import type { ColumnType, Flavour } from "./description.ts"

/**
 * The type that a database writes so. Only where the words say exactly that; else `native`, so that what is written
 * again is what was read.
 */
export function parseType(text: string, flavour: Flavour, isStrict = false): ColumnType {
  const spelling = text.trim().replace(/\s+/g, " ")
  const type =
    flavour === "postgres" ? readPostgres(spelling) : flavour === "sqlite" ? readSqlite(spelling) : readMysql(spelling)
  if (type !== undefined && sameSpelling(typeSql(type, flavour, isStrict), spelling, flavour)) return type
  return { kind: "native", text: spelling }
}

function sameSpelling(written: string, read: string, flavour: Flavour): boolean {
  return spelled(written, flavour) === spelled(read, flavour)
}

/** One of several ways to write the same. */
export function spelled(text: string, flavour: Flavour): string {
  if (flavour !== "postgres") {
    if (/['"`]/.test(text)) return text
    const lower = text.toLowerCase().replace(/, /g, ",")
    return flavour === "sqlite"
      ? lower
      : lower.replace(/^(smallint|mediumint|int|bigint|tinyint(?!\(1\)))\(\d+\)/, "$1")
  }
  return text
    .replace(/^character varying/, "varchar")
    .replace(/^timestamp(\(\d\))? with time zone/, "timestamptz$1")
    .replace(/^timestamp(\(\d\))? without time zone/, "timestamp$1")
    .replace(/^time without time zone/, "time")
    .replace(/^numeric\((\d+),0\)$/, "numeric($1)")
    .replace(/, /g, ",")
}

/** What SQLite makes of a declared type. @see https://sqlite.org/datatype3.html#determination_of_column_affinity */
export function affinityOf(type: string): "integer" | "text" | "blob" | "real" | "numeric" {
  if (/int/i.test(type)) return "integer"
  if (/char|clob|text/i.test(type)) return "text"
  if (/blob/i.test(type) || type === "") return "blob"
  return /real|floa|doub/i.test(type) ? "real" : "numeric"
}

const SIMPLE: Readonly<Record<string, ColumnType>> = {
  tinyint: { kind: "integer", bits: 8 },
  smallint: { kind: "integer", bits: 16 },
  mediumint: { kind: "integer", bits: 24 },
  int: { kind: "integer", bits: 32 },
  integer: { kind: "integer", bits: 32 },
  bigint: { kind: "integer", bits: 64 },
  real: { kind: "float", bits: 32 },
  "double precision": { kind: "float", bits: 64 },
  double: { kind: "float", bits: 64 },
  float: { kind: "float", bits: 32 },
  boolean: { kind: "boolean" },
  uuid: { kind: "uuid" },
  uuid_text: { kind: "uuid" },
  date: { kind: "date" },
  date_text: { kind: "date" },
  time: { kind: "time" },
  time_text: { kind: "time" },
  json: { kind: "json" },
  jsonb: { kind: "json" },
  json_text: { kind: "json" },
  text: { kind: "text" },
  longtext: { kind: "text" },
  blob: { kind: "bytes" },
  bytea: { kind: "bytes" },
  longblob: { kind: "bytes" },
  timestamp_text: { kind: "timestamp" },
  datetime_text: { kind: "timestamp", local: true },
  timestamptz: { kind: "timestamp" },
  timestamp: { kind: "timestamp", local: true },
}

function sized(text: string): { word: string; numbers: readonly number[] } | undefined {
  const match = /^([a-z_ ]+?)\((\d+)(?:, ?(\d+))?\)$/.exec(text)
  if (match === null) return undefined
  const [, word = "", ...digits] = match
  return { word, numbers: digits.filter((one) => one !== undefined).map(Number) }
}

function readSized(text: string): ColumnType | undefined {
  const { word, numbers: [first, second] = [] } = sized(text) ?? { word: "" }
  if (first === undefined) return undefined
  switch (word) {
    case "varchar":
    case "character varying":
      return { kind: "text", length: first }
    case "char":
    case "character":
      return { kind: "text", length: first, fixed: true }
    case "varbinary":
      return { kind: "bytes", length: first }
    case "decimal":
    case "numeric":
    case "decimal_text":
      return { kind: "decimal", precision: first, ...(second ? { scale: second } : {}) }
    case "timestamptz":
      return { kind: "timestamp", precision: first }
    case "timestamp":
      return { kind: "timestamp", local: true, precision: first }
    case "datetime":
      return { kind: "timestamp", ...(first === 3 ? {} : { precision: first }) }
    default:
      return undefined
  }
}

function readSqlite(text: string): ColumnType | undefined {
  const lower = text.toLowerCase()
  if (lower === "real") return { kind: "float", bits: 64 }
  if (lower === "decimal_text") return { kind: "decimal" }
  return own(lower) ?? readSized(lower)
}

function readPostgres(text: string): ColumnType | undefined {
  if (text.endsWith("[]")) return { kind: "array", of: parseType(text.slice(0, -2), "postgres") }
  if (text === "numeric") return { kind: "decimal" }
  const plain = spelled(text, "postgres")
  return own(plain) ?? readSized(plain)
}

function readMysql(text: string): ColumnType | undefined {
  const lower = text.toLowerCase()
  if (lower === "tinyint(1)") return { kind: "boolean" }
  if (lower === "decimal(65,30)") return { kind: "decimal" }
  if (lower.startsWith("enum(")) return { kind: "enumeration", values: readWords(text.slice(5, -1)) }
  // MariaDB tells how wide a number is shown, which says nothing of it.
  const number = /^(tinyint|smallint|mediumint|int|bigint)(?:\(\d+\))?( unsigned)?$/.exec(lower)
  if (number !== null) {
    const type = SIMPLE[number[1]!]
    if (type?.kind === "integer") return number[2] ? { ...type, unsigned: true } : type
  }
  return own(lower) ?? readSized(lower)
}

function own(word: string): ColumnType | undefined {
  return Object.hasOwn(SIMPLE, word) ? SIMPLE[word] : undefined
}

/** `'a','it''s'`. */
function readWords(list: string): string[] {
  return [...list.matchAll(/'((?:[^'\\]|''|\\.)*)'/gs)].map(([, word = ""]) =>
    word.replaceAll("''", "'").replace(/\\(.)/gs, "$1"),
  )
}
