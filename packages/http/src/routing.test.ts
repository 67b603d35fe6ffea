import { describe, expect, test } from "bun:test"
import { type App, createApp, errors, fail, get, isIn, layer } from "./index.ts"

const ask = async (app: App, path: string, init: RequestInit = {}): Promise<[number, string]> => {
  const response = await app.fetch(new Request(`http://api.test${path}`, init))
  return [response.status, await response.text()]
}

describe("constraints", () => {
  const app = createApp()
  app.get("/things/:id", (ctx) => `number ${ctx.params.id}`).whereNumber("id")
  app.get("/things/:id", (ctx) => `uuid ${ctx.params.id}`).whereUuid("id")
  app.get("/things/:name", (ctx) => `any ${ctx.params.name}`)
  app.get("/kinds/:kind", (ctx) => ctx.params.kind).whereIn("kind", ["a", "b c"])
  app.get("/codes/:code", { where: { code: isIn(["x"]) } }, (ctx) => ctx.params.code)
  app.get("/years/:year", (ctx) => ctx.params.year).where("year", /\d{4}|now/)

  test.each([
    ["/things/42", 200, "number 42"],
    ["/things/4x", 200, "any 4x"],
    ["/things/0190B5A0-0000-7000-8000-000000000000", 200, "uuid 0190B5A0-0000-7000-8000-000000000000"],
    ["/kinds/b%20c", 200, "b c"],
    ["/kinds/c", 404, undefined],
    ["/codes/x", 200, "x"],
    ["/codes/xx", 404, undefined],
    ["/years/2026", 200, "2026"],
    ["/years/now", 200, "now"],
    ["/years/20266", 404, undefined],
    ["/years/now%0A", 404, undefined],
  ])("lead %s to %d", async (path, status, text) => {
    const [got, body] = await ask(app, path)
    expect(got).toBe(status)
    if (text !== undefined) expect(body).toBe(text)
  })

  test("name a parameter that the path has", () => {
    const wrong = createApp()
    wrong.get("/a/:id", { where: { other: isIn(["x"]) } }, () => "")
    expect(() => wrong.table()).toThrow(
      expect.objectContaining({
        code: "HTTP_PATH_INVALID",
        message: expect.stringMatching(
          /^"\/a\/:id" has no parameter "other" to constrain \(\S+routing\.test\.ts:\d+\)$/,
        ),
      }),
    )
  })

  test("decide before the runtime's own router does", async () => {
    const { url } = await app.listen({ port: 0 })
    expect(await (await fetch(`${url}/things/42`)).text()).toBe("number 42")
    expect(await (await fetch(`${url}/things/x`)).text()).toBe("any x")
    await app.stop()
  })
})

describe("duplicates", () => {
  const refused: [string, (app: App) => void][] = [
    [
      "the same path",
      (app) => {
        app.get("/a/:x", () => "")
        app.get("/a/:y", () => "")
      },
    ],
    [
      "an optional segment that is another route",
      (app) => {
        app.get("/a/:x?", () => "")
        app.get("/a", () => "")
      },
    ],
    [
      "the same constraint",
      (app) => {
        app.get("/a/:x", () => "").whereNumber("x")
        app.get("/a/:y", () => "").whereNumber("y")
      },
    ],
    [
      "the same host",
      (app) => {
        app.host("a.b", (at) => at.get("/", () => ""))
        app.host("a.b", (at) => at.get("/", () => ""))
      },
    ],
    [
      "the same host in another case",
      (app) => {
        app.host("a.b", (at) => at.get("/", () => ""))
        app.host("A.b", (at) => at.get("/", () => ""))
      },
    ],
    [
      "hosts that differ in the names of parameters",
      (app) => {
        app.host(":x.b", (at) => at.get("/", () => ""))
        app.host(":y.b", (at) => at.get("/", () => ""))
      },
    ],
    [
      "one path written in two ways",
      (app) => {
        app.get("/café", () => "")
        app.get("/caf%c3%a9", () => "")
      },
    ],
  ]
  test.each(refused)("by %s are refused, naming both places", (_what, declare) => {
    const app = createApp()
    declare(app)
    expect(() => app.table()).toThrow(/routing\.test\.ts:\d+ and .*routing\.test\.ts:\d+/)
  })

  test("are no values that only look alike in a list", () => {
    const app = createApp()
    app.get("/a/:x", () => "").whereIn("x", ["a|b"])
    app.get("/a/:x", () => "").whereIn("x", ["a", "b"])
    expect(app.table().records.length).toBe(2)
  })

  test("an optional segment keeps the methods of its neighbours apart", async () => {
    const app = createApp()
    app.get("/docs/:lang?", (ctx) => `get ${ctx.params.lang ?? "none"}`)
    app.post("/docs", () => "post")
    expect(await ask(app, "/docs")).toEqual([200, "get none"])
    expect(await ask(app, "/docs/en")).toEqual([200, "get en"])
    expect((await ask(app, "/docs/en", { method: "POST" }))[0]).toBe(405)
  })
})

describe("hosts", () => {
  const app = createApp()
  app.host("api.test", (api) => {
    api.get("/", () => "api")
  })
  app.host(":tenant.example.com", (tenants) => {
    tenants.get("/", (ctx) => `tenant ${ctx.host.tenant}`)
  })
  app.get("/", () => "any")
  app.get("/shared", () => "shared")

  test.each([
    ["api.test", "/", "api"],
    ["API.test:4000", "/", "api"],
    ["acme.example.com", "/", "tenant acme"],
    ["api.test.", "/", "api"],
    ["ACME.example.com.:80", "/", "tenant acme"],
    ["api.test..", "/", "any"],
    ["a.b.example.com", "/", "any"],
    ["acme.example.com", "/shared", "shared"],
    ["other", "/", "any"],
  ])("%s%s is answered by %s", async (host, path, text) => {
    const response = await app.fetch(new Request(`http://x${path}`, { headers: { host } }))
    expect(await response.text()).toBe(text)
  })

  test.each([
    ["http://api.test/", "api"],
    ["http://ACME.example.com:8080/?a=http://api.test/", "tenant acme"],
    ["http://api.test@other/", "any"],
  ])("are those of the address where no header says one: %s", async (address, text) => {
    expect(await (await app.fetch(new Request(address))).text()).toBe(text)
  })

  test.each(["a..b", ":a.:a.b", ":__proto__.b"])("patterns are labels, and %s is none", (pattern) => {
    expect(() => createApp().host(pattern, () => undefined)).toThrow(
      expect.objectContaining({ code: "HTTP_PATH_INVALID" }),
    )
  })

  test("are tried by how specific they are, in whatever order they are declared", async () => {
    const patterns = [":a.:b.test", ":a.shop.test", "EU.shop.test"]
    for (const order of [patterns, patterns.toReversed()]) {
      const own = createApp()
      for (const pattern of order) own.host(pattern, (at) => at.get("/", () => pattern))
      const found = await Promise.all(
        ["eu.shop.test", "us.shop.test", "us.other.test"].map(async (host) =>
          (await own.fetch(new Request("http://x/", { headers: { host } }))).text(),
        ),
      )
      expect(found).toEqual(patterns.toReversed())
    }
  })

  test("leave a method that they do not take to the routes of less specific ones", async () => {
    const own = createApp()
    own.host("a.test", (at) => at.get("/x", () => "get of a"))
    own.post("/x", () => "post of any")
    const init = { method: "POST", headers: { host: "a.test" } }
    expect(await (await own.fetch(new Request("http://x/x", init))).text()).toBe("post of any")
  })
})

describe("methods", () => {
  test("all() takes what nobody else does, on() any token", async () => {
    const app = createApp()
    app.all("/echo", (ctx) => ctx.method)
    app.post("/echo", () => "post")
    app.on("PROPFIND")("/files/*path", (ctx) => `${ctx.method} ${ctx.params.path}`)
    expect(await ask(app, "/echo", { method: "DELETE" })).toEqual([200, "DELETE"])
    expect(await ask(app, "/echo", { method: "POST" })).toEqual([200, "post"])
    expect(await ask(app, "/files/a/b", { method: "PROPFIND" })).toEqual([200, "PROPFIND a/b"])
    expect(await ask(app, "/files/a/b")).toEqual([405, expect.stringContaining("PROPFIND")])
  })
})

describe("a method that the most specific route does not take", () => {
  const app = createApp()
  app.get("/users/me", () => "me")
  app.delete("/users/:id", (ctx) => `deleted ${ctx.params.id}`)
  app.get("/n/:id", () => "number").whereNumber("id")
  app.post("/n/:name", (ctx) => `posted ${ctx.params.name}`)
  app.get("/files/*path", (ctx) => `file ${ctx.params.path}`)
  app.post("/files/new", () => "new")

  test.each([
    ["DELETE", "/users/me", 200, "deleted me"],
    ["POST", "/n/42", 200, "posted 42"],
    ["GET", "/files/new", 200, "file new"],
    ["HEAD", "/files/new", 200, ""],
    ["PUT", "/users/me", 405, expect.stringContaining("GET, DELETE, HEAD, OPTIONS")],
    ["DELETE", "/users/me/more", 404, expect.any(String)],
  ])("%s %s goes on to the next one: %d", async (method, path, status, text) => {
    expect(await ask(app, path, { method })).toEqual([status, text])
  })

  test("is listed with the others", async () => {
    const response = await app.fetch(new Request("http://x/users/me", { method: "OPTIONS" }))
    expect(response.headers.get("allow")).toBe("GET, DELETE, HEAD, OPTIONS")
  })
})

describe("the address of a route", () => {
  test("is built from the route itself", () => {
    const show = get("/users/:id", () => "").whereNumber("id")
    const twice = get("/twice", () => "")
    const app = createApp()
    app.scope("/orgs/:org", (scope) => scope.add({ show, twice }))
    app.add(twice)
    expect(app.url(show, { org: "a", id: 7 })).toBe("/orgs/a/users/7")
    expect(() => app.url(show, { id: 7 })).toThrow('needs the parameter "org"')
    expect(() => app.url(show, { org: "a", id: "x" })).toThrow('not served with "x"')
    expect(() => app.url(twice)).toThrow("Ask by name")
    expect(() => app.url(get("/none", () => ""))).toThrow("Add it first")
  })
})

describe("a trailing slash", () => {
  test.each([
    ["strict", 404, null],
    ["ignore", 200, null],
    ["redirect", 308, "/a"],
  ] as const)("is %s", async (trailingSlash, status, location) => {
    const app = createApp({ trailingSlash })
    app.get("/a", () => "a")
    const response = await app.fetch(new Request("http://x/a/"))
    expect([response.status, response.headers.get("location")]).toEqual([status, location])
  })
  test("that is ignored changes no answer", async () => {
    const app = createApp({ trailingSlash: "ignore" })
    app.get("/", () => "root")
    app.get("/a", () => "a")
    app.post("/w", () => "post")
    app.get("/w/*rest", () => "rest")
    const refused = await app.fetch(new Request("http://x/a/", { method: "POST" }))
    expect([refused.status, refused.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"])
    expect(await ask(app, "/a/", { method: "OPTIONS" })).toEqual([204, ""])
    expect(await ask(app, "/w/", { method: "POST" })).toEqual([200, "post"])
    expect((await ask(app, "//"))[0]).toBe(404)
  })
  test("is redirected with the query", async () => {
    const app = createApp({ trailingSlash: "redirect" })
    app.get("/a", () => "a")
    const response = await app.fetch(new Request("http://x/a/?b=%20&c"))
    expect([response.status, response.headers.get("location")]).toEqual([308, "/a?b=%20&c"])
  })
  test("never redirects to another site", async () => {
    const app = createApp({ trailingSlash: "redirect" })
    app.get("/*path", () => "a")
    expect((await app.fetch(new Request("http://x//evil.test/"))).status).toBe(200)
    const narrow = createApp({ trailingSlash: "redirect" })
    narrow.get("/:a/:b", () => "a")
    expect((await narrow.fetch(new Request("http://x//evil.test/"))).status).toBe(404)
  })
})

describe("time", () => {
  test("a route that takes too long is 503, and its signal aborts", async () => {
    const app = createApp({ timeoutMs: 10_000, onError: () => undefined })
    let aborted = false
    app.get("/slow", { timeoutMs: 20 }, async (ctx) => {
      ctx.signal.addEventListener("abort", () => {
        aborted = true
      })
      await Bun.sleep(200)
      return "late"
    })
    app.get("/quick", async () => "in time")
    const [status, body] = await ask(app, "/slow")
    expect([status, JSON.parse(body).code, aborted]).toEqual([503, "HTTP_TIMEOUT", true])
    expect(await ask(app, "/quick")).toEqual([200, "in time"])
  })

  test.each([Number.POSITIVE_INFINITY, 2 ** 31])("a route may take as long as it likes: %d ms", async (timeoutMs) => {
    const app = createApp({ timeoutMs: 10, onError: () => undefined })
    app.get("/slow", { timeoutMs }, async () => {
      await Bun.sleep(50)
      return "done"
    })
    expect(await ask(app, "/slow")).toEqual([200, "done"])
  })
})

describe("what a handler returns", () => {
  test("may be an error, which layers see as one", async () => {
    const seen: unknown[] = []
    const watch = layer({ name: "watch", error: (_ctx, error) => void seen.push(error) })
    const app = createApp({ layers: [watch] })
    app.get("/a", () => fail(errors.NotFound, "No such thing"))
    app.get("/b", () => new errors.Conflict("Taken"))
    expect((await ask(app, "/a"))[1]).toContain("No such thing")
    expect((await ask(app, "/b"))[0]).toBe(409)
    expect(seen).toEqual([expect.any(errors.NotFound), expect.any(errors.Conflict)])
  })
  test("may be the null of JSON, or nothing", async () => {
    const app = createApp()
    app.get("/json", (ctx) => ctx.json(null))
    app.get("/nothing", () => null)
    expect(await ask(app, "/json")).toEqual([200, "null"])
    expect(await ask(app, "/nothing")).toEqual([204, ""])
  })
  test("may be thenable without being a promise", async () => {
    const app = createApp()
    class Query {
      // biome-ignore lint/suspicious/noThenProperty: that is what is tested
      then(resolve: (value: unknown) => void): void {
        resolve({ rows: 1 })
      }
    }
    app.get("/", () => new Query())
    expect(await ask(app, "/")).toEqual([200, '{"rows":1}'])
  })
  test("is a defect when it has no JSON form", async () => {
    const reported: unknown[] = []
    const app = createApp({ onError: (error) => reported.push(error) })
    app.get("/function", () => () => 1)
    app.get("/circle", () => {
      const circle: Record<string, unknown> = {}
      circle.self = circle
      return circle
    })
    expect((await ask(app, "/function"))[0]).toBe(500)
    expect((await ask(app, "/circle"))[0]).toBe(500)
    expect(reported).toHaveLength(2)
  })
  test("never splits the answer with a header", async () => {
    const app = createApp({ onError: () => undefined })
    app.get("/", (ctx) => {
      ctx.set("x-name", "a\r\nset-cookie: b=1")
      return "ok"
    })
    const response = await app.fetch(new Request("http://x/"))
    expect([response.status, response.headers.get("set-cookie")]).toEqual([500, null])
  })
})

test("constant headers of layers give way to what an answer says itself", async () => {
  const plain = layer({ name: "plain", headers: { "cache-control": "no-store", "x-a": "1" } })
  const app = createApp({ layers: [plain] })
  app.get("/own", () => new Response("x", { headers: { "cache-control": "public" } }))
  app.get("/value", () => ({ a: 1 }))
  app.get("/set", (ctx) => {
    ctx.set("cache-control", "private")
    return "x"
  })
  const control = async (path: string): Promise<(string | null)[]> => {
    const { headers } = await app.fetch(new Request(`http://x${path}`))
    return [headers.get("cache-control"), headers.get("x-a")]
  }
  expect(await control("/own")).toEqual(["public", "1"])
  expect(await control("/value")).toEqual(["no-store", "1"])
  expect(await control("/set")).toEqual(["private", "1"])
  expect(await control("/nowhere")).toEqual(["no-store", "1"])
})
