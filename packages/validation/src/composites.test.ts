import { describe, expect, test } from "bun:test"
import { toJsonSchema } from "./json-schema.ts"
import type { AnySchema } from "./schema.ts"
import { v } from "./v.ts"
import { validate } from "./validate.ts"

function outcome(schema: AnySchema, value: unknown): unknown {
  const result = validate(schema, value)
  return result.issues
    ? result.issues.map(({ code, path, message }) => `${code} ${path.join(".")}: ${message}`)
    : result.value
}

function json(schema: AnySchema, mode: "input" | "output" = "input"): unknown {
  const { $schema: _, ...rest } = toJsonSchema(schema, mode)
  return rest
}

const trimmed = v.string().trim()

describe("v.array()", () => {
  test.each<[AnySchema, unknown, unknown]>([
    [v.array(v.integer()).length(2), [1, 2], [1, 2]],
    [v.array(v.integer()).length(2), [1], ["too_small : Expected at least 2 items, got 1 item."]],
    [v.array(v.integer()).length(2), [1, 2, 3], ["too_big : Expected at most 2 items, got 3 items."]],
    [v.array(v.unknown()).unique(), [1, "1", null, "null", {}, []], [1, "1", null, "null", {}, []]],
    [
      v.array(v.unknown()).unique(),
      [1, 2, 1],
      ["duplicate 2: Expected items that differ from each other, got the item of place 0 again."],
    ],
    [
      v.array(v.unknown()).unique(),
      [
        { a: 1, b: [{ c: 1, d: 2 }] },
        { b: [{ d: 2, c: 1 }], a: 1 },
      ],
      ["duplicate 1: Expected items that differ from each other, got the item of place 0 again."],
    ],
    [
      v.array(v.unknown()).unique(),
      [Number.NaN, Number.NaN],
      ["duplicate 1: Expected items that differ from each other, got the item of place 0 again."],
    ],
    [v.array(v.unknown()).unique(), [[1], "\0[1]"], [[1], "\0[1]"]],
  ])("row %#", (schema, value, expected) => {
    expect(outcome(schema, value)).toEqual(expected)
  })

  test("unique takes what cannot be written as JSON by itself", () => {
    const loop: unknown[] = []
    loop.push(loop)
    expect(validate(v.array(v.unknown()).unique(), [loop, 1n, { big: 1n }, { big: 1n }]).issues).toBeUndefined()
  })
})

describe("v.tuple()", () => {
  const Point = v.tuple([v.number(), trimmed])
  test.each<[AnySchema, unknown, unknown]>([
    [Point, [1, " a "], [1, "a"]],
    [Point.rest(v.boolean()), [1, "a", true, false], [1, "a", true, false]],
    [v.tuple([]), [], []],
    [Point, [1], ["too_small : Expected exactly 2 items, got 1 item."]],
    [Point, [1, "a", 2], ["too_big : Expected exactly 2 items, got 3 items."]],
    [Point.rest(v.boolean()), [1], ["too_small : Expected at least 2 items, got 1 item."]],
    [
      Point.rest(v.boolean()),
      ["1", "a", 0],
      ["type 0: Expected a number, got a string.", "type 2: Expected true or false, got 0."],
    ],
    [Point, { 0: 1, 1: "a", length: 2 }, ["type : Expected an array, got an object."]],
  ])("row %#", (schema, value, expected) => {
    expect(outcome(schema, value)).toEqual(expected)
  })
  test("gives the same list when nothing was changed", () => {
    const given = [1, "a"]
    expect(outcome(Point, given)).toBe(given)
  })
  test("in JSON Schema", () => {
    expect(json(Point)).toEqual({
      type: "array",
      prefixItems: [{ type: "number" }, { type: "string" }],
      minItems: 2,
      items: false,
    })
    expect(json(v.tuple([]).rest(v.number()))).toEqual({ type: "array", items: { type: "number" } })
  })
})

describe("v.set() and v.map()", () => {
  test.each<[AnySchema, unknown, unknown]>([
    [v.set(trimmed), ["a", " a", "b"], new Set(["a", "b"])],
    [v.set(trimmed), new Set([" a", "b"]), new Set(["a", "b"])],
    [v.map(v.string(), v.integer()), [["a", 1]], new Map([["a", 1]])],
    [v.map(v.string(), v.integer()), new Map([["__proto__", 1]]), new Map([["__proto__", 1]])],
    [v.set(v.integer()), ["x", 1], ["type 0: Expected an integer, got a string."]],
    [v.set(v.integer()), { size: 0 }, ["type : Expected a set, got an object."]],
    [v.map(v.string(), v.integer()), [["a"]], ["too_small 0: Expected exactly 2 items, got 1 item."]],
    [v.map(v.string(), v.integer()), new Map([["a", "1"]]), ["type 0.1: Expected an integer, got a string."]],
    [v.map(v.string(), v.integer()), "x", ["type : Expected a map, got a string."]],
  ])("row %#", (schema, value, expected) => {
    expect(outcome(schema, value)).toEqual(expected)
  })
  test("give the same set and map when nothing was changed", () => {
    for (const [schema, given] of [
      [v.set(v.string()), new Set(["a"])],
      [v.map(v.string(), v.string()), new Map([["a", "b"]])],
    ] as const)
      expect(outcome(schema, given)).toBe(given)
  })
})

describe("v.discriminatedUnion()", () => {
  const Event = v.discriminatedUnion("type", [
    v.object({ type: v.literal("created"), name: trimmed }),
    v.object({ type: v.enum(["moved", "renamed"]), to: v.string() }),
  ])
  test.each<[unknown, unknown]>([
    [
      { type: "created", name: " x" },
      { type: "created", name: "x" },
    ],
    [
      { type: "renamed", to: "y" },
      { type: "renamed", to: "y" },
    ],
    [
      { type: "moved", name: "x" },
      ["required to: Expected a string, got nothing.", 'unknown_key name: Unknown key "name". Known: type, to.'],
    ],
    [
      { type: "crated", name: "x" },
      ['value type: Expected one of "created", "moved", "renamed", got "crated". Did you mean "created"?'],
    ],
    [{ name: "x" }, ['required type: Expected one of "created", "moved", "renamed", got nothing.']],
    [
      { type: { toString: () => "moved" } },
      ['value type: Expected one of "created", "moved", "renamed", got an object.'],
    ],
    [
      Object.create({ type: "moved", to: "y" }),
      ['required type: Expected one of "created", "moved", "renamed", got nothing.'],
    ],
    ["created", ["type : Expected an object, got a string."]],
  ])("row %#", (value, expected) => {
    expect(outcome(Event, value)).toEqual(expected)
  })
  test("may be told apart by true and false, or by a key named __proto__", () => {
    const Flag = v.discriminatedUnion("ok", [
      v.object({ ok: v.literal(true) }),
      v.object({ ok: v.literal(false), why: v.string() }),
    ])
    expect(outcome(Flag, { ok: true })).toEqual({ ok: true })
    expect(outcome(Flag, { ok: 1 })).toEqual(["value ok: Expected one of true, false, got a number."])
    const hostile = v.object(Object.fromEntries([["__proto__", v.literal("a")]])) as never
    const Odd = v.discriminatedUnion("__proto__", [hostile])
    expect(outcome(Odd, {})).toEqual(['required __proto__: Expected "a", got nothing.'])
    expect(outcome(Odd, JSON.parse('{"__proto__":"a"}'))).toEqual(JSON.parse('{"__proto__":"a"}'))
  })
  test("in JSON Schema", () => {
    expect(json(v.discriminatedUnion("t", [v.object({ t: v.literal(1) })]))).toEqual({
      type: "object",
      oneOf: [{ type: "object", properties: { t: { const: 1 } }, required: ["t"], additionalProperties: false }],
      discriminator: { propertyName: "t" },
    })
  })
  test.each([
    () => v.discriminatedUnion("t", []),
    () => v.discriminatedUnion("t", [v.object({ t: v.string() })]),
    () => v.discriminatedUnion("t", [v.object({ t: v.literal(1) }), v.object({ t: v.enum([1, 2]) })]),
    () => v.discriminatedUnion("t", [v.object({ t: v.literal(1).optional() })]),
    () => v.discriminatedUnion("toString", [v.object({}) as never]),
  ])("row %# makes no schema", (build) => {
    expect(build).toThrow(expect.objectContaining({ code: "VALIDATION_SCHEMA_INVALID" }))
  })
})

describe("v.intersection()", () => {
  const Named = v.object({ name: trimmed, kind: v.string() })
  const Sized = v.object({ size: v.integer(), kind: v.string() })
  const Both = v.intersection([Named, Sized])
  test.each<[AnySchema, unknown, unknown]>([
    [Both, { name: " a", kind: "x", size: 1 }, { name: "a", kind: "x", size: 1 }],
    [
      Both,
      { name: "a", kind: "x", size: 1, more: 1 },
      [
        'unknown_key more: Unknown key "more". Known: name, kind.',
        'unknown_key more: Unknown key "more". Known: size, kind.',
      ],
    ],
    [
      Both,
      { name: "a", size: "1" },
      [
        "required kind: Expected a string, got nothing.",
        "type size: Expected an integer, got a string.",
        "required kind: Expected a string, got nothing.",
      ],
    ],
    [
      v.intersection([Named.strip(), v.object({}).passthrough()]),
      { name: "a", kind: "b", c: 1 },
      { name: "a", kind: "b", c: 1 },
    ],
    [
      v.intersection([Both, v.object({ also: v.boolean() })]),
      { name: "a", kind: "x", size: 1, also: true },
      { name: "a", kind: "x", size: 1, also: true },
    ],
    [
      v.intersection([
        v.union([v.object({ a: v.integer() }), v.object({ b: v.integer() })]),
        v.object({ c: v.integer() }),
      ]),
      { b: 1, c: 2 },
      { b: 1, c: 2 },
    ],
    [v.intersection([v.string().min(2), v.string().email()]), "a@b", "a@b"],
    [v.intersection([v.string().trim(), v.string()]), " a", "a"],
    [
      v.intersection([v.string().trim(), v.string().uppercase()]),
      " a",
      ["union : Expected a value on which all parts agree, got another value."],
    ],
    [
      v.intersection([v.object({ a: trimmed }), v.object({ a: v.string().uppercase() })]),
      { a: " a" },
      ["union : Expected a value on which all parts agree, got another value."],
    ],
    [v.intersection([v.object({ a: v.string() }), v.object({ a: v.string().default("x") })]), { a: "y" }, { a: "y" }],
  ])("row %#", (schema, value, expected) => {
    expect(outcome(schema, value)).toEqual(expected)
  })
  test("gives the same value when nothing was changed, and keeps __proto__ data", () => {
    const given = { name: "a", kind: "x", size: 1 }
    expect(outcome(Both, given)).toBe(given)
    const hostile = JSON.parse('{"name": " a", "kind": "k", "__proto__": {"admin": true}}')
    const open = v.intersection([Named.passthrough(), v.object({}).passthrough()])
    const result = outcome(open, hostile) as object
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype)
    expect(Reflect.ownKeys(result).toSorted()).toEqual(["__proto__", "kind", "name"])
  })
  test("in JSON Schema says the refusal of unknown keys of all together", () => {
    expect(json(v.intersection([v.object({ a: v.string() }), v.object({ b: v.string() })]))).toEqual({
      allOf: [
        { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
        { type: "object", properties: { b: { type: "string" } }, required: ["b"] },
      ],
      unevaluatedProperties: false,
    })
  })
  test("of nothing makes no schema", () => {
    expect(() => v.intersection([])).toThrow(expect.objectContaining({ code: "VALIDATION_SCHEMA_INVALID" }))
  })
})

describe("an object's shape", () => {
  const User = v.object({
    id: v.string().uuid(),
    name: trimmed,
    age: v.integer().optional(),
    role: v.string().default("x"),
  })
  test.each<[string, AnySchema, unknown, unknown]>([
    ["pick", User.pick("name"), { name: " a" }, { name: "a" }],
    [
      "pick refuses the rest",
      User.pick("name"),
      { name: "a", age: 1 },
      ['unknown_key age: Unknown key "age". Known: name.'],
    ],
    ["omit", User.omit("id", "role"), { name: "a", age: 1 }, { name: "a", age: 1 }],
    ["partial", User.partial(), {}, {}],
    ["partial of some", User.partial("id"), {}, ["required name: Expected a string, got nothing."]],
    ["required", User.pick("age").required(), {}, ["required age: Expected an integer, got nothing."]],
    [
      "required of a default",
      User.pick("role").required("role"),
      {},
      ["required role: Expected a string, got nothing."],
    ],
    [
      "extend",
      User.pick("name").extend({ name: v.integer(), b: v.boolean() }),
      { name: 1, b: true },
      { name: 1, b: true },
    ],
    [
      "merge takes the other's word on unknown keys",
      User.pick("name").merge(v.object({ b: v.boolean() }).strip()),
      { name: "a", b: true, c: 1 },
      { name: "a", b: true },
    ],
    ["strip stays", User.strip().pick("name"), { name: "a", c: 1 }, { name: "a" }],
    [
      "strict again",
      User.pick("name").strip().strict(),
      { name: "a", c: 1 },
      ['unknown_key c: Unknown key "c". Known: name.'],
    ],
  ])("%s", (_, schema, value, expected) => {
    expect(outcome(schema, value)).toEqual(expected)
  })
  test("is there to be read, and a key named __proto__ survives", () => {
    expect(Object.keys(User.shape)).toEqual(["id", "name", "age", "role"])
    const odd = v.object(Object.fromEntries([["__proto__", v.string()]])).extend({ a: v.string() })
    expect(outcome(odd.partial(), JSON.parse('{"__proto__": 1}'))).toEqual([
      "type __proto__: Expected a string, got a number.",
    ])
  })
  test.each([
    () => User.refine(() => true).pick("name"),
    () => User.refine(() => true).extend({}),
    () => User.pick("nmae" as never),
    () => User.omit("toString" as never),
    () => User.partial("x" as never),
  ])("cannot be changed in row %#", (build) => {
    expect(build).toThrow(expect.objectContaining({ code: "VALIDATION_SCHEMA_INVALID" }))
  })
})

test("a record has a least number of entries too", () => {
  const schema = v.record(v.string(), v.integer()).min(1)
  expect(outcome(schema, {})).toEqual(["too_small : Expected at least 1 entry, got 0 entries."])
  expect(json(schema)).toMatchObject({ minProperties: 1 })
})
