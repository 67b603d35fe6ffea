import { describe, expect, test } from "bun:test"
import type { AnySchema } from "./schema.ts"
import { v } from "./v.ts"
import { validate } from "./validate.ts"

const text = v.string().min(2)

describe("optional, nullable and default", () => {
  test.each<[string, AnySchema, unknown, unknown]>([
    ["optional takes undefined", text.optional(), undefined, undefined],
    ["optional takes the value", text.optional(), "ab", "ab"],
    ["nullable takes null", text.nullable(), null, null],
    ["default fills undefined", text.default("none"), undefined, "none"],
    ["default leaves a value", text.default("none"), "ab", "ab"],
    ["a default may be made each time", v.integer().default(() => 7), undefined, 7],
    ["nullable and optional together", text.nullable().optional(), null, null],
    ["a falsy default is one", v.integer().default(0), undefined, 0],
  ])("%s", (_, schema, given, expected) => {
    expect(validate(schema, given)).toEqual({ value: expected })
  })

  test.each<[string, AnySchema, unknown, string]>([
    ["optional refuses null", text.optional(), null, "Expected a string, got null."],
    ["optional checks the value", text.optional(), "a", "Expected at least 2 characters, got 1 character."],
    ["nullable refuses undefined", text.nullable(), undefined, "Expected a string, got nothing."],
    ["default refuses null", text.default("none"), null, "Expected a string, got null."],
    [
      "nullable inside an object says so",
      v.object({ a: text.nullable() }),
      {},
      "Expected a string or null, got nothing.",
    ],
  ])("%s", (_, schema, given, message) => {
    expect(validate(schema, given).issues).toMatchObject([{ message }])
  })

  test("in an object: optional stays absent, default is filled, nullable must be there", () => {
    const schema = v.object({ a: text.optional(), b: text.default("bb"), c: text.nullable() })
    expect(validate(schema, { c: null })).toStrictEqual({ value: { c: null, b: "bb" } })
    expect(validate(schema, {}).issues).toMatchObject([{ path: ["c"], code: "required" }])
  })

  test("notes keep them what they are", () => {
    const schema = v.object({ a: text.optional().describe("an a"), b: text.default("bb").meta({ title: "B" }) })
    expect(validate(schema, {})).toStrictEqual({ value: { b: "bb" } })
  })

  test("a check that was added to an optional schema is not asked about an absent key", () => {
    const schema = v.object({ a: text.optional().refine((value) => value !== "no!", "not no!") })
    expect(validate(schema, {})).toEqual({ value: {} })
    expect(validate(schema, { a: "no!" }).issues).toMatchObject([{ message: "not no!", path: ["a"] }])
  })
})

describe("refine", () => {
  test("refuses with its own message, at the place of the value", () => {
    const Range = v
      .object({ from: v.integer(), to: v.integer() })
      .refine(({ from, to }) => from <= to, "`from` must not be after `to`.")
    expect(validate(v.object({ range: Range }), { range: { from: 2, to: 1 } }).issues).toEqual([
      { code: "refused", path: ["range"], message: "`from` must not be after `to`." },
    ])
  })

  test("is only asked about a value that is otherwise good", () => {
    const seen: unknown[] = []
    const schema = v.object({ a: v.integer() }).refine((value) => seen.push(value) > 0, "never")
    validate(schema, { a: "x" })
    validate(schema, { a: 1, b: 2 })
    expect(seen).toEqual([])
  })
})

describe("transform", () => {
  const date = v.string().transform((given, fail) => {
    const parsed = new Date(given)
    return Number.isNaN(parsed.getTime()) ? fail("Expected a date, got other text.") : parsed
  })

  test("changes what comes out, also inside lists and objects", () => {
    expect(validate(v.object({ at: v.array(date) }), { at: ["2026-01-01"] })).toEqual({
      value: { at: [new Date("2026-01-01")] },
    })
  })

  test("refuses by fail, at the place of the value", () => {
    expect(validate(v.object({ at: v.array(date) }), { at: ["2026-01-01", "soon"] }).issues).toEqual([
      { code: "refused", path: ["at", 1], message: "Expected a date, got other text." },
    ])
  })

  test("is not called for a value that was refused before it", () => {
    let calls = 0
    const schema = v
      .string()
      .min(5)
      .transform(() => ++calls)
    validate(schema, "abc")
    validate(schema, 5)
    expect(calls).toBe(0)
  })

  test("what it throws by itself is a defect and comes through", () => {
    const broken = v.string().transform(() => {
      throw new RangeError("a bug")
    })
    expect(() => validate(broken, "x")).toThrow("a bug")
  })

  test("can be checked after", () => {
    const schema = date.refine((at) => at.getUTCFullYear() > 2000, "Too long ago.")
    expect(validate(schema, "1999-01-01").issues).toMatchObject([{ message: "Too long ago." }])
  })
})
