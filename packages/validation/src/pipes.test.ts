import { describe, expect, test } from "bun:test"
import { toJsonSchema } from "./json-schema.ts"
import { ParseArray, ParseBool, ParseDate, ParseEnum, ParseFloat, ParseInt, ParseUuid } from "./pipes.ts"
import type { AnySchema } from "./schema.ts"
import { validate } from "./validate.ts"

describe("ready-made pipes", () => {
  test.each<[AnySchema, unknown, unknown]>([
    [ParseInt, "42", 42],
    [ParseInt.min(1), "1", 1],
    [ParseFloat, "-1.5", -1.5],
    [ParseBool, "on", true],
    [ParseUuid, "01890A5D-AC96-774B-BCCE-B302099A8057", "01890a5d-ac96-774b-bcce-b302099a8057"],
    [ParseEnum(["a", "b"]), "b", "b"],
    [ParseEnum({ A: "a" }), "a", "a"],
    [ParseDate, "2026-01-31", new Date("2026-01-31T00:00:00Z")],
    [ParseArray(ParseInt), "1,2,3", [1, 2, 3]],
    [ParseArray(ParseInt), "", []],
    [ParseArray(ParseEnum(["x", "y"]), { separator: "|" }), "x|y", ["x", "y"]],
  ])("row %# gives", (schema, text, value) => {
    expect(validate(schema, text)).toEqual({ value })
  })
  test.each<[AnySchema, unknown, string]>([
    [ParseInt, "1.5", "type : Expected an integer, got 1.5."],
    [ParseArray(ParseInt), "1,x", "type 1: Expected an integer, got other text."],
    [ParseArray(ParseInt, { maxItems: 2 }), "1,2,3", "too_big : Expected at most 2 items, got more."],
    [ParseArray(ParseInt), ",".repeat(1_000_000), "too_big : Expected at most 100 items, got more."],
    [ParseArray(ParseInt), ["1"], "type : Expected a string, got an array."],
  ])("row %# refuses", (schema, text, issue) => {
    const [first] = validate(schema, text).issues!
    expect(`${first!.code} ${first!.path.join(".")}: ${first!.message}`).toBe(issue)
  })
  test("say in JSON Schema what is sent, and what comes out", () => {
    const list = ParseArray(ParseInt, { maxItems: 5 })
    expect(toJsonSchema(list)).toMatchObject({ type: "string" })
    expect(toJsonSchema(list, "output")).toMatchObject({ type: "array", items: { type: "integer" }, maxItems: 5 })
  })
  test("a bound that is none makes no schema", () => {
    expect(() => ParseArray(ParseInt, { maxItems: -1 })).toThrow(
      expect.objectContaining({ code: "VALIDATION_SCHEMA_INVALID" }),
    )
  })
})
