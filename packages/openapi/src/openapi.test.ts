import { describe, expect, test } from "bun:test"
import { errors, layer } from "@ashlar/http"
import { hidden } from "@ashlar/http/serialization"
import { toMemory, uploads } from "@ashlar/http/uploads"
import { v } from "@ashlar/validation"
import type { Json } from "./json.ts"
import { describeRoute } from "./operations/route-notes.ts"
import { documentOf, handler, problem, User } from "./testing-document.ts"

describe("an operation", () => {
  const { openapi, paths, components, tags, servers } = documentOf(
    (app) => {
      app.get(
        "/users/:id",
        { name: "users.show", summary: "One user", tags: ["users"], response: User, errors: [errors.NotFound] },
        handler,
      )
      app.post(
        "/users",
        { body: v.object({ name: v.string().min(1) }), response: { 201: User, 204: null }, timeoutMs: 100 },
        handler,
      )
      app.get("/hidden", { meta: describeRoute({ hidden: true }) }, handler)
      app.get("/left-out", { meta: { internal: true } }, handler)
      app.get("/plain", () => "x")
    },
    { includes: (record) => record.meta.internal !== true, tags: { users: "Who signs in" } },
  )

  test("stands for each route that belongs in the document", () => {
    expect(openapi).toBe("3.1.1")
    expect(servers).toEqual([{ url: "/" }])
    expect(Object.keys(paths)).toEqual(["/users/{id}", "/users", "/plain"])
    expect(paths["/users/{id}"]!.get).toMatchObject({ operationId: "users.show", summary: "One user", tags: ["users"] })
    expect(paths["/plain"]!.get).toMatchObject({ operationId: "getPlain", summary: "GET /plain", security: [] })
    expect(tags).toEqual([{ name: "users", description: "Who signs in" }])
  })

  test("says what it takes and answers, by status", () => {
    const { post } = paths["/users"]!
    expect(post!.requestBody).toEqual({
      required: true,
      content: {
        "application/json": { schema: expect.objectContaining({ required: ["name"] }) },
        "application/x-www-form-urlencoded": { schema: expect.objectContaining({ required: ["name"] }) },
      },
    })
    expect(Object.keys(post!.responses)).toEqual(["201", "204", "400", "413", "415", "422", "503", "default"])
    expect(post!.responses["201"]).toEqual({
      description: "Created",
      content: { "application/json": { schema: { $ref: "#/components/schemas/User" } } },
    })
    expect(post!.responses["204"]).toEqual({ description: "No content" } as never)
    expect(paths["/plain"]!.get!.responses["2XX"]!.description).toContain("not described")
  })

  test("has a schema for each error, told apart by its code", () => {
    const { get } = paths["/users/{id}"]!
    expect(Object.keys(get!.responses)).toEqual(["200", "404", "default"])
    expect(get!.responses["404"]).toMatchObject({ content: problem("HTTP_NOT_FOUND") })
    expect(get!.responses["404"]!.description).toContain("HTTP_NOT_FOUND")
    expect(components.schemas.HTTP_NOT_FOUND).toMatchObject({
      allOf: [{ $ref: "#/components/schemas/Problem" }],
      properties: { code: { const: "HTTP_NOT_FOUND" }, status: { const: 404 } },
      examples: [{ code: "HTTP_NOT_FOUND", status: 404 }],
    })
    expect(components.schemas.HTTP_INVALID).toMatchObject({ required: ["code", "status", "errors"] })
    expect(get!.responses.default!.content).toEqual(problem("Problem"))
  })

  test("tells errors as a layer of the app does, where the options say so", () => {
    const Refused = v.object({ errors: v.record(v.string(), v.array(v.string())) }).meta({ id: "Refused" })
    const { paths, components } = documentOf(
      (app) => app.post("/", { body: v.object({}), errors: [errors.Gone, errors.Unavailable] }, handler),
      {
        answerErrors: ({ status }) =>
          status >= 500 ? undefined : { schema: Refused, ...(status === 400 && { status: 422 }) },
      },
    )
    const { responses } = paths["/"]!.post!
    const refused = { "application/json": { schema: { $ref: "#/components/schemas/Refused" } } }
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(["410", "413", "415", "422", "503", "default"]))
    for (const status of ["410", "413", "415", "422"]) expect(responses[status]!.content).toEqual(refused)
    expect(responses[422]!.description).toContain("HTTP_BODY_INVALID")
    expect(responses[422]!.description).toContain("HTTP_INVALID")
    expect(responses[503]!.content).toEqual(problem("HTTP_UNAVAILABLE"))
    expect(Object.keys(components.schemas)).not.toContain("HTTP_INVALID")
  })

  test("lists errors of one status as alternatives", () => {
    const { paths: many } = documentOf((app) =>
      app.post("/", { body: v.object({}), errors: [errors.BadRequest, errors.Unauthorized] }, handler),
    )
    expect(many["/"]!.post!.responses["400"]!.content).toEqual({
      "application/problem+json": {
        schema: {
          oneOf: [
            { $ref: "#/components/schemas/HTTP_BAD_REQUEST" },
            { $ref: "#/components/schemas/HTTP_BODY_INVALID" },
          ],
          discriminator: {
            propertyName: "code",
            mapping: {
              HTTP_BAD_REQUEST: "#/components/schemas/HTTP_BAD_REQUEST",
              HTTP_BODY_INVALID: "#/components/schemas/HTTP_BODY_INVALID",
            },
          },
        },
      },
    })
    expect(many["/"]!.post!.responses["401"]!.headers).toMatchObject({ "www-authenticate": {} })
  })

  test("has 422 exactly where something is checked, and 413 where a body is read", () => {
    const { paths: some } = documentOf((app) => {
      app.get("/query", { query: v.object({ q: v.string() }) }, handler)
      app.get("/nothing", handler)
      app.post("/form", { layers: [uploads({ target: toMemory(), files: { photo: {} } })] }, handler)
    })
    const statuses = (path: string, method: string): string[] => Object.keys(some[path]![method]!.responses)
    expect(statuses("/query", "get")).toEqual(["422", "2XX", "default"])
    expect(statuses("/nothing", "get")).toEqual(["2XX", "default"])
    expect(statuses("/form", "post")).toEqual(expect.arrayContaining(["413", "415", "422"]))
    expect(some["/form"]!.post!.requestBody.content["multipart/form-data"]).toMatchObject({
      schema: { properties: { photo: { contentMediaType: "application/octet-stream" } } },
    })
  })

  test("says what its notes say", () => {
    const { paths: noted } = documentOf((app) =>
      app.post(
        "/report",
        {
          body: v.object({ year: v.integer() }),
          meta: describeRoute({
            externalDocs: { url: "https://example.com/report" },
            body: { description: "Which year", required: false, examples: { last: { year: 2025 } } },
            responses: {
              200: {
                description: "Lines",
                content: { "text/csv": v.string() },
                headers: { etag: v.string() },
                examples: { two: "a,b" },
              },
            },
          }),
        },
        handler,
      ),
    )
    expect(noted["/report"]!.post).toMatchObject({
      externalDocs: { url: "https://example.com/report" },
      requestBody: {
        description: "Which year",
        required: false,
        content: { "application/json": { examples: { last: { value: { year: 2025 } } } } },
      },
      responses: {
        200: {
          description: "Lines",
          headers: { etag: { schema: { type: "string" } } },
          content: { "text/csv": { schema: { type: "string" }, examples: { two: { value: "a,b" } } } },
        },
      },
    })
    expect(Object.keys(noted["/report"]!.post!.requestBody.content)).toEqual(["application/json"])
  })

  test("says what its layers note, each for the routes that it covers", () => {
    const pages = layer({
      name: "pages",
      meta: describeRoute(({ method }) => ({
        query: method === "GET" ? { page: v.coerce.integer().describe("Which page") } : {},
        responses: { 206: { description: "One of many" } },
      })),
    })
    const { paths: noted } = documentOf((app) => {
      app.scope("/", [pages], (all) => {
        all.get("/a", { meta: describeRoute({ headers: { "if-match": { type: "string" } } }) }, handler)
        all.post("/a", handler)
      })
    })
    expect(noted["/a"]!.get!.parameters).toEqual([
      { name: "page", in: "query", required: false, description: "Which page", schema: { type: "integer" } },
      { name: "if-match", in: "header", required: false, schema: { type: "string" } },
    ])
    expect(noted["/a"]!.post!.parameters).toBeUndefined()
    expect(noted["/a"]!.post!.responses["206"]!.description).toBe("One of many")
  })

  test("says nothing of what its answers hide", () => {
    const { paths: shown, components: own } = documentOf((app) => {
      app.get("/", { response: hidden(User, "name") }, handler)
    })
    const content = shown["/"]!.get!.responses["200"]!.content as Record<string, { schema: Json }>
    expect(Object.keys(content["application/json"]!.schema.properties as Json)).toEqual(["id"])
    expect(JSON.stringify([shown, own])).not.toContain("As they sign")
  })

  test("says text where text goes, and a body that may be left out", () => {
    const { paths: text } = documentOf((app) =>
      app.put("/", { body: v.object({}).optional(), response: v.string() }, handler),
    )
    expect(text["/"]!.put!.responses["200"]!.content).toEqual({ "text/plain": { schema: { type: "string" } } })
    expect(text["/"]!.put!.requestBody.required).toBe(false)
  })
})

describe("parameters", () => {
  test("come from the path, with its constraints, and from each schema", () => {
    const { paths } = documentOf((app) => {
      app.get("/a/:id", handler).whereNumber("id")
      app.get("/b/:id", handler).whereUuid("id")
      app.get("/c/:id", handler).whereIn("id", ["x", "y"])
      app.get("/d/:id", handler).where("id", /[a-z]{2}/)
      app.get("/e/:id", handler).where("id", v.string().max(3))
      app.get("/f/:id", { params: v.object({ id: v.coerce.integer().describe("Its number") }) }, handler)
      app.get("/g/*path", handler)
    })
    const schemaOf = (path: string): unknown => paths[path]!.get!.parameters[0]!.schema
    expect(schemaOf("/a/{id}")).toEqual({ type: "string", pattern: "^[0-9]+$" })
    expect(schemaOf("/b/{id}")).toEqual({ type: "string", format: "uuid" })
    expect(schemaOf("/c/{id}")).toEqual({ type: "string", enum: ["x", "y"] })
    expect(schemaOf("/d/{id}")).toEqual({ type: "string", pattern: "^(?:[a-z]{2})$" })
    expect(schemaOf("/e/{id}")).toEqual({ type: "string", maxLength: 3 })
    expect(paths["/f/{id}"]!.get!.parameters[0]).toMatchObject({ description: "Its number", required: true })
    expect(paths["/g/{path}"]!.get!.parameters[0]).toMatchObject({
      name: "path",
      description: "The rest of the path, with its slashes.",
    })
  })

  test("are required as their schema says", () => {
    const { paths } = documentOf((app) =>
      app.get(
        "/search",
        {
          query: v.object({ q: v.string(), limit: v.coerce.integer().default(10) }),
          cookies: v.object({ theme: v.enum(["light", "dark"]).optional() }),
          headers: v.object({ "x-tenant": v.string(), authorization: v.string() }).passthrough(),
        },
        handler,
      ),
    )
    expect(paths["/search"]!.get!.parameters).toEqual([
      { name: "q", in: "query", required: true, schema: { type: "string" } },
      { name: "limit", in: "query", required: false, schema: expect.objectContaining({ default: 10 }) },
      { name: "x-tenant", in: "header", required: true, schema: { type: "string" } },
      { name: "theme", in: "cookie", required: false, schema: expect.objectContaining({ enum: ["light", "dark"] }) },
    ])
  })

  test("of a query that is a choice are one that is spread", () => {
    const query = v.union([v.object({ a: v.string() }), v.object({ b: v.string() })])
    const { paths } = documentOf((app) => app.get("/", { query }, handler))
    expect(paths["/"]!.get!.parameters).toEqual([
      {
        name: "query",
        in: "query",
        style: "form",
        explode: true,
        schema: { anyOf: [expect.anything(), expect.anything()] },
      },
    ])
  })

  test("may be left out as paths do", () => {
    const { paths } = documentOf((app) => app.get("/docs/:lang?/:page?", { name: "docs" }, handler))
    expect(Object.entries(paths).map(([path, { get }]) => [path, get!.operationId, get!.parameters?.length])).toEqual([
      ["/docs/{lang}/{page}", "docs", 2],
      ["/docs/{lang}", "docs2", 1],
      ["/docs", "docs3", undefined],
    ])
  })
})

describe("places that several routes share", () => {
  test("take what either takes, and answer what either answers", () => {
    const { paths } = documentOf((app) => {
      app.get("/users/:id", { response: User, query: v.object({ a: v.string() }) }, handler).whereNumber("id")
      app.get("/users/:name", { response: { 404: v.object({}) }, errors: [errors.Gone] }, handler)
      app.delete("/users/:who", handler)
    })
    expect(Object.keys(paths)).toEqual(["/users/{id}"])
    const { get, delete: remove } = paths["/users/{id}"]!
    expect(get!.parameters).toEqual([
      {
        name: "id",
        in: "path",
        required: true,
        schema: { anyOf: [{ type: "string", pattern: "^[0-9]+$" }, { type: "string" }] },
      },
      { name: "a", in: "query", required: false, schema: { type: "string" } },
    ])
    expect(Object.keys(get!.responses)).toEqual(["200", "404", "410", "422", "default"])
    expect(remove!.parameters).toMatchObject([{ name: "id" }])
  })

  test("are told by the host that serves each", () => {
    const { paths } = documentOf((app) => {
      app.host("api.example.com", (api) => api.get("/a", handler))
      app.host(":tenant.example.com", (api) => api.get("/b", handler))
    })
    expect(paths["/a"]!.get!.servers).toEqual([{ url: "https://api.example.com" }])
    expect(paths["/b"]!.get!.servers).toEqual([
      { url: "https://{tenant}.example.com", variables: { tenant: { default: "tenant" } } },
    ])
  })

  test("show a route of every method as the usual ones, and an unusual method beside them", () => {
    const { paths } = documentOf((app) => {
      app.all("/echo", { name: "echo" } as never, handler)
      app.get("/echo", handler)
      app.query("/echo", handler)
    })
    expect(Object.keys(paths["/echo"]!).sort()).toEqual([
      "delete",
      "get",
      "patch",
      "post",
      "put",
      "x-additionalOperations",
    ])
    expect(paths["/echo"]!["x-additionalOperations"]).toMatchObject({ QUERY: { operationId: "queryEcho" } })
  })
})

test("webhooks say what the app sends to others", () => {
  const { webhooks } = documentOf(() => undefined, {
    webhooks: { "user.created": { summary: "Somebody signed up", body: User, responses: { 202: "Taken" } } },
  })
  expect(webhooks).toMatchObject({
    "user.created": {
      post: {
        summary: "Somebody signed up",
        requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/User" } } } },
        responses: { 202: { description: "Taken" } },
      },
    },
  })
})

test("a WebSocket and a stream of events are told for what they are", () => {
  const { paths } = documentOf((app) => {
    app.get("/socket", { websocket: {} }, handler)
    app.get("/events", { meta: describeRoute({ events: { created: User } }) }, handler)
  })
  expect(Object.keys(paths["/socket"]!.get!.responses)).toEqual(["101", "426", "default"])
  expect(paths["/events"]!.get!.responses["200"]!.content).toEqual({
    "text/event-stream": {
      schema: {
        type: "string",
        contentMediaType: "application/json",
        contentSchema: { title: "created", $ref: "#/components/schemas/User" },
      },
    },
  })
})
