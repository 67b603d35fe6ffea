import { describe, expect, test } from "bun:test"
import { type DescribedRoute, type JsonSchema, SchemaUnreadable, writeRoutesFile } from "./index.ts"

const route = (more: Partial<DescribedRoute>): DescribedRoute => ({
  method: "GET",
  path: "/",
  name: "it",
  input: {},
  output: {},
  errors: [],
  ...more,
})
/** How a schema is written as a body. */
function bodyOf(schema: JsonSchema): string {
  const text = writeRoutesFile([route({ input: { body: schema } })])
  return /readonly it: RouteTypes<\{ readonly body: (.*) \}, unknown/.exec(text)![1]!
}

describe("a schema", () => {
  const rows: [JsonSchema, string][] = [
    [{ type: "string" }, "string"],
    [{ type: "integer" }, "number"],
    [{ type: ["string", "null"] }, "string | null"],
    [{ enum: ["a", 1, null] }, '"a" | 1 | null'],
    [{ const: 'it"s' }, '"it\\"s"'],
    [{ type: "array", items: { anyOf: [{ type: "string" }, { type: "number" }] } }, "readonly (string | number)[]"],
    [{ type: "array", prefixItems: [{ type: "string" }, { type: "boolean" }] }, "readonly [string, boolean]"],
    [{ type: "object", additionalProperties: { type: "number" } }, "Readonly<Record<string, number>>"],
    [{ type: "object", properties: {} }, "Record<string, never>"],
    [
      { type: "object", properties: { a: { type: "string" }, "b-c": { type: "number" } }, required: ["a"] },
      '{ readonly a: string; readonly "b-c"?: number }',
    ],
    [{ anyOf: [{ type: "string" }, {}] }, "unknown"],
    [{ allOf: [{ type: "string" }, { type: "number" }] }, "string & number"],
    [{ oneOf: [{ type: "string" }, { type: "string" }] }, "string"],
  ]
  test.each(rows)("%j is %s", (schema, text) => {
    expect(bodyOf(schema)).toBe(text)
  })
  test("that refers to itself has a name", () => {
    const tree: JsonSchema = {
      $ref: "#/$defs/Tree",
      $defs: {
        Tree: { type: "object", properties: { next: { $ref: "#/$defs/Tree" } } },
      },
    }
    const text = writeRoutesFile([route({ input: { body: tree } })])
    expect(text).toContain("export type Tree = { readonly next?: Tree }")
    expect(text).toContain("{ readonly body: Tree }")
  })
  test("whose reference leads nowhere, or to what it inherits, is refused", () => {
    for (const $ref of ["#/$defs/Lost", "#/constructor", "https://example.com/schema"])
      expect(() => bodyOf({ $ref })).toThrow(SchemaUnreadable)
    expect(new SchemaUnreadable().code).toBe("CODEGEN_SCHEMA_UNREADABLE")
  })
  test("that is nested without end is refused", () => {
    let deep: JsonSchema = { type: "string" }
    for (let depth = 0; depth < 100; depth++) deep = { type: "array", items: deep }
    expect(() => bodyOf(deep)).toThrow("nested more than 64 deep")
  })
})

describe("a route", () => {
  test("has the parameters of its path, its good answers and its errors", () => {
    const text = writeRoutesFile([
      route({
        name: "users.show",
        path: "/users/:id/:tab?",
        output: { 200: { type: "string" }, 204: null, 404: { type: "number" } },
        errors: [{ code: "HTTP_NOT_FOUND", status: 404 }],
      }),
    ])
    expect(text).toContain(
      'readonly show: RouteTypes<{ readonly params: { readonly id: string; readonly tab?: string } }, string | null, { readonly code: "HTTP_NOT_FOUND"; readonly status: 404 }>',
    )
    expect(text).toContain('"users.show": "GET /users/:id/:tab? HTTP_NOT_FOUND"')
  })
  test("that is a WebSocket says so", () => {
    const text = writeRoutesFile([route({ path: "/chat", meta: { websocket: { messages: {}, protocols: [] } } })])
    expect(text).toContain('"it": "WS+JSON /chat"')
    expect(text).toContain("SocketTypes<unknown, unknown>")
  })
  test("cannot break out of its line by its name", () => {
    const text = writeRoutesFile([route({ name: 'a"; evil(); "' })])
    expect(text).toContain('readonly "a\\"; evil(); \\"": RouteTypes<unknown, unknown, never>')
  })
})
