import { describe, expect, test } from "bun:test"
import { createApp } from "@ashlar/http"
import { v } from "@ashlar/validation"
import { createOpenApi } from "../openapi.ts"
import { toTypeScript } from "./typescript.ts"

const of = (schemas: object, names?: string[]): string =>
  toTypeScript({ components: { schemas } }, names === undefined ? {} : { names })

describe("the types of a document", () => {
  test("are those of its schemas", () => {
    const Role = v.enum(["owner", "viewer"]).meta({ id: "Role", description: "What a member may do." })
    const User = v
      .object({
        id: v.string(),
        age: v.integer().nullable().describe("In years"),
        role: Role.nullable(),
        tags: v.array(v.enum(["a", "b"])),
        address: v.object({ city: v.string().optional() }),
        more: v.record(v.string(), v.unknown()),
        "full-name": v.union([v.string(), v.array(v.string())]).optional(),
        any: v.unknown(),
      })
      .meta({ id: "User" })
    const app = createApp()
    app.get("/", { response: User }, () => undefined as never)
    expect(toTypeScript(createOpenApi(app.table(), { title: "x", version: "1" }), { names: ["User"] })).toBe(
      `/** What a member may do. */
export type Role = "owner" | "viewer"

export interface User {
  readonly id: string
  /** In years */
  readonly age: number | null
  readonly role: Role | null
  readonly tags: readonly ("a" | "b")[]
  readonly address: {
    readonly city?: string
  }
  readonly more: Readonly<Record<string, unknown>>
  readonly "full-name"?: string | readonly string[]
  readonly any: unknown
}`,
    )
  })

  const rows: [schema: object | boolean, type: string][] = [
    [{}, "unknown"],
    [true, "unknown"],
    [false, "never"],
    [{ const: { a: 1 } }, '{"a":1}'],
    [{ type: ["integer", "null"] }, "number | null"],
    [{ type: "array" }, "readonly unknown[]"],
    [{ type: "array", items: { type: ["string", "null"] } }, "readonly (string | null)[]"],
    [{ type: "array", prefixItems: [{ type: "string" }], items: false }, "readonly [string]"],
    [{ type: "array", prefixItems: [{ type: "string" }] }, "readonly [string, ...unknown[]]"],
    [{ type: "object" }, "Readonly<Record<string, unknown>>"],
    [{ type: "object", additionalProperties: { type: "number" } }, "Readonly<Record<string, number>>"],
    [{ type: "object", additionalProperties: false }, "Readonly<Record<string, never>>"],
    [
      { allOf: [{ $ref: "#/components/schemas/X" }, { anyOf: [{ type: "string" }, { const: 1 }] }] },
      "X & (string | 1)",
    ],
    [{ oneOf: [{ type: "string" }, {}] }, "unknown"],
    [{ $ref: "#/components/schemas/a.b" }, "aB"],
    [{ type: "file" }, "unknown"],
  ]
  test.each(rows)("say %j", (schema, type) => {
    expect(of({ T: schema })).toBe(`export type T = ${type}`)
  })

  test("follow what they refer to, each once, and leave the rest", () => {
    const schemas = {
      A: { $ref: "#/components/schemas/B" },
      B: { type: "array", items: { $ref: "#/components/schemas/A" } },
      C: {},
    }
    expect(of(schemas, ["A", "Nowhere"])).toBe("export type A = B\n\nexport type B = readonly A[]")
  })

  test("cannot be left by what a description or a name says", () => {
    const evil = {
      type: "object",
      description: "a */ evil()\n/*",
      properties: { 'x": 1; evil(); "': { description: "*/" } },
    }
    const text = of({ "1 */ evil()": evil })
    const found = new Bun.Transpiler({ loader: "ts" }).transformSync(`${text}\nexport const here = 1`)
    expect(found.trim()).toBe("export const here = 1;")
  })
})
