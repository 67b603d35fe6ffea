import { describe, expect, test } from "bun:test"
import { toJsonSchema } from "../json-schema.ts"
import { loadLocale } from "../load-locale.ts"
import { nodeOf } from "../node.ts"
import { v } from "../v.ts"
import { validate } from "../validate.ts"
import { type FromJsonSchemaOptions, fromJsonSchema } from "./from-json-schema.ts"

/** What is said of a value, where. */
function issues(document: unknown, value: unknown, options?: FromJsonSchemaOptions): string[] {
  const result = validate(fromJsonSchema(document, options), value)
  return (result.issues ?? []).map(({ code, path, message }) => `${path.join(".")} ${code}: ${message}`)
}

const ORDER = {
  type: "object",
  properties: {
    id: { type: "string", pattern: "^[a-z]+$" },
    count: { type: "integer", minimum: 1, maximum: 9 },
    state: { enum: ["open", "done"] },
    tags: { type: "array", items: { type: "string", maxLength: 3 }, uniqueItems: true, maxItems: 3 },
    any: true,
  },
  required: ["id", "count"],
  additionalProperties: false,
}

describe("what is said of a value that does not fit", () => {
  test.each<[string, unknown, unknown, string[]]>([
    ["type", { type: "string" }, 1, [" type: Expected a string, got a number."]],
    ["types", { type: ["string", "null"] }, true, [" type: Expected a string or null, got true."]],
    ["integer", { type: "integer" }, 1.5, [" type: Expected an integer, got 1.5."]],
    ["const", { const: { a: 1 } }, { a: 2 }, [' value: Expected {"a":1}, got an object.']],
    ["enum", { enum: ["a", 1] }, "b", [' value: Expected one of "a", 1, got "b".']],
    ["bounds", { exclusiveMinimum: 1 }, 1, [" too_small: Expected more than 1, got 1."]],
    ["multipleOf", { multipleOf: 0.1 }, 0.35, [" format: Expected a multiple of 0.1, got 0.35."]],
    ["maxLength", { maxLength: 1 }, "😀😀", [" too_big: Expected at most 1 character, got 2 characters."]],
    ["pattern", { pattern: "^a" }, "b", [" format: Expected text that matches /^a/, got other text."]],
    ["items", { items: { type: "null" } }, [null, 1], ["1 type: Expected null, got a number."]],
    ["more items", { prefixItems: [true], items: false }, [1, 2], [" too_big: Expected at most 1 item, got 2 items."]],
    [
      "unique",
      { uniqueItems: true },
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      ["1 duplicate: Expected items that differ from each other, got the item of place 0 again."],
    ],
    [
      "contains",
      { contains: { type: "null" } },
      [1],
      [" too_small: Expected at least 1 item of the form that is asked for, got 0 items."],
    ],
    [
      "maxContains",
      { contains: true, maxContains: 1 },
      [1, 2],
      [" too_big: Expected at most 1 item of the form that is asked for, got 2 items."],
    ],
    [
      "required",
      { required: ["a"], properties: { a: { type: "string" } } },
      {},
      ["a required: Expected a string, got nothing."],
    ],
    [
      "dependentRequired",
      { dependentRequired: { a: ["b"] } },
      { a: 1 },
      ["b required: Expected any value, got nothing."],
    ],
    ["minProperties", { minProperties: 1 }, {}, [" too_small: Expected at least 1 entry, got 0 entries."]],
    [
      "an unknown key",
      { properties: { a: true }, additionalProperties: false },
      { a: 1, b: 1 },
      ['b unknown_key: Unknown key "b".'],
    ],
    [
      "propertyNames",
      { propertyNames: { maxLength: 1 } },
      { ab: 1 },
      ['ab key: Key "ab" does not fit. Expected at most 1 character, got 2 characters.'],
    ],
    [
      "anyOf",
      { anyOf: [{ type: "string" }, { type: "null" }] },
      1,
      [" union: Expected a string or null, got a number."],
    ],
    [
      "oneOf, two fit",
      { oneOf: [{ minimum: 1 }, { maximum: 5 }] },
      3,
      [" union: Expected a value of one of the shapes only, got another value."],
    ],
    ["not", { not: { type: "null" } }, null, [" refused: This value is not accepted."]],
    ["if", { if: { type: "string" }, else: { minimum: 2 } }, 1, [" too_small: Expected at least 2, got 1."]],
    [
      "unevaluatedProperties",
      { allOf: [{ properties: { a: true } }], unevaluatedProperties: false },
      { a: 1, b: 1 },
      ['b unknown_key: Unknown key "b".'],
    ],
    [
      "unevaluatedItems",
      { prefixItems: [true], unevaluatedItems: false },
      [1, 2],
      [" too_big: Expected at most 1 item, got 2 items."],
    ],
    ["false", false, 1, [" refused: Expected nothing, got a number."]],
    [
      "the shape that was meant",
      {
        oneOf: [
          { properties: { kind: { const: "a" }, x: { type: "string" } }, required: ["kind"] },
          { properties: { kind: { const: "b" } }, required: ["kind"] },
        ],
      },
      { kind: "a", x: 1 },
      ["x type: Expected a string, got a number."],
    ],
  ])("%s", (_, document, value, expected) => {
    expect(issues(document, value)).toEqual(expected)
  })

  test("all that is wrong, each at its place", () => {
    expect(
      issues(ORDER, { id: "A", count: 0, state: "x", tags: ["abcd", 1], more: 1 }).map((issue) => issue.split(":")[0]),
    ).toEqual(["id format", "count too_small", "state value", "tags.0 too_big", "tags.1 type", "more unknown_key"])
    expect(issues(ORDER, { id: "a", count: 1, state: "open", tags: ["a"], any: [] })).toEqual([])
  })

  test("in the language that is asked for", async () => {
    const locale = await loadLocale("de")
    const { issues: told } = validate(fromJsonSchema({ contains: { type: "null" } }), [1], { locale })
    expect(told?.[0]?.message).toBe("Erwartet: mindestens 1 Element der verlangten Form, erhalten: 0 Elemente.")
  })

  test("fifty things at most", () => {
    expect(
      issues(
        { items: { type: "string" } },
        Array.from({ length: 1000 }, () => 1),
      ),
    ).toHaveLength(50)
  })
})

describe("as part of others", () => {
  const Count = fromJsonSchema({ $defs: { count: { type: "integer" } }, $ref: "#/$defs/count" })

  test("in a schema of v, with its place", () => {
    const { issues: told } = validate(v.object({ n: Count, m: Count.optional() }), { n: "1" })
    expect(told?.map(({ path }) => path)).toEqual([["n"]])
    expect(nodeOf(v.object({ n: Count })).fits?.({ n: 1 })).toBe(true)
  })

  test("its definitions go where the whole document has them", () => {
    expect(toJsonSchema(v.object({ n: Count }))).toEqual({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      properties: { n: { $ref: "#/$defs/count" } },
      required: ["n"],
      additionalProperties: false,
      $defs: { count: { type: "integer" } },
    })
  })

  test("what is noted stays noted", () => {
    const document = { title: "T", type: "string", examples: ["a"], deprecated: true, "x-own": { a: 1 }, default: "b" }
    expect(toJsonSchema(fromJsonSchema(document))).toMatchObject(document)
  })
})

describe("formats", () => {
  test("are notes, unless they are asked to refuse", () => {
    expect(issues({ format: "date" }, "x")).toEqual([])
    expect(issues({ format: "date" }, "x", { formats: "assert" })).toEqual([
      " format: Expected a date like 2026-01-31, got other text.",
    ])
    expect(issues({ format: "of-my-own" }, "x", { formats: "assert" })).toEqual([])
  })
})

describe("draft 7", () => {
  test("by its address, with the keywords it has", () => {
    const document = {
      $schema: "http://json-schema.org/draft-07/schema#",
      items: [{ type: "string" }],
      additionalItems: false,
      dependencies: { a: ["b"] },
      prefixItems: [{ type: "null" }],
    }
    expect(issues(document, ["a"])).toEqual([])
    expect(issues(document, ["a", 1])).toHaveLength(1)
    expect(issues(document, { a: 1 })).toEqual(["b required: Expected any value, got nothing."])
    expect(toJsonSchema(fromJsonSchema(document))).toEqual({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      prefixItems: [{ type: "string" }],
      items: false,
      dependentSchemas: { a: { required: ["b"] } },
    })
  })
})

describe("documents that are refused", () => {
  test.each<[string, unknown]>([
    ["no schema", 1],
    ["no JSON", { const: () => 1 }],
    ["another dialect", { $schema: "http://json-schema.org/draft-04/schema#" }],
    ["a type that there is not", { type: "float" }],
    ["no type", { type: [] }],
    ["a bound of another type", { minimum: "1" }],
    ["a length below 0", { minLength: -1 }],
    ["a multiple of nothing", { multipleOf: 0 }],
    ["a list of items", { items: [true] }],
    ["an empty anyOf", { anyOf: [] }],
    ["properties that are none", { properties: [] }],
    ["a property that is no schema", { properties: { a: 1 } }],
    ["required keys that are none", { required: [1] }],
    ["a reference that leads nowhere", { $ref: "#/$defs/a" }],
    ["a reference to data", { $ref: "#/const", const: 1 }],
    ["a reference to another place", { $ref: "https://example.com/schema.json" }],
    ["a reference to a file", { $ref: "file:///etc/passwd" }],
    ["a circle", { $ref: "#" }],
    ["a circle of two", { allOf: [{ $ref: "#/$defs/a" }], $defs: { a: { anyOf: [{ $ref: "#" }] } } }],
    ["a pattern that is none", { pattern: "(" }],
    ["a pattern without an end", { pattern: "(a+)+\\1" }],
    ["such a pattern for keys", { patternProperties: { "^(?=(a+)+$)": true } }],
  ])("%s: VALIDATION_JSON_SCHEMA_INVALID", (_, document) => {
    expect(() => fromJsonSchema(document)).toThrow(expect.objectContaining({ code: "VALIDATION_JSON_SCHEMA_INVALID" }))
  })

  const nested = (levels: number): unknown => {
    let schema: unknown = {}
    for (let at = 0; at < levels; at++) schema = { not: schema }
    return schema
  }
  const chain = (length: number): unknown => ({
    $ref: "#/$defs/0",
    $defs: Object.fromEntries(
      Array.from({ length }, (_, at) => [at, at + 1 < length ? { $ref: `#/$defs/${at + 1}` } : {}]),
    ),
  })
  const loop: unknown[] = []
  loop.push(loop)

  test.each<[string, unknown]>([
    ["values", { enum: Array.from({ length: 100_001 }, (_, at) => at) }],
    ["levels", nested(129)],
    ["levels, because it contains itself", { const: loop }],
    ["parts", { properties: Object.fromEntries(Array.from({ length: 20_001 }, (_, at) => [`k${at}`, {}])) }],
    ["schemas in a row for the same value", nested(100)],
    ["references in a row", chain(5000)],
  ])("too many %s: VALIDATION_JSON_SCHEMA_TOO_LARGE", (_, document) => {
    expect(() => fromJsonSchema(document)).toThrow(
      expect.objectContaining({ code: "VALIDATION_JSON_SCHEMA_TOO_LARGE" }),
    )
  })

  test("not one that is as large as it may be", () => {
    expect(issues(nested(62), 1)).toEqual([])
    expect(toJsonSchema(fromJsonSchema(chain(60)))).toMatchObject({ $ref: "#/$defs/Recursive" })
  })
})

describe("values that cost too much", () => {
  test("not because of a pattern", () => {
    const started = performance.now()
    expect(issues({ pattern: "^(a|aa)+$" }, `${"a".repeat(50_000)}!`)).toHaveLength(1)
    expect(issues({ patternProperties: { "^(a+)+$": false } }, { [`${"a".repeat(50_000)}!`]: 1 })).toEqual([])
    expect(performance.now() - started).toBeLessThan(5000)
  })

  const branch = { properties: { x: { $ref: "#/$defs/a" } }, propertyNames: { const: "y" } }
  const bomb = { $ref: "#/$defs/a", $defs: { a: { anyOf: [branch, branch] } } }
  const deep = (levels: number): unknown => (levels === 0 ? {} : { x: deep(levels - 1) })

  test("are refused for that reason", () => {
    const started = performance.now()
    expect(issues(bomb, deep(60))).toEqual([
      " too_deep: Expected a value that is less work to check, got another value.",
    ])
    expect(performance.now() - started).toBeLessThan(5000)
    expect(nodeOf(fromJsonSchema({ not: bomb.$defs.a, $defs: bomb.$defs })).fits!(deep(60))).toBe(false)
  })

  test("as many steps as are asked for", () => {
    expect(issues({ items: { type: "null" } }, [null, null, null], { maxSteps: 4 })).toEqual([])
    expect(issues({ items: { type: "null" } }, [null, null, null], { maxSteps: 3 })).toHaveLength(1)
    expect(() => fromJsonSchema({}, { maxSteps: Number.NaN })).toThrow(
      expect.objectContaining({ code: "VALIDATION_SCHEMA_INVALID" }),
    )
  })

  test("nested as deep as no stack is", () => {
    const tree = { properties: { x: { $ref: "#" } } }
    let value: unknown = {}
    for (let at = 0; at < 100_000; at++) value = { x: value }
    expect(issues(tree, value)).toHaveLength(1)
    expect(issues(tree, deep(120))).toEqual([])
  })
})

describe("prototypes", () => {
  test("a schema cannot change any", () => {
    const document = JSON.parse(
      '{"properties":{"__proto__":{"type":"string"}},"$defs":{"__proto__":{"x":1}},"__proto__":{"polluted":true}}',
    )
    const schema = fromJsonSchema(document)
    toJsonSchema(schema)
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    expect(validate(schema, JSON.parse('{"__proto__":1}')).issues).toHaveLength(1)
    expect(validate(schema, {}).issues).toBeUndefined()
  })

  test("what is inherited is not there", () => {
    expect(issues({ required: ["toString"] }, {})).toHaveLength(1)
    expect(issues({ properties: { constructor: { type: "null" } } }, {})).toEqual([])
  })

  test("a schema is what it was when it was given", () => {
    const document: { type: string } = { type: "string" }
    const schema = fromJsonSchema(document)
    document.type = "number"
    expect(validate(schema, "a").issues).toBeUndefined()
  })
})

describe("documents", () => {
  test("that references may lead to", () => {
    const documents = { "https://example.com/count.json": { type: "integer" } }
    expect(issues({ $ref: "https://example.com/count.json" }, "a", { documents })).toHaveLength(1)
    expect(issues({ $id: "https://example.com/order.json", $ref: "count.json" }, 1, { documents })).toEqual([])
  })
})
