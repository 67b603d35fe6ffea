import { expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import type { Dialect } from "../driver.ts"
import { castOf } from "./cast.ts"
import type { AnyColumn } from "./column.ts"
import * as c from "./columns.ts"

const key = randomBytes(32).toString("base64")
const dialects: readonly Dialect[] = ["sqlite", "postgres", "mysql"]
const cast = (column: unknown, dialect: Dialect = "sqlite") =>
  castOf((column as AnyColumn).definition, dialect, { table: "t", property: "p" })

const refused: readonly (readonly [string, unknown, readonly unknown[]])[] = [
  ["uuid", c.uuid(), ["", "0190d6f0", 1, "zzzzzzzz-0000-7000-8000-000000000000"]],
  ["text", c.text(), [1, "a\0b", {}, undefined, true]],
  ["varchar", c.text(3), ["abcd", "😀😀😀😀"]],
  ["integer", c.integer(), [1.5, 2 ** 31, "1", 1n, Number.NaN]],
  ["bigint", c.bigint(), [1, 2n ** 63n, "1"]],
  ["double", c.double(), [Number.NaN, 1 / 0, "1"]],
  ["decimal", c.decimal(5, 2), ["1.234", "1234", "1e3", "", "-", ".5", 1.5, "0x1", "1.", " 1"]],
  ["boolean", c.boolean(), [0, 1, "true"]],
  ["timestamp", c.timestamp(), [new Date(Number.NaN), "2026-01-01", 0, new Date(-1e15), new Date(8e15)]],
  ["date", c.date(), ["2026-02-30", "2026-1-1", "2026-01-01T00:00:00Z", new Date()]],
  ["json", c.json(), [undefined, 1n, () => 1, { a: { b: 1n } }]],
  ["bytes", c.bytes(), ["abc", [1, 2]]],
  ["enum", c.enumeration(["a", "b"]), ["c", "A", "", "toString"]],
  ["array", c.array(c.integer()), [1, "1", [1.5], { 0: 1 }]],
  ["encrypted", c.encrypted(() => key), [1, "a\0b"]],
]

test.each(refused)("%s takes only what it promises, and never tells the value", (_, column, values) => {
  for (const dialect of dialects)
    for (const value of values) {
      const { write } = cast(column, dialect)
      expect(() => write(value)).toThrow(expect.objectContaining({ code: "ORM_VALUE_INVALID" }))
    }
  expect(() => cast(c.integer()).write("se'cret")).toThrow(
    expect.not.objectContaining({ message: expect.stringContaining("se'cret") }),
  )
})

test.each([
  ["0", "0.00"],
  ["-0", "0.00"],
  ["007.5", "7.50"],
  ["-7.5", "-7.50"],
  ["123.450", "123.45"],
  ["-0.01", "-0.01"],
])("the decimal %s is written as %s", (given, written) => {
  const { write, settle, read } = cast(c.decimal(5, 2))
  expect(write(given)).toBe(written)
  expect(settle?.(given)).toBe(written)
  expect(read?.(written)).toBe(written)
})

test("what is settled shares nothing with what was given", () => {
  const given = { list: [1, { a: 2 }] }
  const settled = cast(c.json()).settle?.(given) as typeof given
  expect(settled).toEqual(given)
  settled.list.push(3)
  expect(given.list).toHaveLength(2)
  const day = new Date(1)
  expect(cast(c.timestamp()).settle?.(day)).not.toBe(day)
  const raw = new Uint8Array([1, 2])
  expect(cast(c.bytes()).settle?.(raw)).not.toBe(raw)
})

test("an encrypted text is another one each time, bound to its column, and read with old keys", () => {
  const old = randomBytes(32)
  const written = cast(c.encrypted(() => old)).write("sesame") as string
  const both = cast(c.encrypted(() => [key, old]))
  expect(both.read?.(written)).toBe("sesame")
  expect(both.write("sesame")).not.toBe(both.write("sesame"))
  expect(String(both.write("sesame"))).not.toContain("sesame")
  const failed = expect.objectContaining({ code: "ORM_ENCRYPTION_FAILED" })
  const elsewhere = castOf(c.encrypted(() => old).definition, "sqlite", { table: "t", property: "q" })
  expect(() => elsewhere.read?.(written)).toThrow(failed)
  const changed = `${written.slice(0, -2)}${written.endsWith("AA") ? "BB" : "AA"}`
  expect(() => both.read?.(changed)).toThrow(failed)
  expect(() => both.read?.("plain text")).toThrow(failed)
  for (const keys of [undefined, [], "short", new Uint8Array(16)])
    expect(() => cast(c.encrypted(() => keys as string)).write("a")).toThrow(failed)
})

test("what cannot be a column is refused where it is described", () => {
  const invalid = expect.objectContaining({ code: "ORM_MODEL_INVALID" })
  expect(() => c.decimal(0, 0)).toThrow(invalid)
  expect(() => c.decimal(2, 3)).toThrow(invalid)
  expect(() => c.text(0)).toThrow(invalid)
  expect(() => c.enumeration(["a", "a"])).toThrow(invalid)
  expect(() => c.array(c.json())).toThrow(invalid)
  expect(() => c.array(c.text().nullable() as never)).toThrow(invalid)
  expect(() => c.text().default(undefined as never)).toThrow(invalid)
})

test("describing a column changes no other", () => {
  const plain = c.text()
  plain.nullable().hidden().unique().default("a")
  expect(plain.definition).toMatchObject({ nullable: false, hidden: false, unique: false, default: undefined })
  expect(c.uuid().definition.default).toBeUndefined()
  expect(c.uuid().primary().definition.default).toMatchObject({ by: "model" })
  expect(c.integer().primary({ generated: false }).definition.autoIncrement).toBe(false)
})
