import { describe, expect, test } from "bun:test"
import { v } from "@ashlar/validation"
import { type App, createApp, errors, layer } from "../index.ts"
import { describeTable, diffRoutes, type TableDiff } from "./index.ts"

type Declare = (app: App) => unknown

function tableOf(declare: Declare): ReturnType<typeof describeTable> {
  const app: App = createApp()
  declare(app)
  // Through JSON, as the command line reads it from a file.
  return JSON.parse(JSON.stringify(describeTable(app.table())))
}
const diff = (before: Declare, after: Declare): TableDiff => diffRoutes(tableOf(before), tableOf(after))
const paths = (routes: readonly { method: string; path: string }[]): string[] =>
  routes.map(({ method, path }) => `${method} ${path}`)
const handler = (): never => undefined as never

describe("a table's description", () => {
  const guard = layer({ name: "guard", errors: [errors.Unauthorized], meta: { entry: "person", check: () => true } })
  const declare: Declare = (app) => {
    app.post("/users", { body: v.object({ name: v.string().min(1) }), response: { 204: null } }, handler)
    app
      .get("/users/:id", { layers: [guard], summary: "One", tags: ["users"], timeoutMs: 500 }, handler)
      .whereNumber("id")
      .name("users.show")
    app.host("api.example.com", (api) => api.get("/", handler))
  }

  test("has everything that readers ask for, and JSON only", () => {
    const [root, create, show] = tableOf(declare).routes
    expect(root).toMatchObject({ method: "GET", path: "/", host: "api.example.com" })
    expect(create).toMatchObject({ method: "POST", path: "/users", maxBodyBytes: 1024 * 1024, output: { "204": null } })
    expect(create!.input.body).toMatchObject({
      type: "object",
      required: ["name"],
      properties: { name: { minLength: 1 } },
    })
    expect(show).toMatchObject({
      name: "users.show",
      where: { id: "number" },
      errors: [{ code: "HTTP_UNAUTHORIZED", status: 401 }],
      layers: ["guard"],
      timeoutMs: 500,
      summary: "One",
      tags: ["users"],
    })
    expect(show!.meta).toEqual({ entry: "person" })
    expect(show!.declaredAt).toMatch(/diff-routes\.test\.ts:\d+$/)
  })

  test("is the same in whatever order the routes were declared", () => {
    const one = tableOf((app) => {
      app.get("/a", handler)
      app.get("/b", handler)
      app.post("/a", handler)
    })
    const other = tableOf((app) => {
      app.post("/a", handler)
      app.get("/b", handler)
      app.get("/a", handler)
    })
    expect(paths(one.routes)).toEqual(["GET /a", "POST /a", "GET /b"])
    expect(paths(other.routes)).toEqual(paths(one.routes))
  })

  test("says of a schema without a JSON form that it has none", () => {
    const opaque = { "~standard": { version: 1, vendor: "x", validate: (value: unknown) => ({ value }) } } as const
    const { input } = tableOf((app) => app.post("/", { body: opaque }, handler)).routes[0]!
    expect(input.body).toEqual({ $comment: expect.any(String) })
  })
})

describe("the difference of two tables", () => {
  test("is nothing for the same routes, wherever they are declared and in whatever order", () => {
    const one: Declare = (app) => {
      app.get("/a/:id", { query: v.object({ q: v.string() }) }, handler)
      app.get("/b", handler)
    }
    const other: Declare = (app) => {
      app.get("/b", handler)

      app.get("/a/:id", { query: v.object({ q: v.string() }) }, handler)
    }
    expect(diff(one, other)).toEqual({ added: [], removed: [], changed: [], breaking: false })
  })

  test("names what came and what went; what went breaks", () => {
    const old: Declare = (app) => app.get("/old", handler)
    const now: Declare = (app) => app.get("/new", handler)
    const found = diff(old, now)
    expect([paths(found.added), paths(found.removed), found.breaking]).toEqual([["GET /new"], ["GET /old"], true])
    expect(diff(() => undefined, now).breaking).toBe(false)
  })

  test("knows a route by its place, whatever its parameters are called", () => {
    const found = diff(
      (app) => app.get("/users/:id", handler),
      (app) => app.get("/users/:user", handler),
    )
    expect(found.changed.map(({ changes }) => changes.map(({ at }) => at))).toEqual([["path"]])
    expect(found.breaking).toBe(false)
  })

  test("keeps apart what only constraints tell apart, and pairs what is left", () => {
    const old: Declare = (app) => {
      app.get("/a/:id", handler).whereNumber("id")
      app.get("/a/:id", handler)
      app.get("/b/:id", handler)
    }
    const now: Declare = (app) => {
      app.get("/a/:id", handler).whereNumber("id")
      app.get("/a/:id", handler)
      app.get("/b/:id", handler).whereUuid("id")
    }
    const found = diff(old, now)
    expect(found.changed.map(({ route, changes }) => [route.path, changes[0]!.at])).toEqual([["/b/:id", "where"]])
    expect(found.breaking).toBe(true)
    expect(diff(now, old).breaking).toBe(false)
  })
})

describe("a change of a route's contract", () => {
  const User = v.object({ id: v.string(), name: v.string() })
  const rows: [string, Declare, Declare, boolean, string][] = [
    [
      "an input that is required now",
      (app) => app.post("/", { body: v.object({ a: v.string() }) }, handler),
      (app) => app.post("/", { body: v.object({ a: v.string(), b: v.string() }) }, handler),
      true,
      "body/b: now demands a value",
    ],
    [
      "an input that may be left out now",
      (app) => app.post("/", { body: v.object({ a: v.string(), b: v.string() }) }, handler),
      (app) => app.post("/", { body: v.object({ a: v.string(), b: v.string().optional() }) }, handler),
      false,
      "body: takes more",
    ],
    [
      "a new optional input",
      (app) => app.get("/", { query: v.object({ a: v.string() }) }, handler),
      (app) => app.get("/", { query: v.object({ a: v.string(), b: v.string().optional() }) }, handler),
      false,
      "query: takes more",
    ],
    [
      "an input of another type",
      (app) => app.post("/", { body: v.object({ a: v.number() }) }, handler),
      (app) => app.post("/", { body: v.object({ a: v.string() }) }, handler),
      true,
      'body/a: now demands type "string"',
    ],
    [
      "a tighter limit",
      (app) => app.post("/", { body: v.object({ a: v.string().min(1) }) }, handler),
      (app) => app.post("/", { body: v.object({ a: v.string().min(3) }) }, handler),
      true,
      "body/a: now demands minLength 3",
    ],
    [
      "a choice with one value less",
      (app) => app.post("/", { body: v.enum(["a", "b"]) }, handler),
      (app) => app.post("/", { body: v.enum(["a"]) }, handler),
      true,
      'body: now demands one of "a"',
    ],
    [
      "a choice with one value more",
      (app) => app.post("/", { body: v.enum(["a"]) }, handler),
      (app) => app.post("/", { body: v.enum(["a", "b"]) }, handler),
      false,
      "body: takes more",
    ],
    [
      "a body where there was none",
      (app) => app.post("/", handler),
      (app) => app.post("/", { body: User }, handler),
      true,
      'body: now demands type "object"',
    ],
    [
      "a check of a query that may be left out",
      (app) => app.get("/", handler),
      (app) => app.get("/", { query: v.object({ q: v.string().optional() }) }, handler),
      false,
      "query: is checked now",
    ],
    [
      "a check of parameters that takes any text",
      (app) => app.get("/:id", handler),
      (app) => app.get("/:id", { params: v.object({ id: v.string() }) }, handler),
      false,
      "params: is checked now",
    ],
    [
      "a member that an answer has no more",
      (app) => app.get("/", { response: User }, handler),
      (app) => app.get("/", { response: v.object({ id: v.string() }) }, handler),
      true,
      "response 200/name: no longer promises a value",
    ],
    [
      "a new member of an answer",
      (app) => app.get("/", { response: v.object({ id: v.string() }) }, handler),
      (app) => app.get("/", { response: User }, handler),
      false,
      "response 200: promises more",
    ],
    [
      "a member that may be null now",
      (app) => app.get("/", { response: v.object({ id: v.string() }) }, handler),
      (app) => app.get("/", { response: v.object({ id: v.string().nullable() }) }, handler),
      true,
      'response 200/id: no longer promises type "string"',
    ],
    [
      "a status that is not declared any more",
      (app) => app.get("/", { response: { 200: User, 204: null } }, handler),
      (app) => app.get("/", { response: { 200: User } }, handler),
      true,
      "response 204: is not declared any more",
    ],
    [
      "a guard",
      (app) => app.get("/", handler),
      (app) => app.get("/", { errors: [errors.Unauthorized] }, handler),
      true,
      "errors: may answer HTTP_UNAUTHORIZED (401)",
    ],
    [
      "another error",
      (app) => app.get("/", { errors: [errors.Gone] }, handler),
      (app) => app.get("/", { errors: [errors.Conflict] }, handler),
      false,
      "errors: may answer HTTP_CONFLICT (409)",
    ],
    [
      "a smaller body limit",
      (app) => app.get("/", { maxBodyBytes: 10 }, handler),
      (app) => app.get("/", { maxBodyBytes: 9 }, handler),
      true,
      "maxBodyBytes: 10 became 9",
    ],
    [
      "a deprecation",
      (app) => app.get("/", handler),
      (app) => app.get("/", { deprecated: true }, handler),
      false,
      "deprecated: nothing became true",
    ],
    [
      "another layer",
      (app) => app.get("/", handler),
      (app) => app.get("/", { layers: [layer({ name: "timing" })] }, handler),
      false,
      'layers: [] became ["timing"]',
    ],
  ]
  test.each(rows)("is found and judged: %s", (_what, before, after, breaking, line) => {
    const found = diff(before, after)
    const lines = found.changed.flatMap(({ changes }) => changes.map(({ at, message }) => `${at}: ${message}`))
    expect(lines).toContain(line)
    expect(found.breaking).toBe(breaking)
  })
})
