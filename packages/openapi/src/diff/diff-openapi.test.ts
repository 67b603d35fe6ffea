import { describe, expect, test } from "bun:test"
import { type App, createApp, errors, layer } from "@ashlar/http"
import { v } from "@ashlar/validation"
import { createOpenApi, type OpenApiOptions } from "../openapi.ts"
import { describeRoute } from "../operations/route-notes.ts"
import { diffOpenApi } from "./diff-openapi.ts"

type Declare = (app: App) => void
const handler = (): never => undefined as never

function documentOf(declare: Declare, options: Partial<OpenApiOptions> = {}): object {
  const app = createApp() as App
  declare(app)
  return createOpenApi(app.table(), { title: "Test", version: "1", ...options })
}
const linesOf = (before: object, after: object): string[] =>
  diffOpenApi(before, after).changes.map(
    ({ operation, at, message, breaking }) =>
      `${breaking ? "! " : ""}${[operation, at].filter(Boolean).join(" ")}: ${message}`,
  )
const User = v.object({ id: v.string(), name: v.string() }).meta({ id: "User" })
const signedIn = layer({ name: "signedIn", security: { session: { type: "http", scheme: "bearer" } } })
const scoped = layer({
  name: "scoped",
  security: { session: { scheme: { type: "http", scheme: "bearer" }, scopes: ["write"] } },
})
const withKey = layer({
  name: "withKey",
  security: { session: { type: "http", scheme: "bearer" }, key: { type: "apiKey", in: "header", name: "x-key" } },
})

describe("the difference of two documents", () => {
  const rows: [what: string, before: Declare, after: Declare, lines: string[]][] = [
    [
      "nothing",
      (app) => app.get("/:a", { response: User }, handler),
      (app) => app.get("/:b", { response: User }, handler),
      ["GET /{b} operationId: getByA became getByB"],
    ],
    [
      "an operation that is gone",
      (app) => app.get("/a", handler),
      () => undefined,
      ["! GET /a: is not there any more"],
    ],
    ["a new operation", () => undefined, (app) => app.get("/a", handler), ["GET /a: is new"]],
    [
      "a query that is required now",
      (app) => app.get("/", { query: v.object({ a: v.string().optional() }) }, handler),
      (app) => app.get("/", { query: v.object({ a: v.string(), b: v.string().optional() }) }, handler),
      ["! GET / query/a: now demands a value"],
    ],
    [
      "a query that may be more",
      (app) => app.get("/", { query: v.object({ a: v.enum(["x"]) }) }, handler),
      (app) => app.get("/", { query: v.object({ a: v.enum(["x", "y"]), b: v.string().optional() }) }, handler),
      ["GET / query: takes more"],
    ],
    [
      "a query that is gone",
      (app) => app.get("/", { query: v.object({ a: v.string(), b: v.string() }) }, handler),
      (app) => app.get("/", { query: v.object({ a: v.string() }) }, handler),
      ["! GET / query/b: now demands that it is absent"],
    ],
    [
      "a tighter path",
      (app) => app.get("/:id", handler),
      (app) => app.get("/:id", handler).whereUuid("id"),
      ['! GET /{id} path/1: now demands format "uuid"'],
    ],
    [
      "a header in another case",
      (app) => app.get("/", { headers: v.object({ "X-A": v.string() }) }, handler),
      (app) => app.get("/", { headers: v.object({ "x-a": v.string() }) }, handler),
      [],
    ],
    [
      "a body where there was none",
      (app) => app.post("/", { errors: [errors.Invalid] }, handler),
      (app) => app.post("/", { body: v.object({ a: v.integer() }) }, handler),
      [
        "! POST / body: is required now",
        "POST / errors: may answer HTTP_BODY_INVALID (400)",
        "POST / errors: may answer HTTP_BODY_TOO_LARGE (413)",
        "POST / errors: may answer HTTP_UNSUPPORTED_MEDIA_TYPE (415)",
      ],
    ],
    [
      "a narrower body, through a reference",
      (app) => app.post("/", { body: User }, handler),
      (app) =>
        app.post("/", { body: v.object({ id: v.string(), name: v.string().max(9) }).meta({ id: "User" }) }, handler),
      [
        "! POST / body/name: now demands maxLength 9 (application/json)",
        "! POST / body/name: now demands maxLength 9 (application/x-www-form-urlencoded)",
      ],
    ],
    [
      "a body that is not taken as a form any more",
      (app) => app.post("/", { body: v.object({ a: v.string() }) }, handler),
      (app) => app.post("/", { body: v.union([v.object({ a: v.string() }), v.integer()]) }, handler),
      [
        "! POST / body: is not taken as application/x-www-form-urlencoded any more",
        "POST / body: takes more (application/json)",
      ],
    ],
    [
      "an answer that promises less",
      (app) => app.get("/", { response: User }, handler),
      (app) => app.get("/", { response: v.object({ id: v.string(), name: v.string().optional() }) }, handler),
      ["! GET / response 200/name: no longer promises a value"],
    ],
    [
      "an answer that may be more",
      (app) => app.get("/", { response: v.object({ kind: v.enum(["a"]) }) }, handler),
      (app) => app.get("/", { response: v.object({ kind: v.enum(["a", "b"]) }) }, handler),
      ['! GET / response 200/kind: no longer promises one of "a"'],
    ],
    [
      "an answer that promises more",
      (app) => app.get("/", { response: v.object({ id: v.string() }) }, handler),
      (app) => app.get("/", { response: User }, handler),
      ["GET / response 200: promises more"],
    ],
    [
      "a status that is not declared any more",
      (app) => app.get("/", { response: { 200: User, 204: null } }, handler),
      (app) => app.get("/", { response: { 200: User, 202: null } }, handler),
      ["! GET / response 204: is not declared any more", "GET / response 202: is declared now"],
    ],
    [
      "a header that is not sent any more",
      (app) =>
        app.get("/", { response: User, layers: [layer({ name: "l", headers: { "x-a": "1", "x-b": "2" } })] }, handler),
      (app) => app.get("/", { response: User, layers: [layer({ name: "l", headers: { "x-a": "1" } })] }, handler),
      ["! GET / response 200 headers/x-b: is not sent any more"],
    ],
    [
      "another content type",
      (app) => app.get("/", { meta: describeRoute({ responses: { 200: { content: { "text/csv": {} } } } }) }, handler),
      (app) => app.get("/", { meta: describeRoute({ responses: { 200: { content: { "text/html": {} } } } }) }, handler),
      ["! GET / response 200: is not sent as text/csv any more", "GET / response 200: is sent as text/html too"],
    ],
    [
      "an error that asks for more, and one that does not",
      (app) => app.get("/", { errors: [errors.Gone] }, handler),
      (app) => app.get("/", { errors: [errors.Unauthorized, errors.Conflict] }, handler),
      [
        "! GET / errors: may answer HTTP_UNAUTHORIZED (401)",
        "GET / errors: may answer HTTP_CONFLICT (409)",
        "GET / errors: answers HTTP_GONE (410) no longer",
      ],
    ],
    [
      "a guard",
      (app) => app.get("/", handler),
      (app) => app.get("/", { layers: [signedIn] }, handler),
      ["! GET / security: nothing no longer suffices"],
    ],
    [
      "one way in less",
      (app) => app.get("/", { layers: [withKey] }, handler),
      (app) => app.get("/", { layers: [signedIn] }, handler),
      ["! GET / security: key no longer suffices"],
    ],
    [
      "a scope more",
      (app) => app.get("/", { layers: [signedIn] }, handler),
      (app) => app.get("/", { layers: [scoped] }, handler),
      ["! GET / security: session no longer suffices"],
    ],
    [
      "a scope less",
      (app) => app.get("/", { layers: [scoped] }, handler),
      (app) => app.get("/", { layers: [signedIn] }, handler),
      ["GET / security: session suffices now"],
    ],
    [
      "one way in more",
      (app) => app.get("/", { layers: [signedIn] }, handler),
      (app) => app.get("/", { layers: [withKey] }, handler),
      ["GET / security: session, or key suffices now"],
    ],
    [
      "a deprecation",
      (app) => app.get("/", handler),
      (app) => app.get("/", { deprecated: true }, handler),
      ["GET / deprecated: is deprecated now"],
    ],
  ]
  test.each(rows)("is found and judged: %s", (_what, before, after, lines) => {
    expect(linesOf(documentOf(before), documentOf(after)).sort()).toEqual([...lines].sort())
  })

  test("has what breaks first, and says whether anything does", () => {
    const diff = diffOpenApi(
      documentOf((app) => app.get("/b", handler)),
      documentOf((app) => app.get("/a", handler)),
    )
    expect([diff.breaking, diff.changes.map(({ kind }) => kind)]).toEqual([true, ["removed", "added"]])
    const same = documentOf((app) => app.get("/b", { response: User, body: User } as never, handler))
    expect(diffOpenApi(same, structuredClone(same))).toEqual({ changes: [], breaking: false })
  })

  test("knows servers, schemes and webhooks", () => {
    const webhook = (body: typeof User): object => ({ paid: { body } })
    const before = documentOf(() => undefined, {
      servers: [{ url: "https://a.shop.dev" }, { url: "https://b.shop.dev" }],
      securitySchemes: { session: { type: "http", scheme: "bearer" } },
      webhooks: { ...webhook(User), gone: { body: User } },
    })
    const after = documentOf(() => undefined, {
      servers: [{ url: "https://b.shop.dev" }],
      securitySchemes: { session: { type: "http", scheme: "basic" } },
      webhooks: webhook(v.object({ id: v.string() }) as never) as never,
    })
    expect(linesOf(before, after)).toEqual([
      "! document servers https://a.shop.dev: is not there any more",
      "! document securitySchemes/session: is another scheme now",
      "! webhook gone: is not there any more",
      "! webhook paid body/name: no longer promises a value",
    ])
  })

  test("follows what foreign documents refer to, and inherits from path items", () => {
    const foreign = (limit: object): object => ({
      openapi: "3.0.3",
      security: [{ key: [] }],
      paths: {
        "/pets": {
          parameters: [{ $ref: "#/components/parameters/limit" }],
          get: { responses: { 200: { $ref: "#/components/responses/pets" } } },
        },
      },
      components: {
        parameters: { limit: { name: "limit", in: "query", schema: limit } },
        responses: { pets: { content: { "application/json": { schema: { $ref: "#/components/schemas/Pet" } } } } },
        schemas: { Pet: { type: "object", properties: { $ref: { $ref: "#/components/schemas/Pet" } } } },
      },
    })
    expect(linesOf(foreign({ type: "integer" }), foreign({ type: "integer", maximum: 5 }))).toEqual([
      "! GET /pets query/limit: now demands maximum 5",
    ])
    expect(linesOf(foreign({}), foreign({}))).toEqual([])
  })

  test.each([[undefined], [null], ["x"], [[]], [{}], [{ openapi: "2.0", paths: {} }], [{ openapi: "3.1.0" }]])(
    "refuses %p",
    (document) => {
      expect(() => diffOpenApi(document, document)).toThrow(
        expect.objectContaining({ code: "OPENAPI_DOCUMENT_INVALID" }),
      )
    },
  )

  test("ends, whatever refers to what", () => {
    const loop = {
      openapi: "3.1.0",
      paths: { "/a": { $ref: "#/paths/~1a" }, "/b": { get: { parameters: [{ $ref: "#/x" }, { $ref: "http://x" }] } } },
      components: { schemas: { A: { $ref: "#/components/schemas/A" } } },
    }
    expect(diffOpenApi(loop, loop)).toEqual({ changes: [], breaking: false })
  })
})
