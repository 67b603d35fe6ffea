import { afterAll, describe, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { sourceOf, writeSchemas } from "@ashlar/codegen"
import { type AnySchema, validate } from "@ashlar/validation"
import { fromJsonSchema } from "@ashlar/validation/json-schema"

// Inside this workspace, where the generated files find what they import.
const cache = join(import.meta.dir, "..", "dist")
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, "schemas-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
async function built(source: unknown, kind?: "example" | "json-schema" | "openapi") {
  const { text, names, unsaid } = writeSchemas(source, "thing", kind)
  const file = join(folder, `file${files++}.ts`)
  writeFileSync(file, text)
  return { text, names, unsaid, made: (await import(file)) as Record<string, AnySchema> }
}
const takes = (schema: AnySchema, value: unknown): boolean => validate(schema, value).issues === undefined

describe("schemas of JSON Schema take what it takes", () => {
  const values: readonly unknown[] = [
    ...[
      null,
      true,
      "",
      "a",
      "abc",
      "abcd",
      "ada@example.org",
      0,
      1,
      1.5,
      3,
      6,
      -1,
      [],
      ["a"],
      ["a", "a"],
      ["a", 1],
      [1],
    ],
    ...[{}, { a: 1 }, { a: "x" }, { a: "x", b: 2 }, { a: "x", c: 1 }, { b: 3 }, { a: { a: "x" } }, { kind: "x", a: 1 }],
    ...[
      { name: "n", children: [] },
      { name: "n", children: [{ name: "m", children: [{ name: 1 }] }] },
    ],
  ]
  const text = { type: "string" }
  test.each<[string, object]>([
    ["text with bounds", { type: "string", minLength: 2, maxLength: 3 }],
    ["text with a pattern", { type: "string", pattern: '^a/?"b|^$' }],
    ["an email address", { type: "string", format: "email" }],
    ["an integer with bounds", { type: "integer", minimum: 0, maximum: 3 }],
    ["a number with open bounds", { type: "number", exclusiveMinimum: 0, exclusiveMaximum: 3, multipleOf: 0.5 }],
    ["a boolean", { type: "boolean" }],
    ["null", { type: "null" }],
    ["one type or null", { type: ["string", "null"], minLength: 1 }],
    ["types", { type: ["string", "integer"] }],
    ["a list", { type: "array", items: text, minItems: 1, maxItems: 2, uniqueItems: true }],
    ["a tuple", { type: "array", prefixItems: [text, { type: "integer" }], items: false, minItems: 2 }],
    [
      "a closed object",
      { type: "object", properties: { a: text, b: { type: "integer" } }, required: ["a"], additionalProperties: false },
    ],
    ["an open object", { type: "object", properties: { a: text } }],
    ["a map", { type: "object", additionalProperties: { type: "integer" } }],
    ["an object of nothing", { type: "object", additionalProperties: false }],
    ["one value", { const: "a" }],
    ["values", { enum: ["a", 1] }],
    ["values of several types", { enum: ["a", null, true] }],
    ["one of several", { anyOf: [text, { type: "object", properties: { a: text }, required: ["a"] }] }],
    [
      "all of several",
      {
        allOf: [
          { type: "object", properties: { a: text } },
          { type: "object", properties: { b: { type: "integer" } } },
        ],
      },
    ],
    [
      "itself inside itself",
      {
        $ref: "#/$defs/tree",
        $defs: {
          tree: {
            type: "object",
            properties: { name: text, children: { type: "array", items: { $ref: "#/$defs/tree" } } },
            required: ["name"],
          },
        },
      },
    ],
    ["anything", {}],
  ])("%s", async (_what, source) => {
    const { made, unsaid, text: code } = await built(source, "json-schema")
    const peer = fromJsonSchema(source, { formats: "assert" })
    const schema = Object.values(made).at(-1)!
    const [own, theirs] = [
      values.map((value) => takes(schema, value)),
      values.map((value) => takes(peer as AnySchema, value)),
    ]
    expect([code, own]).toEqual([code, theirs])
    expect(unsaid).toEqual([])
  })
})

test("what v does not say as the schema does is listed, in the file too", async () => {
  const source = {
    type: "object",
    properties: { a: { type: "string", format: "iri" } },
    minProperties: 1,
    patternProperties: {},
  }
  const { unsaid, text } = await built(source, "json-schema")
  expect(unsaid.map(({ at, keyword }) => `${at} ${keyword}`)).toEqual([
    " minProperties",
    " patternProperties",
    "/properties/a format iri",
  ])
  expect(text).toContain('//   "/properties/a": "format iri"')
})

test("an example becomes a closed object; what an item lacks is optional", async () => {
  const example = {
    id: "01890a5d-ac96-774b-bcce-b302099a8057",
    email: "ada@example.org",
    at: "2026-01-31T12:00:00Z",
    items: [
      { sku: "a", count: 1 },
      { sku: "b", count: 1.5, gift: true },
      { sku: "c", count: 2, gift: null },
    ],
    none: [],
  }
  const { text, made, names } = await built(example)
  expect(names).toEqual(["Thing"])
  for (const part of [
    "id: v.string().uuid()",
    "at: v.string().datetime()",
    "count: v.number()",
    "none: v.array(v.unknown())",
  ])
    expect(text).toContain(part)
  expect(takes(made.Thing!, example)).toBe(true)
  expect(takes(made.Thing!, { ...example, more: 1 })).toBe(false)
  expect(takes(made.Thing!, { ...example, id: "1" })).toBe(false)
})

test("an OpenAPI document gives what it has by name, and the bodies of its operations", async () => {
  const json = (schema: object): object => ({ content: { "application/json": { schema } } })
  const document = {
    openapi: "3.0.3",
    info: { title: "Shop", version: "1" },
    paths: {
      "/users": {
        post: {
          operationId: "users.create",
          requestBody: json({
            type: "object",
            properties: { name: { type: "string", nullable: true } },
            required: ["name"],
            additionalProperties: false,
          }),
          responses: { 201: json({ $ref: "#/components/schemas/user-record" }) },
        },
      },
    },
    components: {
      schemas: {
        "user-record": { type: "object", properties: { id: { type: "integer", minimum: 0, exclusiveMinimum: true } } },
      },
    },
  }
  const { names, made } = await built(document)
  expect(names).toEqual(["UserRecord", "UsersCreateBody"])
  expect([takes(made.UserRecord!, { id: 0 }), takes(made.UserRecord!, { id: 1 })]).toEqual([false, true])
  expect([takes(made.UsersCreateBody!, { name: null }), takes(made.UsersCreateBody!, {})]).toEqual([true, false])
})

test("nothing of a document becomes code", async () => {
  const evil = '"]); globalThis.pwned = true; //\u2028globalThis.pwned = true\n`$' + "{globalThis.pwned = true}`"
  const source = {
    type: "object",
    description: evil,
    properties: {
      [evil]: { const: evil },
      ["__proto__"]: { type: "string", pattern: evil, format: evil },
      x: { enum: [evil, 1], [evil]: 1 },
    },
    required: [evil],
    $defs: { [evil]: {} },
  }
  const { made } = await built(JSON.parse(JSON.stringify(source).replace('"x"', '"__proto__x"')), "json-schema")
  expect(Object.keys(made)).toEqual(["Thing"])
  expect((globalThis as { pwned?: unknown }).pwned).toBeUndefined()
})

test.each<[unknown, string]>([
  [{ openapi: "3.1.0" }, "openapi"],
  [{ $schema: "https://json-schema.org/draft/2020-12/schema" }, "json-schema"],
  [{ type: "object", properties: {} }, "json-schema"],
  [{ anyOf: [] }, "json-schema"],
  [{ type: "string" }, "json-schema"],
  [{ type: "object", id: 1 }, "example"],
  [{ type: "invoice", properties: {} }, "example"],
  [[1], "example"],
  [null, "example"],
])("%j looks like %s", (value, source) => expect(sourceOf(value)).toBe(source as never))

test("a reference that leads nowhere, and a document without schemas, are refused", () => {
  expect(() => writeSchemas({ $ref: "#/$defs/none" }, "a")).toThrow("leads nowhere")
  expect(() => writeSchemas({ openapi: "3.1.0", paths: {} }, "a")).toThrow("no schemas")
})
