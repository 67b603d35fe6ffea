import { describe, expect, test } from "bun:test"
import type { AnySchema } from "./schema.ts"
import { v } from "./v.ts"
import { validate } from "./validate.ts"

function outcome(schema: AnySchema, value: unknown): unknown {
  const result = validate(schema, value)
  return result.issues ? { refused: result.issues[0]?.message } : result.value
}

const rows: [string, AnySchema, unknown[], [unknown, string][]][] = [
  [
    "number()",
    v.number(),
    [0, -0, 1.5, -1e300, Number.MIN_VALUE],
    [
      [Number.NaN, "Expected a number, got NaN."],
      [Number.POSITIVE_INFINITY, "Expected a number, got Infinity."],
      ["1", "Expected a number, got a string."],
      [1n, "Expected a number, got a bigint."],
      [null, "Expected a number, got null."],
      [[1], "Expected a number, got an array."],
    ],
  ],
  [
    "integer()",
    v.integer(),
    [0, -7, Number.MAX_SAFE_INTEGER],
    [
      [1.5, "Expected an integer, got 1.5."],
      [2 ** 53, "Expected an integer, got 9007199254740992."],
      ["1", "Expected an integer, got a string."],
    ],
  ],
  [
    "min and max",
    v.integer().min(1).max(10),
    [1, 10],
    [
      [0, "Expected at least 1, got 0."],
      [11, "Expected at most 10, got 11."],
    ],
  ],
  [
    "boolean()",
    v.boolean(),
    [true, false],
    [
      ["true", "Expected true or false, got a string."],
      [1, "Expected true or false, got 1."],
      [undefined, "Expected true or false, got nothing."],
    ],
  ],
]

describe.each(rows)("%s", (_, schema, taken, refused) => {
  test.each(taken.map((value) => [value]))("takes %p", (value) => {
    expect(outcome(schema, value)).toBe(value)
  })
  test.each(refused)("refuses %p", (value, message) => {
    expect(outcome(schema, value)).toEqual({ refused: message })
  })
})

describe("coerce, for text", () => {
  test.each<[AnySchema, unknown, unknown]>([
    [v.coerce.number(), "1.5", 1.5],
    [v.coerce.number(), "-1.5e3", -1500],
    [v.coerce.number(), 2, 2],
    [v.coerce.integer(), "0042", 42],
    [v.coerce.integer().min(1).max(50).default(20), undefined, 20],
    [v.coerce.boolean(), "true", true],
    [v.coerce.boolean(), "0", false],
    [v.coerce.boolean(), true, true],
  ])("takes row %#", (schema, value, expected) => {
    expect(outcome(schema, value)).toBe(expected)
  })

  test.each<[AnySchema, unknown, string]>([
    [v.coerce.number(), "", "Expected a number, got other text."],
    [v.coerce.number(), " 1", "Expected a number, got other text."],
    [v.coerce.number(), "0x10", "Expected a number, got other text."],
    [v.coerce.number(), "1_000", "Expected a number, got other text."],
    [v.coerce.number(), "Infinity", "Expected a number, got other text."],
    [v.coerce.number(), "1e999", "Expected a number, got Infinity."],
    [v.coerce.number(), "9".repeat(100_000), "Expected a number, got other text."],
    [v.coerce.number(), ["1"], "Expected a number, got an array."],
    [v.coerce.integer(), "1.5", "Expected an integer, got 1.5."],
    [v.coerce.integer(), "9007199254740993", "Expected an integer, got 9007199254740992."],
    [v.coerce.integer().max(9), "10", "Expected at most 9, got 10."],
    [v.coerce.boolean(), "yes", "Expected true or false, got other text."],
    [v.coerce.boolean(), "", "Expected true or false, got other text."],
    [v.coerce.boolean(), "toString", "Expected true or false, got other text."],
  ])("refuses row %#", (schema, value, message) => {
    expect(outcome(schema, value)).toEqual({ refused: message })
  })

  test("reads back every number that JavaScript writes", () => {
    for (let i = 0; i < 5_000; i++) {
      const number = (Math.random() - 0.5) * 10 ** Math.floor(Math.random() * 600 - 300)
      expect(outcome(v.coerce.number(), String(number))).toBe(number)
    }
  })
})

test.each([Number.NaN, Number.POSITIVE_INFINITY, "3"])("a bound of %p makes no schema", (bound) => {
  for (const method of ["min", "max"] as const)
    expect(() => v.number()[method](bound as number)).toThrow(
      expect.objectContaining({ code: "VALIDATION_SCHEMA_INVALID" }),
    )
})
