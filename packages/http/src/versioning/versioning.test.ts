import { afterEach, describe, expect, test } from "bun:test"
import { type App, createApp, errors, layer, requestIds } from "../index.ts"
import { describeTable, diffRoutes } from "../routes/index.ts"
import { defineVersions, deprecation } from "./index.ts"

interface Answer {
  readonly status: number
  readonly body: { readonly code?: string; readonly details?: { readonly versions?: readonly string[] } } & Record<
    string,
    unknown
  >
  readonly headers: Headers
}
type Asked = Pick<App, "fetch">

async function ask(app: Asked, path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
  const response = await app.fetch(new Request(`http://x${path}`, { headers, method }))
  const text = await response.text()
  const body = text.startsWith("{") ? JSON.parse(text) : { text }
  return { status: response.status, body, headers: response.headers }
}
const outer = layer({ name: "outer", headers: { vary: "origin" }, before: (ctx) => ctx.set("x-outer", "1") })
const base = { layers: [outer] as const, development: false }

describe("versions by a header", () => {
  const api = defineVersions({
    by: { header: "API-Version" },
    versions: { 1: {}, 2: {}, "2026-03-01": {} },
    default: "2",
  })
  const app = createApp(base)
  api.scope(app, "1", (v1) => {
    v1.get("/users/:id", (ctx) => ({ v: 1, id: ctx.params.id }))
    v1.get("/old", () => ({ v: 1 }))
  })
  api.scope(app, "2", (v2) => {
    v2.get("/users/:name", (ctx) => ({ v: 2, name: ctx.params.name }))
    v2.delete("/users/:id", () => ({ deleted: true }))
  })
  app.scope("/users", [api.version("2026-03-01")], (dated) =>
    dated.get("/:user", (ctx) => ({ v: 3, user: ctx.params.user })),
  )
  app.get("/plain", () => ({ plain: true }))

  test.each<[string, Record<string, string>, object]>([
    ["the one that is named", { "api-version": "1" }, { v: 1, id: "7" }],
    ["another", { "API-Version": "2" }, { v: 2, name: "7" }],
    ["a date", { "api-version": " 2026-03-01 " }, { v: 3, user: "7" }],
    ["the default", {}, { v: 2, name: "7" }],
  ])("answer in %s", async (_what, headers, body) => {
    expect(await ask(app, "/users/7", headers)).toMatchObject({ status: 200, body })
  })

  test.each(["3", "", "1, 2", "v1", "__proto__", "1;drop"])("refuse %p with the list", async (version) => {
    const { status, body, headers } = await ask(app, "/users/7", { "api-version": version })
    expect([status, body.code, body.details?.versions]).toEqual([400, "HTTP_VERSION_UNKNOWN", ["1", "2", "2026-03-01"]])
    expect(headers.get("x-outer")).toBe("1") // the app's own layers see every answer
  })

  test("say where a path is served that this version does not have", async () => {
    expect(await ask(app, "/old", { "api-version": "2" })).toMatchObject({
      status: 404,
      body: { details: { versions: ["1"] } },
    })
    expect(await ask(app, "/old")).toMatchObject({ status: 404, body: { code: "HTTP_NOT_FOUND" } })
    expect(await ask(app, "/users/7", { "api-version": "1" }, "DELETE")).toMatchObject({
      status: 404,
      body: { details: { versions: ["2"] } },
    })
    expect(await ask(app, "/users/7", {}, "DELETE")).toMatchObject({ status: 200 })
  })

  test("leave methods and paths what they are", async () => {
    expect(await ask(app, "/users/7", {}, "PATCH")).toMatchObject({ status: 405 })
    expect((await ask(app, "/users/7", {}, "OPTIONS")).headers.get("allow")).toBe("GET, DELETE, HEAD, OPTIONS")
    expect(await ask(app, "/nowhere", { "api-version": "9" })).toMatchObject({
      status: 404,
      body: { code: "HTTP_NOT_FOUND" },
    })
    expect(await ask(app, "/plain", { "api-version": "9" })).toMatchObject({ status: 200 })
    expect(await ask(app, "/users/7", { "api-version": "1" }, "HEAD")).toMatchObject({ status: 200 })
  })

  test("tell caches what the answer depends on, beside what other layers tell them", async () => {
    expect((await ask(app, "/users/7")).headers.get("vary")).toBe("origin, api-version")
    expect((await ask(app, "/plain")).headers.get("vary")).toBe("origin")
  })

  test("are answered by every runtime's own router as by ours", async () => {
    const { url } = await app.listen({ port: 0 })
    const over = async (version: string): Promise<unknown> =>
      (await fetch(`${url}/users/a%20b`, { headers: { "api-version": version } })).json()
    expect(await over("1")).toEqual({ v: 1, id: "a b" })
    expect(await over("2")).toEqual({ v: 2, name: "a b" })
    expect(await over("9")).toMatchObject({ code: "HTTP_VERSION_UNKNOWN" })
    await app.stop()
  })

  test("without a default must be named", async () => {
    const strict = defineVersions({ by: { header: "api-version", vendor: "acme" }, versions: { 1: {}, 2: {} } })
    const other = createApp(base)
    strict.scope(other, "1", (v1) => v1.get("/", () => ({ v: 1 })))
    expect(await ask(other, "/")).toMatchObject({
      status: 400,
      body: {
        code: "HTTP_VERSION_UNKNOWN",
        detail:
          "Say which version: by the header api-version or Accept: application/vnd.acme+json; version=…. Versions: 1, 2",
      },
    })
    expect(await ask(other, "/", { "api-version": "1" })).toMatchObject({ status: 200 })
  })
})

describe("versions by Accept", () => {
  const api = defineVersions({ by: { vendor: "Acme" }, versions: { 1: {}, 2: {} }, default: "2" })
  const app = createApp(base)
  api.scope(app, "1", (v1) => {
    v1.get("/users", () => ({ v: 1 }))
    v1.get("/text", () => "one")
    v1.get("/csv", () => new Response("a,b", { headers: { "content-type": "text/csv" } }))
    v1.get("/gone", () => {
      throw new errors.Gone()
    })
  })
  api.scope(app, "2", (v2) => v2.get("/users", () => ({ v: 2 })))
  const acme = "application/vnd.acme+json"

  test.each<[string, string, object]>([
    ["a version", `${acme}; version=1`, { v: 1 }],
    ["in any case and quoted", 'Application/Vnd.ACME+json;Version="1"', { v: 1 }],
    ["the best liked of two", `${acme};version=1;q=0.5, ${acme};version=2`, { v: 2 }],
    ["the best liked that there is", `${acme};version=9, ${acme};version=1;q=0.1`, { v: 1 }],
    ["anything", "*/*", { v: 2 }],
    ["JSON", "application/json", { v: 2 }],
    ["the type without a version", acme, { v: 2 }],
    ["a version that there is not, or anything", `${acme};version=9, */*;q=0.1`, { v: 2 }],
    ["anything rather than a version", `*/*, ${acme};version=1;q=0.5`, { v: 2 }],
    ["another vendor", "application/vnd.other+json;version=1, */*;q=0.1", { v: 2 }],
  ])("answer for %s", async (_what, accept, body) => {
    expect(await ask(app, "/users", { accept })).toMatchObject({ status: 200, body })
  })

  test.each([
    `${acme};version=9`,
    `${acme};version=`,
    `${acme};version=9, image/png`,
    `${acme};version=9, ${acme};version=1;q=0`,
  ])("refuse %p with the list", async (accept) => {
    const { status, body, headers } = await ask(app, "/users", { accept })
    expect([status, body.code, body.details?.versions]).toEqual([406, "HTTP_NOT_ACCEPTABLE", ["1", "2"]])
    expect(headers.get("x-outer")).toBe("1")
  })

  test("answer in the type that was asked for, and in no other that was not", async () => {
    const type = async (path: string, accept: string): Promise<string | null> =>
      (await ask(app, path, { accept })).headers.get("content-type")
    expect(await type("/users", `${acme};version=1`)).toBe("application/vnd.acme+json;version=1")
    expect(await type("/users", acme)).toBe("application/vnd.acme+json;version=2")
    expect(await type("/users", "*/*")).toBe("application/json")
    expect(await type("/text", `${acme};version=1`)).toContain("text/plain")
    expect(await type("/csv", `${acme};version=1`)).toBe("text/csv")
    expect(await type("/gone", `${acme};version=1`)).toBe("application/problem+json")
    expect((await ask(app, "/users", { accept: acme })).headers.get("vary")).toBe("origin, accept")
  })

  test("give way to a header of their own", async () => {
    const both = defineVersions({ by: { header: "x-v", vendor: "acme" }, versions: { 1: {}, 2: {} }, default: "2" })
    const other = createApp()
    for (const name of both.names) both.scope(other, name, (scope) => scope.get("/", () => ({ v: name })))
    expect(await ask(other, "/", { accept: `${acme};version=2`, "x-v": "1" })).toMatchObject({ body: { v: "1" } })
    expect((await ask(other, "/")).headers.get("vary")).toBe("x-v, accept")
  })
})

describe("versions by path", () => {
  const api = defineVersions({ by: { path: true }, versions: { 1: {}, 2: {}, "2.1": {} } })
  const app = createApp({ ...base, layers: [outer, requestIds] })
  app.scope("/api", (inner) => {
    api.scope(inner, "1", (v1) => v1.get("/users/:id", () => ({ v: 1 })))
    api.scope(inner, "2", (v2) => v2.get("/users/:id", () => ({ v: 2 })))
  })
  app.get("/v1-notes", () => ({ notes: true }))

  test("stand under their names", async () => {
    expect(await ask(app, "/api/v1/users/7")).toMatchObject({ status: 200, body: { v: 1 } })
    expect(await ask(app, "/api/v2/users/7")).toMatchObject({ status: 200, body: { v: 2 } })
    expect((await ask(app, "/api/v1/users/7")).headers.get("vary")).toBe("origin")
  })

  test.each(["/api/v9/users/7", "/api/v9", "/api/v0.9/x", "/api/v2026-01-01/x"])(
    "say at %s which there are",
    async (path) => {
      const { status, body } = await ask(app, path)
      expect([status, body.code, body.details?.versions]).toEqual([404, "HTTP_NOT_FOUND", ["1", "2", "2.1"]])
    },
  )

  test.each([
    "/api/vegetables",
    "/api/v",
    "/v9/users/7",
    "/api/x/v9",
    "/api/v1/nowhere",
    "/api/v2.1/users/7",
    "/api/v%00",
  ])("say nothing of versions at %s", async (path) => {
    const { status, body } = await ask(app, path)
    expect([status, body.details]).toEqual([404, undefined])
  })

  test("may have another prefix", async () => {
    const dated = defineVersions({ by: { path: true, prefix: "" }, versions: { "2026-03-01": {} } })
    const other = createApp({ development: false })
    dated.scope(other, "2026-03-01", (scope) => scope.get("/x", () => ({ ok: true })))
    expect(await ask(other, "/2026-03-01/x")).toMatchObject({ status: 200 })
    expect(await ask(other, "/2027-03-01/x")).toMatchObject({
      status: 404,
      body: { details: { versions: ["2026-03-01"] } },
    })
    expect((await ask(other, "/other")).body.details).toBeUndefined()
  })
})

describe("a deprecated version", () => {
  const warnings: string[] = []
  afterEach(() => {
    warnings.length = 0
  })
  const make = (facts: object): Asked => {
    const api = defineVersions({
      by: { header: "api-version" },
      versions: { 1: facts, 2: {} },
      default: "1",
      warn: (message, route) => void warnings.push(`${message} [${route.version}]`),
    })
    const app = createApp({ development: false })
    api.scope(app, "1", (v1) => {
      v1.get("/users", () => "x")
      v1.get("/gone", () => {
        throw new errors.Gone()
      })
    })
    api.scope(app, "2", (v2) => v2.get("/users", () => "x"))
    return app
  }
  const full = {
    deprecatedAt: "2023-06-30T23:59:59Z",
    sunsetAt: new Date("2025-12-31T00:00:00Z"),
    deprecationUrl: "https://example.com/v1?a=b",
    successorUrl: "/v2",
  }

  test("says so with every answer, errors too (RFC 9745, RFC 8594)", async () => {
    const app = make(full)
    for (const path of ["/users", "/gone"]) {
      const { headers } = await ask(app, path)
      expect(headers.get("deprecation")).toBe("@1688169599")
      expect(headers.get("sunset")).toBe("Wed, 31 Dec 2025 00:00:00 GMT")
      expect(headers.get("link")).toBe(
        '<https://example.com/v1?a=b>; rel="deprecation", <https://example.com/v1?a=b>; rel="sunset", </v2>; rel="successor-version"',
      )
    }
    const { headers } = await ask(app, "/users", { "api-version": "2" })
    expect([headers.get("deprecation"), headers.get("sunset"), headers.get("link")]).toEqual([null, null, null])
  })

  test("warns in the log, once for each route", async () => {
    const app = make(full)
    for (const path of ["/users", "/users", "/gone", "/users"]) await ask(app, path)
    await ask(app, "/users", { "api-version": "2" })
    expect(warnings).toEqual([
      "GET /users of version 1 is deprecated since 2023-06-30, until 2025-12-31, and still asked for [1]",
      "GET /gone of version 1 is deprecated since 2023-06-30, until 2025-12-31, and still asked for [1]",
    ])
  })

  test("that will be one warns when the day has come", async () => {
    const app = make({ deprecatedAt: new Date(Date.now() + 80) })
    expect((await ask(app, "/users")).headers.get("deprecation")).toMatch(/^@\d+$/)
    expect(warnings).toEqual([])
    await Bun.sleep(120)
    await ask(app, "/users")
    expect(warnings).toHaveLength(1)
  })

  test("may have a day of its end only", async () => {
    const { headers } = await ask(make({ sunsetAt: "2030-01-01" }), "/users")
    expect([headers.get("deprecation"), headers.get("sunset")]).toEqual([null, "Tue, 01 Jan 2030 00:00:00 GMT"])
    expect(warnings).toEqual(["GET /users of version 1 is deprecated, until 2030-01-01, and still asked for [1]"])
  })

  test("writes to the console unless it is told otherwise; so does a single route", async () => {
    const written: unknown[] = []
    const { warn } = console
    console.warn = (line: unknown) => void written.push(line)
    try {
      const app = createApp()
      app.get("/old", { layers: [deprecation({ deprecatedAt: "2026-01-01" })] }, () => "x")
      expect((await ask(app, "/old")).headers.get("deprecation")).toBe("@1767225600")
      expect(app.table().records[0]).toMatchObject({
        documentation: { deprecated: true },
        meta: { deprecatedAt: "2026-01-01T00:00:00.000Z" },
      })
    } finally {
      console.warn = warn
    }
    expect(written).toEqual(["GET /old is deprecated since 2026-01-01, and still asked for"])
  })
})

describe("the table", () => {
  const api = defineVersions({
    by: { header: "v" },
    versions: { 1: { deprecatedAt: "2026-01-01" }, 2: {} },
    default: "2",
  })
  const declare = (app: App): App => {
    api.scope(app, "1", (v1) => v1.get("/users/:id", () => "x").name("users.show"))
    api.scope(app, "2", (v2) => v2.get("/users/:id", () => "x").name("users.show"))
    app.get("/plain", () => "x").name("plain")
    return app
  }

  test("has the version of every route, and what is deprecated", () => {
    const table = declare(createApp()).table()
    expect(
      table.records.map(({ version, meta, documentation }) => [version, meta.version, documentation.deprecated]),
    ).toEqual([
      ["1", "1", true],
      ["2", "2", undefined],
      [undefined, undefined, undefined],
    ])
    expect(describeTable(table).routes.map(({ path, version, deprecated }) => [path, version, deprecated])).toEqual([
      ["/plain", undefined, undefined],
      ["/users/:id", "1", true],
      ["/users/:id", "2", undefined],
    ])
  })

  test("finds a name in the default version, or in the one that is asked for", () => {
    const table = declare(createApp()).table()
    expect([table.named("users.show")?.version, table.named("users.show", "1")?.version]).toEqual(["2", "1"])
    expect(table.named("plain")?.path).toBe("/plain")
  })

  test("differs when a version is taken away", () => {
    const before = describeTable(declare(createApp()).table())
    const after = createApp()
    api.scope(after, "2", (v2) => v2.get("/users/:id", () => "x").name("users.show"))
    after.get("/plain", () => "x").name("plain")
    const diff = diffRoutes(before, describeTable(after.table()))
    expect(diff.removed.map(({ path, version }) => [path, version])).toEqual([["/users/:id", "1"]])
    expect([diff.added, diff.changed, diff.breaking]).toEqual([[], [], true])
  })

  const handler = (): string => "x"
  test.each<[string, string, (app: App) => void]>([
    [
      "the same version twice",
      "HTTP_ROUTE_DUPLICATE",
      (app) => {
        api.scope(app, "1", (v1) => v1.get("/a/:x", handler))
        api.scope(app, "1", (v1) => v1.get("/a/:y", handler))
      },
    ],
    [
      "a version beside a route of none",
      "HTTP_ROUTE_DUPLICATE",
      (app) => {
        api.scope(app, "1", (v1) => v1.get("/a", handler))
        app.get("/a", handler)
      },
    ],
    [
      "a route of none beside a version",
      "HTTP_ROUTE_DUPLICATE",
      (app) => {
        app.get("/a", handler)
        api.scope(app, "1", (v1) => v1.get("/a", handler))
      },
    ],
    [
      "two ways to tell versions apart",
      "HTTP_ROUTE_DUPLICATE",
      (app) => {
        const other = defineVersions({ by: { header: "other" }, versions: { 7: {} } })
        api.scope(app, "1", (v1) => v1.get("/a", handler))
        other.scope(app, "7", (v7) => v7.get("/a", handler))
      },
    ],
    [
      "one name for a version and a route of none",
      "HTTP_ROUTE_DUPLICATE",
      (app) => {
        api.scope(app, "1", (v1) => v1.get("/a", handler).name("x"))
        app.get("/b", handler).name("x")
      },
    ],
    [
      "a version within another",
      "HTTP_VERSIONING_INVALID",
      (app) => api.scope(app, "1", (v1) => api.scope(v1, "2", (v2) => v2.get("/a", handler))),
    ],
  ])("refuses %s", (_what, code, declare) => {
    const app: App = createApp()
    declare(app)
    expect(() => app.table()).toThrow(expect.objectContaining({ code }))
  })
})

test.each<[string, object]>([
  ["no version", { by: { header: "v" }, versions: {} }],
  ["a name with a space", { by: { header: "v" }, versions: { "1 2": {} } }],
  ["a name that would be a path", { by: { path: true }, versions: { "1/2": {} } }],
  ["an unknown default", { by: { header: "v" }, versions: { 1: {} }, default: "2" }],
  ["no way to tell", { by: {}, versions: { 1: {} } }],
  ["no name of a header", { by: { header: "a b" }, versions: { 1: {} } }],
  ["a vendor with a slash", { by: { vendor: "a/b" }, versions: { 1: {} } }],
  ["a prefix with a slash", { by: { path: true, prefix: "a/" }, versions: { 1: {} } }],
  ["a prefix that ends in a digit", { by: { path: true, prefix: "v1" }, versions: { 1: {} } }],
  ["no date", { by: { header: "v" }, versions: { 1: { deprecatedAt: "soon" } } }],
  [
    "a sunset before the deprecation",
    { by: { header: "v" }, versions: { 1: { deprecatedAt: "2026-02-01", sunsetAt: "2026-01-01" } } },
  ],
  [
    "an address that would end its brackets",
    { by: { header: "v" }, versions: { 1: { deprecationUrl: 'https://x/>; rel="evil' } } },
  ],
  ["an address of two lines", { by: { header: "v" }, versions: { 1: { successorUrl: "https://x/\r\nx: 1" } } }],
])("a definition is refused for %s", (_what, options) => {
  expect(() => defineVersions(options as never)).toThrow(expect.objectContaining({ code: "HTTP_VERSIONING_INVALID" }))
})

test("a version that there is not is no layer", () => {
  const api = defineVersions({ by: { header: "v" }, versions: { 1: {} } })
  expect(() => api.version("2" as never)).toThrow(expect.objectContaining({ code: "HTTP_VERSIONING_INVALID" }))
})
