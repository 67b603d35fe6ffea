import { describe, expect, test } from "bun:test"
import { createApp, del, get, type Layer, layer, type Middleware, post } from "@ashlar/http"
import { type FileRoutePlace, fileRoute, type LayerExport, mountRoutes } from "./file-route.ts"

const users = { file: "users/[id].ts", path: "/users/:id", keys: ["users", "$id"] } as const

/** As a module comes that no compiler saw. */
function place(module: object, layers: readonly unknown[] = []): ReturnType<typeof fileRoute> {
  const loose: FileRoutePlace<string> = { ...users, layers: layers as readonly LayerExport[] }
  return fileRoute(loose, module as Record<never, never>)
}

describe("a module of routes", () => {
  test("gives its routes by method, and nothing else it exports", () => {
    const GET = get("/users/:id", (ctx) => ({ id: ctx.params.id }))
    const DELETE = del("/users/:id", () => null)
    const file = fileRoute(users, { GET, DELETE, User: { schema: true }, limit: 3, load: () => 1 })
    expect(file.routes).toEqual({ GET, DELETE })
    expect([file.file, file.path, file.layers]).toEqual(["users/[id].ts", "/users/:id", []])
  })

  const wrong: readonly [what: string, module: object, code: string, says: RegExp][] = [
    ["no route", {}, "FILE_ROUTER_EXPORT_INVALID", /users\/\[id\]\.ts: exports no route.*get\("\/users\/:id"/],
    ["only others", { schema: {} }, "FILE_ROUTER_EXPORT_INVALID", /exports no route/],
    [
      "another path",
      { GET: get("/user/:id", () => 1) },
      "FILE_ROUTER_PATH_MISMATCH",
      /GET says the path "\/user\/:id", and the file stands for "\/users\/:id" \(.*file-route\.test\.ts:\d+\)/,
    ],
    ["another parameter", { GET: get("/users/:name", () => 1) }, "FILE_ROUTER_PATH_MISMATCH", /"\/users\/:name"/],
    ["another method", { POST: get("/users/:id", () => 1) }, "FILE_ROUTER_EXPORT_INVALID", /a GET route as "POST"/],
    ["a name of its own", { show: get("/users/:id", () => 1) }, "FILE_ROUTER_EXPORT_INVALID", /const GET = …/],
    ["lower case", { get: get("/users/:id", () => 1) }, "FILE_ROUTER_EXPORT_INVALID", /const GET = …/],
    ["a default", { default: get("/users/:id", () => 1) }, "FILE_ROUTER_EXPORT_INVALID", /const GET = …/],
    ["a bare handler", { GET: () => 1 }, "FILE_ROUTER_EXPORT_INVALID", /expected "GET" to be a route.*get\(…\)/],
    ["a bare handler, del", { del: () => 1 }, "FILE_ROUTER_EXPORT_INVALID", /const DELETE = del\(…\)/],
    ["a default handler", { default: () => 1 }, "FILE_ROUTER_EXPORT_INVALID", /expected "default" to be a route/],
    ["a slip of the pen", { PSOT: () => 1 }, "FILE_ROUTER_EXPORT_INVALID", /expected "PSOT".*const POST/],
    ["a record", { GET: { method: "GET" } }, "FILE_ROUTER_EXPORT_INVALID", /expected "GET" to be a route/],
    ["null", { GET: null }, "FILE_ROUTER_EXPORT_INVALID", /expected "GET" to be a route/],
  ]
  for (const [what, module, code, says] of wrong) {
    test(`is refused with ${what}`, () => {
      expect(() => place(module)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(says) }))
    })
  }
})

describe("a layer's default export", () => {
  const GET = get("/users/:id", () => 1)
  const one = layer({ name: "one" })
  const plain: Middleware = (_ctx, next) => next()

  test("is a layer, a middleware or a list of them", () => {
    expect(place({ GET }, [one, [plain, one], []]).layers).toEqual([one, plain, one])
  })
  for (const wrong of [undefined, null, 1, "one", {}, [one, undefined], [[one]]]) {
    test(`is refused when it is ${JSON.stringify(wrong) ?? "missing"}`, () => {
      expect(() => place({ GET }, [wrong])).toThrow(expect.objectContaining({ code: "FILE_ROUTER_LAYER_INVALID" }))
    })
  }
})

describe("mounted routes", () => {
  const trail: string[] = []
  const seen = (name: string): Layer =>
    layer({
      name,
      before: () => {
        trail.push(name)
      },
    })
  const [outer, inner, own] = [seen("outer"), seen("inner"), seen("own")]

  const files = [
    fileRoute({ file: "index.ts", path: "/", keys: [] }, { GET: get("/", () => "root") }),
    fileRoute(
      { ...users, layers: [outer, [inner]] },
      {
        GET: get("/users/:id", { layers: [inner, own] }, (ctx) => ctx.params.id),
        POST: post("/users/:id", (ctx) => ctx.route.name),
      },
    ),
  ]

  test("run inside the layers of their folders, each once, and bear the names of their places", async () => {
    const app = createApp()
    mountRoutes(app, files)
    expect(await (await app.fetch(new Request("http://x/"))).text()).toBe("root")
    expect(trail.splice(0)).toEqual([])
    expect(await (await app.fetch(new Request("http://x/users/7"))).text()).toBe("7")
    expect(trail.splice(0)).toEqual(["outer", "inner", "own"])
    expect(await (await app.fetch(new Request("http://x/users/7", { method: "POST" }))).text()).toBe("users.$id.POST")
    expect(app.url("users.$id.GET", { id: "ä/b" })).toBe("/users/%C3%A4%2Fb")
    expect(app.url("GET")).toBe("/")
  })

  test("can stand under a path, in any order", async () => {
    const app = createApp()
    app.scope("/v1", (v1) => mountRoutes(v1, files.toReversed()))
    expect(await (await app.fetch(new Request("http://x/v1/users/7"))).text()).toBe("7")
    expect((await app.fetch(new Request("http://x/v1"))).status).toBe(200)
    expect((await app.fetch(new Request("http://x/users/7"))).status).toBe(404)
  })
})
