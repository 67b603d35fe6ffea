import { describe, expect, test } from "bun:test"
import { createApp, errors, layer } from "@ashlar/http"
import { defineVersions } from "@ashlar/http/versioning"
import { type Schema, v } from "@ashlar/validation"
import { createOpenApi, type Json } from "./openapi.ts"

interface User {
  id: string
  name: string
}
const User: Schema<User> = v.object({ id: v.string(), name: v.string().describe("As they sign") })

function document(): { paths: Record<string, Record<string, Json>>; components: Json } & Json {
  const app = createApp()
  const guard = layer({ name: "guard", errors: [errors.Unauthorized], meta: { entry: "person" } })
  app.get(
    "/users/:id",
    { layers: [guard], name: "users.show", summary: "One user", response: User, errors: [errors.NotFound] },
    () => ({ id: "1", name: "a" }),
  )
  app.post(
    "/users",
    { body: v.object({ name: v.string().min(1) }), response: { 201: User, 204: null }, errors: [errors.Invalid] },
    (ctx) => ctx.json({ id: "1", name: ctx.body.name }, 201),
  )
  const form = layer({
    name: "form",
    meta: { requestBody: { "multipart/form-data": { schema: { type: "object" } } } },
  })
  app.post("/photos", { layers: [form], meta: { entry: "person" } }, () => null)
  app.get("/search", { query: v.object({ q: v.string(), limit: v.coerce.integer().default(10) }) }, () => [])
  app.get("/files/*path", { name: "files" }, () => "x")
  app.get("/hidden", { meta: { hidden: true } }, () => "x")
  return createOpenApi(app.table(), {
    title: "Test",
    version: "1.0.0",
    securitySchemes: { session: { type: "http", scheme: "bearer" } },
    securityOf: (record) => (record.meta.entry === "person" ? ["session"] : []),
    includes: (record) => record.meta.hidden !== true,
  }) as never
}

describe("the OpenAPI document", () => {
  const { paths, openapi, components } = document()

  test("has an operation for each route that belongs in it", () => {
    expect(openapi).toBe("3.1.1")
    expect(Object.keys(paths)).toEqual(["/users/{id}", "/users", "/photos", "/search", "/files/{path}"])
    expect(paths["/users/{id}"]!.get).toMatchObject({
      operationId: "users.show",
      summary: "One user",
      security: [{ session: [] }],
    })
  })

  test("types parameters, bodies and answers from the schemas", () => {
    expect(paths["/users/{id}"]!.get!.parameters).toEqual([
      { name: "id", in: "path", required: true, schema: { type: "string" } },
    ])
    expect(paths["/users"]!.post!.requestBody).toMatchObject({
      content: {
        "application/json": { schema: { type: "object", required: ["name"], properties: { name: { minLength: 1 } } } },
      },
    })
    expect(paths["/users"]!.post!.responses).toMatchObject({
      201: { content: { "application/json": { schema: { properties: { name: { description: "As they sign" } } } } } },
      204: { description: "No content" },
    })
    const [q, limit] = paths["/search"]!.get!.parameters as Json[]
    expect(q).toMatchObject({ name: "q", in: "query", required: true })
    expect(limit).toMatchObject({ name: "limit", in: "query", required: false })
  })

  test("shows the body that a layer reads, as the layer describes it", () => {
    expect(paths["/photos"]!.post!.requestBody).toEqual({
      required: true,
      content: { "multipart/form-data": { schema: { type: "object" } } },
    })
    expect(paths["/search"]!.get!.requestBody).toBeUndefined()
  })

  test("lists the errors of the route and of its layers, and 422 exactly where something is checked", () => {
    const show = paths["/users/{id}"]!.get!.responses as Record<string, Json>
    expect(Object.keys(show)).toEqual(["200", "401", "404"])
    expect(show["404"]!.description).toContain("HTTP_NOT_FOUND")
    expect(Object.keys(paths["/search"]!.get!.responses as Json)).toContain("422")
    expect(components).toMatchObject({
      schemas: { Problem: { required: expect.arrayContaining(["code", "requestId"]) } },
    })
  })

  test("is of one version where it is asked to be", () => {
    const api = defineVersions({ by: { header: "v" }, versions: { 1: { deprecatedAt: "2026-01-01" }, 2: {} } })
    const app = createApp()
    api.scope(app, "1", (v1) => v1.get("/users", { summary: "As before" }, () => []))
    api.scope(app, "2", (v2) => v2.get("/users", { summary: "As now" }, () => []))
    app.get("/health", () => "ok")
    const of = (apiVersion: string): Json =>
      createOpenApi(app.table(), { title: "Test", version: apiVersion, apiVersion }).paths as Json
    expect(of("1")).toMatchObject({
      "/users": { get: { summary: "As before", "x-version": "1", deprecated: true } },
      "/health": {},
    })
    expect(of("2")).toMatchObject({ "/users": { get: { summary: "As now", "x-version": "2" } }, "/health": {} })
    expect((of("2")["/users"] as { get: Json }).get).not.toHaveProperty("deprecated")
  })

  test("names each operation and each component once", () => {
    const names = Object.values(paths).flatMap((path) =>
      Object.values(path).flatMap((one) => (one.operationId as string) ?? []),
    )
    expect(new Set(names).size).toBe(names.length)
  })
})
