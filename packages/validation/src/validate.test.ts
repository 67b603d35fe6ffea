import { describe, expect, test } from "bun:test"
import { AshlarError } from "@ashlar/core"
import { v } from "./v.ts"
import { parse, validate } from "./validate.ts"

const Point = v.object({ x: v.integer(), y: v.integer() })

describe("parse", () => {
  test("gives the value", () => {
    expect(parse(Point, { x: 1, y: 2 })).toEqual({ x: 1, y: 2 })
  })

  test("throws VALIDATION_FAILED with the issues, and the first three in words", () => {
    const schema = v.object({ list: v.array(Point) })
    const given = { list: [{ x: "1", y: 2 }, { x: 1 }, 5, 6] }
    let error: unknown
    try {
      parse(schema, given)
    } catch (caught) {
      error = caught
    }
    expect(error).toBeInstanceOf(AshlarError)
    expect(error).toMatchObject({
      code: "VALIDATION_FAILED",
      status: 422,
      message:
        "list[0].x: Expected an integer, got a string. list[1].y: Expected an integer, got nothing. list[2]: Expected an object, got a number. And 1 more.",
    })
    expect((error as AshlarError).details?.issues).toEqual(validate(schema, given).issues as never)
  })

  test("names no place for what is wrong at the root", () => {
    expect(() => parse(Point, 3)).toThrow(/^Expected an object, got a number\.$/)
  })
})

describe("a schema is a Standard Schema", () => {
  test("with version, vendor and a synchronous validate that needs no `this`", () => {
    const { version, vendor, validate } = Point["~standard"]
    expect([version, vendor]).toEqual([1, "ashlar"])
    expect(validate({ x: 1, y: 2 })).toEqual({ value: { x: 1, y: 2 } })
    expect(validate({ x: 1 })).toEqual({
      issues: [
        {
          code: "required",
          path: ["y"],
          expected: "an integer",
          received: "nothing",
          message: "Expected an integer, got nothing.",
        },
      ],
    })
  })

  test("its issues can be sent as JSON and come back the same", () => {
    const { issues } = validate(v.array(v.enum(["a"])), ["b", 3])
    expect(JSON.parse(JSON.stringify(issues))).toEqual(issues)
  })
})

test("any value is answered or refused, never thrown at, by any schema", () => {
  const schemas = [
    v.string().trim().email(),
    v.coerce.integer().max(5),
    v.array(v.number()).max(3),
    Point,
    Point.strip(),
    v.record(v.string().max(3), v.boolean()),
    v.union([Point, v.string(), v.array(v.string())]),
    v.json(),
    v.object({ a: v.lazy(() => Point).optional() }).passthrough(),
    v.tuple([v.unknown(), v.string().optional()]).rest(v.integer()),
    v.set(v.unknown()),
    v.map(v.unknown(), v.unknown()),
    v.array(v.unknown()).unique(),
    v.discriminatedUnion("x", [
      v.object({ x: v.literal(0) }).passthrough(),
      v.object({ x: v.enum(["", "a"]) }).strip(),
    ]),
    v.intersection([Point.passthrough(), v.record(v.string(), v.unknown())]),
    v.intersection([v.object({ a: v.unknown() }).strip(), v.object({ "": v.unknown() }).partial().strip()]),
    v.file().maxBytes(5),
    v.bigint().min(1n),
    v.coerce.date(),
    v.coerce.bigint(),
    v.object({ a: v.string().jwt().secret() }).partial(),
    v.object({ x: v.integer().catch(0), y: v.boolean().nullish() }),
  ]
  const leaves = [
    undefined,
    null,
    true,
    0,
    -1.5,
    Number.NaN,
    "",
    "a",
    "__proto__",
    1n,
    Symbol("s"),
    () => 1,
    new Date(0),
    new Map(),
  ]
  const grow = (depth: number): unknown => {
    const dice = Math.random()
    if (depth === 0 || dice < 0.4) return leaves[Math.floor(Math.random() * leaves.length)]
    if (dice < 0.6) return Array.from({ length: Math.floor(Math.random() * 5) }, () => grow(depth - 1))
    const keys = ["x", "y", "a", "__proto__", "constructor", "toString", ""]
    const entries = keys.filter(() => Math.random() < 0.4).map((key) => [key, grow(depth - 1)] as const)
    return Object.fromEntries(entries)
  }
  for (let i = 0; i < 5_000; i++) {
    const value = grow(4)
    for (const schema of schemas) {
      const result = validate(schema, value)
      if (result.issues) expect(result.issues.length).toBeGreaterThan(0)
      // What came out is a fixed point: good values stay as they are.
      else if (schema !== schemas[1]) expect(validate(schema, result.value)).toEqual({ value: result.value })
    }
  }
})
