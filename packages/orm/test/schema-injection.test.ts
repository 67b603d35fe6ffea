/** Nothing that is given to the schema builder becomes SQL that was not meant. */
import { expect, test } from "bun:test"
import { openDatabase, sql } from "../src/index.ts"
import { introspect } from "../src/migrations/index.ts"
import { Schema } from "../src/schema/builder/schema-builder.ts"
import { changeSql } from "../src/schema/changes/change-sql.ts"
import type { Flavour } from "../src/schema/description.ts"
import { runChange } from "../src/schema/run-change.ts"
import { sqlTokens } from "../src/schema/sql-tokens.ts"
import { HOSTILE_NAMES } from "./schema-arbitrary.ts"

const FLAVOURS = ["sqlite", "postgres", "mariadb", "mysql"] as const
const HOSTILE_TEXTS = [
  "'; drop table users; --",
  "\\'; drop table users; --",
  "\\",
  "it's",
  "a\nb",
  "*/ select 1 /*",
  "$$; select 1; $$",
  "😀",
]

function textOf(flavour: Flavour, describe: (schema: Schema) => void): string {
  const schema = new Schema(flavour)
  describe(schema)
  return schema.steps
    .flatMap((step) =>
      step.kind === "change" ? changeSql(step.change, { flavour, tables: [], enums: [], opaque: [] }).statements : [],
    )
    .join(";\n")
}

/** What is left of SQL when names and texts are taken out. */
function bones(text: string, flavour: Flavour): string {
  return sqlTokens(text, flavour)
    .map(({ kind, raw }) => (kind === "name" || kind === "text" ? kind : raw.toLowerCase()))
    .join(" ")
    .replace(/\be text\b/g, "text")
}

test.each(FLAVOURS)("%s reads hostile names and texts as names and texts", (flavour) => {
  const make = (name: string, text: string) =>
    textOf(flavour, (schema) =>
      schema.createTable(name, (t) => {
        t.id(name)
        t.text(`${name}2`, 40).default(text).comment(text)
        t.enumeration(`${name}3`, [text, "b"]).index()
        t.foreign([name], { table: name, columns: [name] })
        t.options({ comment: text })
      }),
    )
  const plain = bones(make("name", "text"), flavour)
  for (const name of HOSTILE_NAMES) expect([name, bones(make(name, "text"), flavour)]).toEqual([name, plain])
  for (const text of HOSTILE_TEXTS) expect([text, bones(make("name", text), flavour)]).toEqual([text, plain])
})

test.each<[string, (schema: Schema) => void]>([
  ["a name with a NUL", (schema) => schema.createTable("a\0b", (t) => t.id())],
  ["an empty name", (schema) => schema.createTable("", (t) => t.id())],
  ["a name that is too long", (schema) => schema.createTable("x".repeat(64), (t) => t.id())],
  ["a text with a NUL", (schema) => schema.createTable("a", (t) => t.text("b", 9).default("\0"))],
  ["a native type", (schema) => schema.createTable("a", (t) => t.native("b", "integer); drop table users; --"))],
  ["a native type with a comment", (schema) => schema.createTable("a", (t) => t.native("b", "integer -- "))],
  ["a length", (schema) => schema.createTable("a", (t) => t.text("b", "9); drop table users" as never))],
  [
    "a method of an index",
    (schema) =>
      schema.createTable("a", (t) => {
        t.id()
        t.index(["id"], { using: "gin (x); drop table users --" })
      }),
  ],
  ["bound values", (schema) => schema.createTable("a", (t) => t.integer("b").check(sql`b > ${1}`))],
  ["a table without columns", (schema) => schema.createTable("a", () => undefined)],
])("%s is refused", (_, describe) => {
  expect(() => textOf("postgres", describe)).toThrow(
    expect.objectContaining({ code: expect.stringMatching(/^ORM_(?:SCHEMA|IDENTIFIER|VALUE)_INVALID$/) }),
  )
})

test("hostile defaults are kept letter for letter", async () => {
  await using db = await openDatabase("sqlite::memory:")
  const schema = new Schema("sqlite")
  schema.createTable("t", (t) => {
    t.id()
    for (const [at, text] of HOSTILE_TEXTS.entries()) t.text(`c${at}`, 90).default(text)
  })
  for (const step of schema.steps) if (step.kind === "change") await runChange(db, step.change)
  await db.sql`insert into t default values`.run()
  const row = await db.sql<Record<string, string>>`select * from t`.first()
  expect(HOSTILE_TEXTS.map((_, at) => row?.[`c${at}`])).toEqual(HOSTILE_TEXTS)
  const { columns } = (await introspect(db)).tables[0]!
  expect(columns.slice(1).map((column) => column.default)).toEqual(
    HOSTILE_TEXTS.map((value) => ({ kind: "literal", value })),
  )
})
