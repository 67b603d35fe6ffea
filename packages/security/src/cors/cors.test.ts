import { describe, expect, test } from "bun:test"
import { type AnyLayer, createApp, errors, fail, layer, Reply } from "@ashlar/http"
import { when } from "@ashlar/http/layers"
import { cors } from "./cors.ts"
import type { CorsOptions } from "./cors-options.ts"
import { type Asked, browse } from "./testing-browser.ts"

const APP = "https://app.test"
const EVIL = "https://evil.test"

function serve(layers: AnyLayer[], inner: AnyLayer[] = []) {
  const app = createApp({ layers: layers as [], onError: () => undefined })
  let done = 0
  app.scope("/", inner as [], (scope) => {
    scope.get("/", () => new Reply(200, { done: ++done }, undefined, { "x-total": "7", "x-secret": "s" }))
    scope.put("/", () => ({ done: ++done }))
    scope.post("/", () => ({ done: ++done }))
    scope.get("/broken", () => {
      throw new TypeError("broken")
    })
    scope.get("/none", () => fail(errors.NotFound))
  })
  return { server: (request: Request) => app.fetch(request), count: () => done }
}

const json = { "content-type": "application/json" }

describe("a page in a browser", () => {
  const cases: [string, CorsOptions, Asked, string][] = [
    ["reads from an origin of the list", { origins: [APP] }, { origin: APP }, "read"],
    ["does not read from another", { origins: [APP] }, { origin: EVIL }, "hidden: no origin"],
    ["reads from anywhere", { origins: "*" }, { origin: EVIL }, "read"],
    [
      "does not read with cookies from anywhere",
      { origins: "*" },
      { origin: EVIL, credentials: true },
      "hidden: another origin",
    ],
    ["reads with cookies", { origins: [APP], credentials: true }, { origin: APP, credentials: true }, "read"],
    [
      "reads with cookies only where it is said",
      { origins: [APP] },
      { origin: APP, credentials: true },
      "hidden: no credentials",
    ],
    ["puts from an origin of the list", { origins: [APP] }, { origin: APP, method: "PUT" }, "read"],
    ["does not put from another", { origins: [APP] }, { origin: EVIL, method: "PUT" }, "blocked: no origin"],
    [
      "puts only where that is said",
      { origins: [APP], methods: ["DELETE"] },
      { origin: APP, method: "PUT" },
      "blocked: method",
    ],
    ["puts where every method is", { origins: "*", methods: ["*"] }, { origin: EVIL, method: "PUT" }, "read"],
    ["posts a form without asking", { origins: [APP], methods: [] }, { origin: APP, method: "POST" }, "read"],
    ["posts JSON", { origins: [APP] }, { origin: APP, method: "POST", headers: json }, "read"],
    [
      "does not post JSON from another",
      { origins: [APP] },
      { origin: EVIL, method: "POST", headers: json },
      "blocked: no origin",
    ],
    [
      "sends a header of the list, in any case",
      { origins: [APP], headers: ["X-Trace"] },
      { origin: APP, headers: { "x-TRACE": "1" } },
      "read",
    ],
    ["sends no other", { origins: [APP] }, { origin: APP, headers: { "x-trace": "1" } }, "blocked: header"],
    [
      "sends any",
      { origins: [APP], headers: "requested" },
      { origin: APP, headers: { "x-a": "1", "x-b": "2" } },
      "read",
    ],
    [
      "sends any with cookies",
      { origins: [APP], headers: "requested", credentials: true },
      { origin: APP, credentials: true, headers: { "x-a": "1" } },
      "read",
    ],
    [
      "sends no Authorization for a star",
      { origins: "*", headers: ["*"] },
      { origin: APP, headers: { authorization: "x" } },
      "blocked: header",
    ],
    ["sends Authorization by default", { origins: [APP] }, { origin: APP, headers: { authorization: "x" } }, "read"],
    [
      "sends none where there are none",
      { origins: [APP], headers: [] },
      { origin: APP, headers: { authorization: "x" } },
      "blocked: header",
    ],
    [
      "reaches a private network",
      { origins: [APP], privateNetwork: true },
      { origin: APP, method: "PUT", privateNetwork: true },
      "read",
    ],
    [
      "reaches none by default",
      { origins: [APP] },
      { origin: APP, method: "PUT", privateNetwork: true },
      "blocked: network",
    ],
    ["reads from below a domain", { origins: ["https://*.app.test"] }, { origin: "https://a.b.app.test" }, "read"],
    ["does not read from the domain itself", { origins: ["https://*.app.test"] }, { origin: APP }, "hidden: no origin"],
    [
      "does not read from a look-alike",
      { origins: ["https://*.app.test"] },
      { origin: "https://evilapp.test" },
      "hidden: no origin",
    ],
    [
      "does not read from below another",
      { origins: ["https://*.app.test"] },
      { origin: "https://a.app.test.evil.test" },
      "hidden: no origin",
    ],
    [
      "does not read over http",
      { origins: ["https://*.app.test"] },
      { origin: "http://a.app.test" },
      "hidden: no origin",
    ],
    ["does not read from another port", { origins: [APP] }, { origin: `${APP}:8443` }, "hidden: no origin"],
    [
      "does not read from a prefix",
      { origins: [/https:\/\/app\.test/] },
      { origin: "https://app.test.evil.test" },
      "hidden: no origin",
    ],
    [
      "does not read from half an alternative",
      { origins: [/https:\/\/a\.test|https:\/\/app\.test/] },
      { origin: "https://a.test.evil.test" },
      "hidden: no origin",
    ],
    ["reads by an expression", { origins: [/https:\/\/pr-\d+\.test/] }, { origin: "https://pr-12.test" }, "read"],
    ["does not read from a sandboxed frame", { origins: [/.+/] }, { origin: "null" }, "hidden: no origin"],
    ["reads from a sandboxed frame where that is said", { origins: ["null"] }, { origin: "null" }, "read"],
    ["reads by a function", { origins: (origin) => origin === APP }, { origin: APP, method: "PUT" }, "read"],
    [
      "does not read by one that says no, later",
      { origins: async () => false },
      { origin: APP, method: "PUT" },
      "blocked: no origin",
    ],
    ["reads by one that says yes, later", { origins: async () => true }, { origin: APP, method: "PUT" }, "read"],
    ["is not asked about as null", { origins: () => true }, { origin: "null" }, "hidden: no origin"],
    ["may be an app's shell", { origins: ["capacitor://localhost"] }, { origin: "capacitor://localhost" }, "read"],
  ]
  test.each(cases)("%s", async (_name, options, asked, expected) => {
    for (const scoped of [false, true]) {
      const { server, count } = serve(scoped ? [] : [cors(options)], scoped ? [cors(options)] : [])
      const seen = await browse(server, asked)
      expect(seen.outcome === "read" ? "read" : `${seen.outcome}: ${seen.why}`).toBe(expected)
      expect(count()).toBe(seen.outcome === "blocked" ? 0 : 1)
    }
  })

  test("sees the headers that are exposed, and no others", async () => {
    const see = async (options: CorsOptions) => {
      const seen = await browse(serve([cors(options)]).server, { origin: APP })
      return seen.outcome === "read" ? seen.headers.filter((name) => name.startsWith("x-")) : seen.why
    }
    expect(await see({ origins: [APP] })).toEqual([])
    expect(await see({ origins: [APP], exposedHeaders: ["X-Total"] })).toEqual(["x-total"])
    expect(await see({ origins: "*", exposedHeaders: ["*"] })).toEqual(["x-secret", "x-total"])
  })
})

describe("answers", () => {
  const get = (path: string, layers: AnyLayer[], headers: Record<string, string> = { origin: APP }, method = "GET") =>
    serve(layers).server(new Request(`https://api.test${path}`, { method, headers }))

  test.each([
    ["/", 200],
    ["/broken", 500],
    ["/none", 404],
    ["/nowhere", 404],
  ])("of %s (%d) can be read, and vary by their origin", async (path, status) => {
    const answer = await get(path, [cors({ origins: [APP], credentials: true })])
    expect(answer.status).toBe(status)
    expect(answer.headers.get("access-control-allow-origin")).toBe(APP)
    expect(answer.headers.get("access-control-allow-credentials")).toBe("true")
    expect(answer.headers.get("vary")).toMatch(/\borigin\b/i)
  })
  test("vary by their origin for those who send none, too", async () => {
    const answer = await get("/", [cors({ origins: [APP] })], {})
    expect([answer.headers.get("vary"), answer.headers.has("access-control-allow-origin")]).toEqual(["Origin", false])
    const open = await get("/", [cors({ origins: "*" })], {})
    expect([open.headers.get("vary"), open.headers.get("access-control-allow-origin")]).toEqual([null, "*"])
  })
  test("to methods that are not taken can be read", async () => {
    const answer = await get("/", [cors({ origins: [APP] })], { origin: APP }, "DELETE")
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([405, APP])
  })
  test("to preflights are kept for their time, and by what they depend on", async () => {
    const ask = { origin: APP, "access-control-request-method": "PUT", "access-control-request-headers": "x-a" }
    const kept = async (options: CorsOptions) => (await get("/", [cors(options)], ask, "OPTIONS")).headers
    const plain = await kept({ origins: [APP] })
    expect(plain.get("access-control-max-age")).toBe("7200")
    expect(plain.get("vary")).toBe("Origin, Access-Control-Request-Method")
    const other = await kept({ origins: [APP], maxAgeSeconds: 0, headers: "requested", privateNetwork: true })
    expect(other.get("access-control-max-age")).toBe("0")
    expect(other.get("access-control-allow-headers")).toBe("x-a")
    expect(other.get("vary")).toContain("Access-Control-Request-Headers, Access-Control-Request-Private-Network")
    expect(other.get("access-control-allow-private-network")).toBeNull()
  })
  test("to a preflight of a stranger are refused by name", async () => {
    const ask = { origin: EVIL, "access-control-request-method": "PUT" }
    const answer = await get("/", [cors({ origins: [APP] })], ask, "OPTIONS")
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([403, "SECURITY_ORIGIN_REFUSED"])
  })
  test("give no header back that is none", async () => {
    const ask = {
      origin: APP,
      "access-control-request-method": "PUT",
      "access-control-request-headers": "x-a: 1; <script>",
    }
    const answer = await get("/", [cors({ origins: [APP], headers: "requested" })], ask, "OPTIONS")
    expect(answer.headers.get("access-control-allow-headers")).toBeNull()
  })
  test("to an OPTIONS that is no preflight say what is taken", async () => {
    const answer = await serve([], [cors({ origins: [APP] })]).server(
      new Request("https://api.test/", { method: "OPTIONS", headers: { origin: APP } }),
    )
    expect([answer.status, answer.headers.get("allow")]).toEqual([204, "GET, PUT, POST, OPTIONS, HEAD"])
  })
})

describe("layers", () => {
  const refuse = layer({ name: "auth", before: () => fail(errors.Unauthorized) })

  test("inside of cors do not see preflights, and their refusals can be read", async () => {
    for (const [outer, inner] of [
      [[cors({ origins: [APP] }), refuse], []],
      [[cors({ origins: [APP] })], [refuse]],
    ] as const) {
      const { server, count } = serve([...outer], [...inner])
      const seen = await browse(server, { origin: APP, method: "PUT" })
      expect([seen.outcome, seen.response.status, count()]).toEqual(["read", 401, 0])
    }
  })
  test("outside of it do", async () => {
    const seen = await browse(serve([refuse], [cors({ origins: [APP] })]).server, { origin: APP, method: "PUT" })
    expect([seen.outcome, seen.response.status]).toEqual(["blocked", 401])
  })
  test("of a route decide over those of the app, whatever refuses between them", async () => {
    const app = cors({ origins: "*", exposedHeaders: ["*"] })
    const own = cors({ origins: [APP], credentials: true })
    for (const inner of [[own], [refuse, own]]) {
      const { server } = serve([app], inner)
      expect((await browse(server, { origin: APP, method: "PUT", credentials: true })).outcome).toBe("read")
      const evil = await browse(server, { origin: EVIL, method: "PUT" })
      expect([evil.outcome, evil.response.headers.has("access-control-allow-origin")]).toEqual(["blocked", false])
      const simple = await browse(server, { origin: EVIL })
      expect([simple.outcome, simple.response.headers.has("access-control-expose-headers")]).toEqual(["hidden", false])
    }
  })
  test("speak for no other route, at the same path or at a less specific one", async () => {
    const open = cors({ origins: [APP] })
    const app = createApp()
    app.get("/same", { layers: [open] }, () => "")
    app.put("/same", () => "")
    app.get("/users/me", { layers: [open] }, () => "")
    app.put("/users/:id", () => "")
    app.delete("/users/:id", { layers: [open] }, () => "")
    const asked = async (path: string, method: string): Promise<boolean> => {
      const headers = { origin: APP, "access-control-request-method": method }
      const answer = await app.fetch(new Request(`https://api.test${path}`, { method: "OPTIONS", headers }))
      return answer.headers.has("access-control-allow-origin")
    }
    expect([await asked("/same", "GET"), await asked("/same", "PUT")]).toEqual([true, false])
    expect([await asked("/users/me", "PUT"), await asked("/users/me", "DELETE")]).toEqual([false, true])
    expect([await asked("/users/7", "PUT"), await asked("/users/7", "DELETE")]).toEqual([false, true])
  })
  test("may be conditional", async () => {
    const some = when((ctx) => ctx.headers.has("x-on"), cors({ origins: [APP], headers: ["x-on"] }))
    const { server } = serve([], [some])
    expect((await browse(server, { origin: APP })).outcome).toBe("hidden")
    const on = await server(new Request("https://api.test/", { headers: { origin: APP, "x-on": "1" } }))
    expect(on.headers.get("access-control-allow-origin")).toBe(APP)
    const preflight = { origin: APP, "x-on": "1", "access-control-request-method": "PUT" }
    const answer = await server(new Request("https://api.test/", { method: "OPTIONS", headers: preflight }))
    expect(answer.headers.get("access-control-allow-origin")).toBe(APP)
    const { "x-on": _off, ...off } = preflight
    const other = await server(new Request("https://api.test/", { method: "OPTIONS", headers: off }))
    expect([other.status, other.headers.has("access-control-allow-origin")]).toEqual([204, false])
  })
})

describe("what cannot be meant is refused when it is made", () => {
  const wrong: [string, CorsOptions][] = [
    ["everybody with credentials", { origins: "*", credentials: true }],
    ["nobody", { origins: [] }],
    ["a path", { origins: ["https://app.test/a"] }],
    ["a slash at the end", { origins: ["https://app.test/"] }],
    ["no scheme", { origins: ["app.test"] }],
    ["capitals", { origins: ["https://App.test"] }],
    ["the default port", { origins: ["https://app.test:443"] }],
    ["a login", { origins: ["https://a@app.test"] }],
    ["a star in a list", { origins: ["*"] }],
    ["a star in a name", { origins: ["https://app-*.test"] }],
    ["a star for a top-level domain", { origins: ["https://*.test"] }],
    ["a star at the end", { origins: ["https://app.*"] }],
    ["a plain dot", { origins: [/https:\/\/app.test/] }],
    ["an expression that remembers", { origins: [/https:\/\/app\.test/g] }],
    ["an expression of everybody with credentials", { origins: [/.*/], credentials: true }],
    ["an expression of all of https with credentials", { origins: [/https:\/\/.+/], credentials: true }],
    ["sandboxed frames with credentials", { origins: ["null"], credentials: true }],
    ["all headers with credentials", { origins: [APP], credentials: true, headers: ["*"] }],
    ["all methods with credentials", { origins: [APP], credentials: true, methods: ["*"] }],
    ["all exposed with credentials", { origins: [APP], credentials: true, exposedHeaders: ["*"] }],
    ["a private network for everybody", { origins: "*", privateNetwork: true }],
    ["a method in small letters", { origins: [APP], methods: ["put"] }],
    ["a method that browsers never send", { origins: [APP], methods: ["TRACE"] }],
    ["a header that is none", { origins: [APP], headers: ["x a"] }],
    ["a header with a line break", { origins: [APP], exposedHeaders: ["a\r\nb"] }],
    ["a time that is too long", { origins: [APP], maxAgeSeconds: 86_401 }],
    ["a time that is none", { origins: [APP], maxAgeSeconds: Number.NaN }],
  ]
  test.each(wrong)("%s", (_name, options) => {
    expect(() => cors(options)).toThrow(expect.objectContaining({ code: "SECURITY_CORS_INVALID" }))
  })
})
