import { describe, expect, test } from "bun:test"
import { fromJsonSchema } from "./from-json-schema/from-json-schema.ts"
import { toJsonSchema } from "./json-schema.ts"
import type { AnySchema, Schema } from "./schema.ts"
import { v } from "./v.ts"

/** Without the line that is on every document. */
function json(schema: AnySchema, mode?: "input" | "output"): unknown {
  const { $schema, ...rest } = toJsonSchema(schema, mode)
  expect($schema).toBe("https://json-schema.org/draft/2020-12/schema")
  return rest
}

describe("toJsonSchema", () => {
  test.each<[string, AnySchema, unknown]>([
    ["string", v.string().min(1).max(9), { type: "string", minLength: 1, maxLength: 9 }],
    ["formats", v.string().email(), { type: "string", format: "email" }],
    [
      "patterns, several",
      v.string().regex(/^a/).regex(/z$/),
      { type: "string", pattern: "^a", allOf: [{ pattern: "z$" }] },
    ],
    ["a pattern with flags", v.string().regex(/^a[b-d]/i), { type: "string", pattern: "^[aA][b-dB-D]" }],
    ["a pattern that it cannot say", v.string().regex(/^a$/m), { type: "string" }],
    ["the same bound twice", v.string().max(9).max(5), { type: "string", maxLength: 9, allOf: [{ maxLength: 5 }] }],
    ["url", v.string().url(), { type: "string", format: "uri", pattern: "^[Hh][Tt][Tt][Pp][Ss]?:" }],
    ["uuid", v.string().uuid(), { type: "string", format: "uuid" }],
    ["number", v.number().min(0).max(1), { type: "number", minimum: 0, maximum: 1 }],
    ["integer", v.integer(), { type: "integer" }],
    ["coerced text is the type that is meant", v.coerce.integer().min(1), { type: "integer", minimum: 1 }],
    ["boolean", v.boolean(), { type: "boolean" }],
    ["literal", v.literal("a"), { const: "a" }],
    ["enum", v.enum(["a", "b"]), { type: "string", enum: ["a", "b"] }],
    ["enum of two types", v.enum(["a", 1]), { type: ["string", "number"], enum: ["a", 1] }],
    [
      "array",
      v.array(v.string()).min(1).max(5),
      { type: "array", items: { type: "string" }, minItems: 1, maxItems: 5 },
    ],
    [
      "record",
      v.record(v.string(), v.number()).max(9),
      { type: "object", additionalProperties: { type: "number" }, maxProperties: 9 },
    ],
    [
      "record with a form of key",
      v.record(v.string().max(3), v.unknown()),
      { type: "object", additionalProperties: {}, propertyNames: { maxLength: 3 } },
    ],
    ["union", v.union([v.string(), v.integer()]), { anyOf: [{ type: "string" }, { type: "integer" }] }],
    ["nullable", v.string().max(3).nullable(), { type: ["string", "null"], maxLength: 3 }],
    ["nullable enum", v.enum(["a"]).nullable(), { anyOf: [{ type: "string", enum: ["a"] }, { type: "null" }] }],
    ["unknown", v.unknown(), {}],
    ["json", v.json(), {}],
    ["refine says nothing", v.string().refine(() => true, "x"), { type: "string" }],
    ["describe", v.string().describe("A name"), { type: "string", description: "A name" }],
    [
      "meta, added to what was noted",
      v
        .string()
        .describe("A name")
        .meta({ examples: ["ada"], deprecated: true, title: "Name" })
        .min(1),
      { type: "string", minLength: 1, description: "A name", examples: ["ada"], deprecated: true, title: "Name" },
    ],
    [
      "notes on a wrapped schema win",
      v.string().describe("inner").optional().describe("outer"),
      { type: "string", description: "outer" },
    ],
    ["strict object", v.object({}), { type: "object", properties: {}, additionalProperties: false }],
    ["passthrough", v.object({}).passthrough(), { type: "object", properties: {} }],
    [
      "nullable, of one of several shapes",
      v.discriminatedUnion("t", [v.object({ t: v.literal(1) })]).nullable(),
      {
        anyOf: [
          {
            type: "object",
            oneOf: [{ type: "object", properties: { t: { const: 1 } }, required: ["t"], additionalProperties: false }],
            discriminator: { propertyName: "t" },
          },
          { type: "null" },
        ],
      },
    ],
    ["a set, in which an item may come twice", v.set(v.string()), { type: "array", items: { type: "string" } }],
    [
      "a default that JSON has another form of",
      v.date().default(new Date(0)),
      { type: "string", format: "date-time", default: "1970-01-01T00:00:00.000Z" },
    ],
    ["a default that JSON has no form of", v.unknown().default(Symbol("s")), {}],
    [
      "readOnly and writeOnly",
      v.string().meta({ readOnly: true, writeOnly: false }),
      { type: "string", readOnly: true, writeOnly: false },
    ],
    [
      "text in Base64",
      v.string().base64(),
      {
        type: "string",
        contentEncoding: "base64",
        pattern: "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
      },
    ],
    ["a default that is made each time", v.string().default(() => "x"), { type: "string" }],
  ])("%s", (_, schema, expected) => {
    expect(json(schema)).toEqual(expected)
  })

  test("input and output differ where defaults and transforms do", () => {
    const schema = v
      .object({
        id: v.string(),
        role: v.string().default("viewer"),
        note: v.string().optional(),
        born: v.string().transform((text) => new Date(text)),
        tag: v.string().transform(String).meta({ description: "told by hand" }),
      })
      .strip()
    expect(json(schema, "input")).toEqual({
      type: "object",
      properties: {
        id: { type: "string" },
        role: { type: "string", default: "viewer" },
        note: { type: "string" },
        born: { type: "string" },
        tag: { type: "string", description: "told by hand" },
      },
      required: ["id", "born", "tag"],
    })
    expect(json(schema, "output")).toEqual({
      type: "object",
      properties: {
        id: { type: "string" },
        role: { type: "string", default: "viewer" },
        note: { type: "string" },
        born: {},
        tag: { description: "told by hand" },
      },
      required: ["id", "role", "born", "tag"],
      additionalProperties: false,
    })
  })

  test("a schema that contains itself is defined once and referred to", () => {
    interface Tree {
      children: Tree[]
    }
    const Tree: Schema<Tree> = v.object({ children: v.array(v.lazy(() => Tree)) }).meta({ id: "Tree/1" })
    const tree = {
      type: "object",
      properties: { children: { type: "array", items: { $ref: "#/$defs/Tree~11" } } },
      required: ["children"],
      additionalProperties: false,
    }
    expect(json(v.object({ root: v.lazy(() => Tree) }))).toEqual({
      type: "object",
      properties: { root: { $ref: "#/$defs/Tree~11" } },
      required: ["root"],
      additionalProperties: false,
      $defs: { "Tree/1": tree },
    })
  })

  test("two recursive schemas without a name get two names", () => {
    const A: Schema<unknown> = v.object({ a: v.lazy(() => A).optional() })
    const B: Schema<unknown> = v.object({ b: v.lazy(() => B).optional() })
    expect(
      Object.keys((json(v.object({ x: v.lazy(() => A), y: v.lazy(() => B) })) as { $defs: object }).$defs),
    ).toEqual(["Recursive", "Recursive2"])
  })

  test("a key named __proto__ is a property like any other", () => {
    const { properties } = json(v.object(Object.fromEntries([["__proto__", v.string()]]))) as { properties: object }
    expect(Object.hasOwn(properties, "__proto__")).toBe(true)
  })

  test("what is published can be changed without changing the schema", () => {
    const schema = v.enum(["a", "b"])
    ;(toJsonSchema(schema).enum as string[]).push("c")
    expect(json(schema)).toEqual({ type: "string", enum: ["a", "b"] })
  })

  test("a default and examples can be changed without changing the schema", () => {
    const schema = v
      .array(v.string())
      .default(["a"])
      .meta({ examples: [["b"]] })
    ;(toJsonSchema(schema).default as string[]).push("c")
    ;(toJsonSchema(schema).examples as string[][])[0]!.push("c")
    expect(json(schema)).toMatchObject({ default: ["a"], examples: [["b"]] })
  })

  test("is what Standard JSON Schema gives, in each dialect", () => {
    const schema = v.string().default("x")
    const { jsonSchema } = schema["~standard"]
    for (const target of ["draft-2020-12", "draft-07", "openapi-3.0"] as const) {
      expect(jsonSchema.input({ target })).toEqual(toJsonSchema(schema, { target }))
      expect(jsonSchema.output({ target })).toEqual(toJsonSchema(schema, { target, mode: "output" }))
    }
    const named = jsonSchema.input({ target: "draft-2020-12", libraryOptions: { $id: "https://example.com/x" } })
    expect(named).toMatchObject({ $id: "https://example.com/x" })
  })

  test("other dialects: VALIDATION_TARGET_UNSUPPORTED", () => {
    for (const target of ["draft-04", "openapi-3.1", "toString", ""])
      expect(() => v.string()["~standard"].jsonSchema.input({ target })).toThrow(
        expect.objectContaining({ code: "VALIDATION_TARGET_UNSUPPORTED" }),
      )
  })

  test("its own address", () => {
    expect(toJsonSchema(v.boolean(), { $id: "https://example.com/a" })).toEqual({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $id: "https://example.com/a",
      type: "boolean",
    })
  })

  test("a bigint as a number or as text", () => {
    expect(json(v.bigint().min(1n))).toEqual({ type: "integer", minimum: 1 })
    const { $schema: _, ...text } = toJsonSchema(v.array(v.bigint()), { bigints: "string" })
    expect(text).toEqual({ type: "array", items: { type: "string", pattern: "^-?[0-9]+$" } })
  })

  test("what comes out is told by the checks after the last change", () => {
    const schema = v.string().min(9).trim().max(5)
    expect(json(schema, "input")).toEqual({ type: "string", minLength: 9, maxLength: 5 })
    expect(json(schema, "output")).toEqual({ type: "string", maxLength: 5 })
  })
})

describe("an intersection", () => {
  const A = v.object({ a: v.string() })
  const B = v.object({ b: v.string() })
  const closed = (properties: object, ...required: string[]): object => ({
    type: "object",
    properties,
    required,
    additionalProperties: false,
  })
  const text = { type: "string" }

  test("of objects refuses what none of them knows", () => {
    expect(json(v.intersection([A, B]))).toEqual({
      allOf: [
        { type: "object", properties: { a: text }, required: ["a"] },
        { type: "object", properties: { b: text }, required: ["b"] },
      ],
      unevaluatedProperties: false,
    })
  })

  test("of other shapes of objects: each knows the others' keys", () => {
    expect(json(v.intersection([A, v.union([B, v.object({ c: v.string() })])]))).toEqual({
      allOf: [
        closed({ a: text, b: true, c: true }, "a"),
        { anyOf: [closed({ b: text, a: true }, "b"), closed({ c: text, a: true }, "c")] },
      ],
    })
  })

  test("with names does not refer to what would refuse the others' keys", () => {
    const Named = A.meta({ id: "A" })
    const written = toJsonSchema(v.object({ x: v.intersection([Named, v.union([B])]), y: Named }), {
      references: "named",
    })
    expect(written).toMatchObject({
      properties: {
        x: { allOf: [closed({ a: text, b: true }, "a"), { anyOf: [closed({ b: text, a: true }, "b")] }] },
        y: { $ref: "#/$defs/A" },
      },
      $defs: { A: closed({ a: text }, "a") },
    })
  })
})

describe("draft 7", () => {
  const draft7 = (schema: AnySchema): unknown => {
    const { $schema, ...rest } = toJsonSchema(schema, { target: "draft-07" })
    expect($schema).toBe("http://json-schema.org/draft-07/schema#")
    return rest
  }

  test("tuples, references, and keys that none of the parts knows", () => {
    const Tree: Schema<unknown> = v.object({
      a: v
        .lazy(() => Tree)
        .describe("d")
        .optional(),
    })
    expect(draft7(v.tuple([v.string()]).rest(v.number()))).toEqual({
      type: "array",
      items: [{ type: "string" }],
      minItems: 1,
      additionalItems: { type: "number" },
    })
    expect(draft7(v.lazy(() => Tree))).toEqual({
      // What is beside a reference would not count there.
      allOf: [{ $ref: "#/definitions/Recursive" }],
      definitions: {
        Recursive: {
          type: "object",
          properties: { a: { description: "d", allOf: [{ $ref: "#/definitions/Recursive" }] } },
          additionalProperties: false,
        },
      },
    })
    expect(draft7(v.intersection([v.object({ a: v.unknown() }), v.object({ b: v.unknown() })]))).toMatchObject({
      properties: { a: {}, b: {} },
      additionalProperties: false,
    })
  })

  test("what it cannot say: VALIDATION_TARGET_UNSUPPORTED", () => {
    for (const document of [
      { contains: true, maxContains: 2 },
      { contains: true, minContains: 2 },
      { unevaluatedItems: false },
      { anyOf: [true], unevaluatedProperties: false },
    ])
      expect(() => draft7(fromJsonSchema(document))).toThrow(
        expect.objectContaining({ code: "VALIDATION_TARGET_UNSUPPORTED" }),
      )
    const dependent = { dependentRequired: { a: ["b"], c: ["d"] }, dependentSchemas: { a: { minProperties: 3 } } }
    expect(draft7(fromJsonSchema(dependent))).toEqual({
      dependencies: { a: { allOf: [{ minProperties: 3 }, { required: ["b"] }] }, c: ["d"] },
    })
  })
})

describe("OpenAPI 3.0", () => {
  const openapi = (schema: AnySchema): unknown => toJsonSchema(schema, { target: "openapi-3.0" })

  test.each<[string, AnySchema, unknown]>([
    ["null", v.string().nullable(), { type: "string", nullable: true }],
    ["an enum or null", v.enum(["a"]).nullable(), { anyOf: [{ type: "string", enum: ["a"] }, { enum: [null] }] }],
    ["a literal", v.literal("a"), { enum: ["a"] }],
    [
      "exclusive bounds",
      v.number().above(1).below(5),
      { type: "number", minimum: 1, exclusiveMinimum: true, maximum: 5, exclusiveMaximum: true },
    ],
    ["a bound within another", v.number().above(1).min(3), { type: "number", minimum: 3 }],
    ["several types", v.enum(["a", 1]), { enum: ["a", 1], anyOf: [{ type: "string" }, { type: "number" }] }],
    ["an example", v.string().meta({ examples: ["a", "b"] }), { type: "string", example: "a" }],
    [
      "a condition",
      fromJsonSchema({ if: { type: "string" }, else: { minimum: 1 } }),
      { allOf: [{ anyOf: [{ not: { type: "string" } }, {}] }, { anyOf: [{ type: "string" }, { minimum: 1 }] }] },
    ],
    [
      "an object",
      v.object({ a: v.unknown() }),
      { type: "object", properties: { a: {} }, required: ["a"], additionalProperties: false },
    ],
    ["no items", v.tuple([]), { type: "array", items: {}, maxItems: 0 }],
  ])("%s", (_, schema, expected) => {
    expect(openapi(schema)).toEqual(expected)
  })

  test("definitions are components", () => {
    const Tree: Schema<unknown> = v.object({ a: v.lazy(() => Tree).optional() }).meta({ id: "Tree" })
    expect(openapi(v.array(v.lazy(() => Tree)))).toMatchObject({
      items: { $ref: "#/components/schemas/Tree" },
      components: { schemas: { Tree: { properties: { a: { $ref: "#/components/schemas/Tree" } } } } },
    })
  })

  test("what it cannot say: VALIDATION_TARGET_UNSUPPORTED", () => {
    for (const schema of [v.tuple([v.string()]), v.record(v.string().max(3), v.unknown())])
      expect(() => openapi(schema)).toThrow(expect.objectContaining({ code: "VALIDATION_TARGET_UNSUPPORTED" }))
  })
})
