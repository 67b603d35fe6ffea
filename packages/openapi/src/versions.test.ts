import { describe, expect, test } from "bun:test"
import type { App } from "@ashlar/http"
import { defineVersions, deprecation } from "@ashlar/http/versioning"
import { v } from "@ashlar/validation"
import { documentOf, handler, User } from "./testing-document.ts"

describe("versions", () => {
  const declare = (app: App): void => {
    const api = defineVersions({
      by: { header: "api-version", vendor: "acme" },
      versions: { 1: { deprecatedAt: "2026-01-01", sunsetAt: "2027-01-01" }, 2: {} },
      default: "2",
    })
    api.scope(app, "1", (v1) => v1.get("/users", { summary: "As before", response: User }, handler))
    api.scope(app, "2", (v2) => v2.get("/users", { summary: "As now", response: v.array(User) }, handler))
    app.get("/health", handler)
  }

  test("have a document each", () => {
    const first = documentOf(declare, { apiVersion: "1" })
    expect(first.paths["/users"]!.get).toMatchObject({
      summary: "As before",
      deprecated: true,
      "x-version": "1",
      "x-sunset-at": "2027-01-01T00:00:00.000Z",
      parameters: [{ name: "api-version", in: "header", schema: { const: "1" } }],
      responses: {
        200: {
          headers: { deprecation: { schema: { const: "@1767225600" } }, sunset: {} },
          content: { "application/vnd.acme+json;version=1": { schema: { $ref: "#/components/schemas/User" } } },
        },
      },
    })
    const second = documentOf(declare, { apiVersion: "2" })
    expect(second.paths["/users"]!.get).toMatchObject({ summary: "As now", "x-version": "2" })
    expect(second.paths["/users"]!.get).not.toHaveProperty("deprecated")
    expect(Object.keys(second.paths)).toEqual(["/users", "/health"])
    expect(() => documentOf(declare, { apiVersion: "3" })).toThrow(
      expect.objectContaining({ code: "OPENAPI_OPTION_INVALID" }),
    )
  })

  test("are alternatives in a document of all", () => {
    const { get } = documentOf(declare).paths["/users"]!
    expect(get!.summary).toBe("As before / As now")
    expect(get!.parameters[0]!.schema).toEqual({
      anyOf: [
        { type: "string", const: "1" },
        { type: "string", const: "2" },
      ],
    })
    expect(get).not.toHaveProperty("deprecated")
  })

  test("are not needed to deprecate a route", () => {
    const old = deprecation({ deprecatedAt: "2026-03-01" })
    const { paths } = documentOf((app) => app.get("/old", { layers: [old] }, handler))
    expect(paths["/old"]!.get).toMatchObject({ deprecated: true, "x-deprecated-at": "2026-03-01T00:00:00.000Z" })
  })
})
