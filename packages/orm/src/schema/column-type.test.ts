import { expect, test } from "bun:test"
import { typeSql } from "./column-type.ts"
import type { ColumnType, Flavour } from "./description.ts"
import { parseType, spelled } from "./parse-type.ts"
import { portableType } from "./portable-type.ts"

test.each<[ColumnType, Partial<Record<Flavour, string>>]>([
  [
    { kind: "integer", bits: 32 },
    { sqlite: "integer", postgres: "integer", mariadb: "int", mysql: "int" },
  ],
  [
    { kind: "integer", bits: 64 },
    { sqlite: "bigint", postgres: "bigint", mariadb: "bigint" },
  ],
  [
    { kind: "integer", bits: 32, unsigned: true },
    { mariadb: "int unsigned", mysql: "int unsigned" },
  ],
  [
    { kind: "float", bits: 64 },
    { sqlite: "real", postgres: "double precision", mariadb: "double" },
  ],
  [
    { kind: "decimal", precision: 12, scale: 2 },
    { sqlite: "decimal_text(12,2)", postgres: "numeric(12,2)", mysql: "decimal(12,2)" },
  ],
  [{ kind: "decimal" }, { sqlite: "decimal_text", postgres: "numeric", mariadb: "decimal(65,30)" }],
  [{ kind: "text" }, { sqlite: "text", postgres: "text", mariadb: "longtext" }],
  [
    { kind: "text", length: 40 },
    { sqlite: "varchar(40)", postgres: "varchar(40)", mariadb: "varchar(40)" },
  ],
  [
    { kind: "text", length: 4, fixed: true },
    { sqlite: "char(4)", postgres: "character(4)", mariadb: "char(4)" },
  ],
  [{ kind: "bytes" }, { sqlite: "blob", postgres: "bytea", mariadb: "longblob" }],
  [{ kind: "boolean" }, { sqlite: "boolean", postgres: "boolean", mariadb: "tinyint(1)", mysql: "tinyint(1)" }],
  [{ kind: "uuid" }, { sqlite: "uuid_text", postgres: "uuid", mariadb: "uuid" }],
  [{ kind: "date" }, { sqlite: "date_text", postgres: "date", mariadb: "date" }],
  [{ kind: "json" }, { sqlite: "json_text", postgres: "jsonb", mysql: "json" }],
  [{ kind: "timestamp" }, { sqlite: "timestamp_text", postgres: "timestamptz", mariadb: "datetime(3)" }],
  [
    { kind: "timestamp", precision: 0 },
    { postgres: "timestamptz(0)", mariadb: "datetime(0)" },
  ],
  [
    { kind: "timestamp", local: true },
    { sqlite: "datetime_text", postgres: "timestamp" },
  ],
  [
    { kind: "enumeration", values: ["a", "it's"] },
    { mariadb: "enum('a','it''s')", mysql: "enum('a','it''s')" },
  ],
  [{ kind: "array", of: { kind: "integer", bits: 32 } }, { postgres: "integer[]" }],
  [{ kind: "native", text: "geometry(Point,4326)" }, { postgres: "geometry(Point,4326)" }],
])("%p is written as %p, and read again", (type, spellings) => {
  for (const [flavour, text] of Object.entries(spellings) as [Flavour, string][]) {
    expect([flavour, typeSql(type, flavour)]).toEqual([flavour, text])
    expect([flavour, parseType(text, flavour)]).toEqual([flavour, type])
  }
})

test.each<[Flavour, string, ColumnType]>([
  ["mariadb", "int(11)", { kind: "integer", bits: 32 }],
  ["mariadb", "bigint(20) unsigned", { kind: "integer", bits: 64, unsigned: true }],
  ["mariadb", "tinyint(4)", { kind: "integer", bits: 8 }],
  ["mysql", "varchar(20)", { kind: "text", length: 20 }],
  ["mysql", "int zerofill", { kind: "native", text: "int zerofill" }],
  ["postgres", "character varying(20)", { kind: "text", length: 20 }],
  ["postgres", "timestamp(3) with time zone", { kind: "timestamp", precision: 3 }],
  ["postgres", "timestamp without time zone", { kind: "timestamp", local: true }],
  ["postgres", "json", { kind: "native", text: "json" }],
  ["postgres", "text[]", { kind: "array", of: { kind: "text" } }],
  ["sqlite", "NVARCHAR(160)", { kind: "native", text: "NVARCHAR(160)" }],
  ["sqlite", "INTEGER", { kind: "integer", bits: 32 }],
  ["sqlite", "", { kind: "native", text: "" }],
])("%s says %p for %p", (flavour, text, type) => {
  const read = parseType(text, flavour)
  expect(read).toEqual(type)
  // What is written again is what was read, but for what says nothing.
  expect(spelled(typeSql(read, flavour), flavour)).toBe(spelled(text, flavour))
})

test.each<[Flavour, string, ColumnType]>([
  ["sqlite", "NVARCHAR(160)", { kind: "text", length: 160 }],
  ["sqlite", "NUMERIC(10,2)", { kind: "decimal", precision: 10, scale: 2 }],
  ["sqlite", "DATETIME", { kind: "timestamp" }],
  ["sqlite", "UNSIGNED BIG INT", { kind: "integer", bits: 64 }],
  ["sqlite", "", { kind: "bytes" }],
  ["mysql", "mediumtext", { kind: "text" }],
  ["mysql", "timestamp(6)", { kind: "timestamp" }],
  ["postgres", "json", { kind: "json" }],
  ["postgres", "citext", { kind: "text" }],
  ["postgres", "inet", { kind: "text" }],
])("%s %p is %p elsewhere", (flavour, text, type) => {
  expect(portableType(parseType(text, flavour), flavour)).toEqual(type)
})

test("STRICT tables of SQLite get the types that they take", () => {
  const words = (["text", "json", "uuid", "boolean", "bytes"] as const).map((kind) => typeSql({ kind }, "sqlite", true))
  expect(words).toEqual(["text", "text", "text", "integer", "blob"])
})
