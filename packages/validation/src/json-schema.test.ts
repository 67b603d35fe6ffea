import { describe, expect, test } from "bun:test"
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
    ["a pattern with flags, which JSON Schema has not", v.string().regex(/^a/i), { type: "string" }],
    ["the same bound twice", v.string().max(9).max(5), { type: "string", maxLength: 9, allOf: [{ maxLength: 5 }] }],
    ["url", v.string().url(), { type: "string", format: "uri" }],
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

  test("is what Standard JSON Schema gives, in one dialect only: VALIDATION_TARGET_UNSUPPORTED", () => {
    const { jsonSchema } = v.string().default("x")["~standard"]
    expect(jsonSchema.input({ target: "draft-2020-12" })).toEqual(toJsonSchema(v.string().default("x")))
    expect(jsonSchema.output({ target: "draft-2020-12" })).toMatchObject({ type: "string" })
    for (const target of ["draft-07", "openapi-3.0", ""])
      expect(() => jsonSchema.input({ target })).toThrow(
        expect.objectContaining({ code: "VALIDATION_TARGET_UNSUPPORTED" }),
      )
  })
})
