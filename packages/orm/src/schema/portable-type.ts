import type { ColumnType, Flavour } from "./description.ts"

/**
 * A type in words that other databases have too: what a database calls its own way, and nobody made with this package. Text where
 * there is no word. SQLite's affinities decide where its declared types say nothing.
 *
 * @see https://sqlite.org/datatype3.html#determination_of_column_affinity
 */
export function portableType(type: ColumnType, flavour: Flavour): ColumnType {
  if (type.kind === "array") return { kind: "array", of: portableType(type.of, flavour) }
  if (type.kind !== "native") return type
  const text = type.text.toLowerCase()
  const [, word = "", first, second] = /^([a-z0-9_ ]*?) ?(?:\((\d+)(?:, ?(\d+))?\))?(?: unsigned)?$/.exec(text) ?? []
  const length = first === undefined ? undefined : Number(first)
  if (
    /^(?:n?varchar|n?char|character|bpchar|varying|citext|clob|tinytext|mediumtext|text|enum|set)/.test(
      text.replace("character varying", "varchar"),
    )
  )
    return { kind: "text", ...(length === undefined ? {} : { length }) }
  if (word === "numeric" || word === "decimal")
    return length === undefined
      ? { kind: "decimal", precision: 38, scale: 10 }
      : { kind: "decimal", precision: length, ...(second === undefined ? {} : { scale: Number(second) }) }
  if (/^(?:datetime|timestamp)/.test(text)) return { kind: "timestamp" }
  if (word === "date" || word === "time" || word === "json") return { kind: word }
  if (/^bool/.test(text)) return { kind: "boolean" }
  if (/int/.test(text)) return { kind: "integer", bits: 64 }
  if (/(?:real|floa|doub)/.test(text)) return { kind: "float", bits: 64 }
  if (/(?:blob|binary|bytea)/.test(text) || (text === "" && flavour === "sqlite")) return { kind: "bytes" }
  return { kind: "text" }
}
