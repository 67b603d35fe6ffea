import { describe, expect, test } from "bun:test"
import type { AnySchema } from "./schema.ts"
import { v } from "./v.ts"
import { validate } from "./validate.ts"

function outcome(schema: AnySchema, value: unknown): unknown {
  const result = validate(schema, value)
  return result.issues ? `${result.issues[0]?.code}: ${result.issues[0]?.message}` : result.value
}

const first = new Date("2026-01-01T00:00:00.000Z")
const last = new Date("2026-12-31T00:00:00.000Z")

describe("numbers, bigints and dates", () => {
  test.each<[AnySchema, unknown]>([
    [v.number().above(1), 1.1],
    [v.number().below(1), 0.9],
    [v.number().int(), 7],
    [v.number().positive(), Number.MIN_VALUE],
    [v.number().negative(), -1],
    [v.number().safe(), Number.MAX_SAFE_INTEGER],
    [v.number().multipleOf(0.1), 0.3],
    [v.number().multipleOf(0.01), 4.35],
    [v.number().multipleOf(0.01), 1.15],
    [v.number().multipleOf(5), -10],
    [v.number().multipleOf(5), 0],
    [v.number().multipleOf(1e-10), 5e-10],
    [v.bigint().min(1n).max(3n), 3n],
    [v.bigint(), 10n ** 50n],
    [v.date().min(first).max(last), first],
    [v.date(), last],
  ])("row %# takes", (schema, value) => {
    expect(outcome(schema, value)).toBe(value)
  })

  test.each<[AnySchema, unknown, string]>([
    [v.number().above(1), 1, "too_small: Expected more than 1, got 1."],
    [v.number().below(1), 1, "too_big: Expected less than 1, got 1."],
    [v.number().int(), 1.5, "type: Expected an integer, got 1.5."],
    [v.number().positive(), 0, "too_small: Expected more than 0, got 0."],
    [v.number().negative(), 0, "too_big: Expected less than 0, got 0."],
    [v.number().safe(), 2 ** 53, "too_big: Expected at most 9007199254740991, got 9007199254740992."],
    [v.number().multipleOf(0.1), 0.35, "format: Expected a multiple of 0.1, got 0.35."],
    [v.number().multipleOf(0.1), 0.30000001, "format: Expected a multiple of 0.1, got 0.30000001."],
    [v.number().multipleOf(5), 7, "format: Expected a multiple of 5, got 7."],
    [v.bigint().min(1n), 0n, "too_small: Expected at least 1, got 0."],
    [v.bigint().max(1n), 10n ** 60n, `too_big: Expected at most 1, got 1${"0".repeat(39)}….`],
    [v.bigint(), 1, "type: Expected a bigint, got a number."],
    [
      v.date().min(first),
      new Date(0),
      "too_small: Expected a date not before 2026-01-01T00:00:00.000Z, got 1970-01-01T00:00:00.000Z.",
    ],
    [
      v.date().max(first),
      last,
      "too_big: Expected a date not after 2026-01-01T00:00:00.000Z, got 2026-12-31T00:00:00.000Z.",
    ],
    [v.date(), new Date(Number.NaN), "type: Expected a date, got Invalid Date."],
    [v.date(), "2026-01-01", "type: Expected a date, got a string."],
  ])("row %# refuses", (schema, value, message) => {
    expect(outcome(schema, value)).toBe(message)
  })

  test.each([
    () => v.number().multipleOf(0),
    () => v.number().multipleOf(-1),
    () => v.number().above(Number.NaN),
    () => v.bigint().min(1 as never),
    () => v.date().min(new Date(Number.NaN)),
  ])("bounds of row %# make no schema", (build) => {
    expect(build).toThrow(expect.objectContaining({ code: "VALIDATION_SCHEMA_INVALID" }))
  })
})

describe("coerce", () => {
  test.each<[AnySchema, unknown, unknown]>([
    [v.coerce.bigint().max(10n ** 30n), "123456789012345678901234567890", 123456789012345678901234567890n],
    [v.coerce.bigint(), "-0", 0n],
    [v.coerce.date(), "2026-01-01", first],
    [v.coerce.date(), "2026-01-01T01:00:00+01:00", first],
    [v.coerce.date().max(first), first, first],
    [v.coerce.boolean(), "on", true],
    [v.coerce.boolean(), "off", false],
    [v.coerce.array(v.coerce.integer()), "5", [5]],
    [v.coerce.array(v.coerce.integer()).max(2), ["5", "6"], [5, 6]],
    [v.coerce.blank(v.coerce.integer()), "", undefined],
    [v.coerce.blank(v.coerce.integer()), "7", 7],
    [v.coerce.blank(v.string()), undefined, undefined],
    [v.object({ a: v.coerce.blank(v.string()) }), { a: "" }, { a: undefined }],
  ])("row %# gives", (schema, value, expected) => {
    expect(outcome(schema, value)).toEqual(expected)
  })

  test.each<[AnySchema, unknown, string]>([
    [v.coerce.bigint(), "1.0", "type: Expected a bigint, got other text."],
    [v.coerce.bigint(), "", "type: Expected a bigint, got other text."],
    [v.coerce.bigint(), "9".repeat(100_000), "type: Expected a bigint, got other text."],
    [v.coerce.date(), "2026-02-30", "type: Expected a date, got other text."],
    [v.coerce.date(), "1767225600000", "type: Expected a date, got other text."],
    [v.coerce.date(), "1998-12-31T23:59:60Z", "type: Expected a date, got other text."],
    [v.coerce.array(v.coerce.integer()), "x", "type: Expected an integer, got other text."],
    [v.coerce.array(v.integer()), undefined, "type: Expected an array, got nothing."],
  ])("row %# refuses", (schema, value, message) => {
    expect(outcome(schema, value)).toBe(message)
  })
})

describe("v.enum() of an object", () => {
  // What TypeScript makes of `enum Level { Low = 1, High }` and `enum Color { Red = "red", Blue = "blue" }`.
  const Level = { 1: "Low", 2: "High", Low: 1, High: 2 } as const
  const Color = { Red: "red", Blue: "blue" } as const
  test.each<[AnySchema, unknown]>([
    [v.enum(Level), Level.High],
    [v.enum(Color), "red"],
    [v.enum({ a: 1, b: "x" } as const), "x"],
    [v.enum({ "1": "one" }), "one"],
  ])("row %# takes its values", (schema, value) => {
    expect(outcome(schema, value)).toBe(value)
  })
  test.each<[AnySchema, unknown]>([
    [v.enum(Level), "High"],
    [v.enum(Level), "Low"],
    [v.enum(Level), 3],
    [v.enum(Color), "Red"],
    [v.enum({ a: 1 }), "constructor"],
  ])("row %# refuses its names", (schema, value) => {
    expect(outcome(schema, value)).toStartWith("value: ")
  })
})
