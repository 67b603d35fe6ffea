import { describe, expect, test } from "bun:test"
import { type BaseContext, createApp, errors, layer, NotFound, Reply } from "@ashlar/http"
import { openCache } from "../open-cache.ts"
import { type CacheAnswersOptions, cacheAnswers, invalidateAnswers } from "./index.ts"

interface Ask {
  readonly path?: string
  readonly method?: string
  readonly headers?: Record<string, string>
}

/** An app whose one handler counts its calls, and what comes of asking it. */
function kept(options: Partial<CacheAnswersOptions>, handler: (ctx: BaseContext, calls: number) => unknown) {
  const errors: unknown[] = []
  const cache = openCache("memory:", { onError: (error) => errors.push(error) })
  const app = createApp()
  const seen = { calls: 0 }
  const all = cacheAnswers({ cache, ttl: "1m", ...options })
  for (const path of ["/a", "/b/:id"])
    app.get(path, { layers: [all] }, (ctx) => handler(ctx as BaseContext, ++seen.calls) as never)
  const ask = async ({ path = "/a", method = "GET", headers = {} }: Ask = {}) => {
    const response = await app.fetch(new Request(`http://localhost${path}`, { method, headers }))
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
  return { app, cache, ask, seen, errors }
}
const text = async (ask: Promise<{ text: string }>) => (await ask).text

describe("an answer that is kept", () => {
  test("is given again, with its age, its tag and its headers", async () => {
    const { ask, seen } = kept({}, (ctx, calls) => {
      ctx.set("x-inside", "1")
      return new Reply(200, { calls }, undefined, { "x-own": "2" })
    })
    const [first, second] = [await ask(), await ask()]
    expect([first.text, second.text, seen.calls]).toEqual(['{"calls":1}', '{"calls":1}', 1])
    for (const name of ["content-type", "x-inside", "x-own", "etag", "cache-control"])
      expect([name, second.headers.get(name)]).toEqual([name, first.headers.get(name) ?? "missing"])
    expect(second.headers.get("age")).toMatch(/^\d+$/)
    expect(second.headers.get("cache-control")).toBe("no-cache")
    const known = await ask({ headers: { "if-none-match": second.headers.get("etag")! } })
    expect([known.status, known.text, known.headers.get("etag")]).toEqual([304, "", second.headers.get("etag")])
    expect((await ask({ headers: { "if-none-match": '"other"' } })).status).toBe(200)
    const head = await ask({ method: "HEAD" })
    expect([head.status, head.text, head.headers.get("content-length"), seen.calls]).toEqual([200, "", "11", 1])
  })
  test("is made once for all who ask at once", async () => {
    const { ask, seen } = kept({}, async (_ctx, calls) => {
      await Bun.sleep(20)
      return `made ${calls}`
    })
    const all = await Promise.all(Array.from({ length: 20 }, () => text(ask())))
    expect([new Set(all), seen.calls]).toEqual([new Set(["made 1"]), 1])
  })
  test.each<[string, () => unknown, string]>([
    ["bytes", () => new Uint8Array([1, 2]), "\u0001\u0002"],
    ["nothing", () => null, ""],
    ["a web response", () => Response.json({ a: 1 }, { headers: { "x-own": "1" } }), '{"a":1}'],
    ["a 404", () => new Reply(404, "none"), "none"],
  ])("may be %s", async (_what, make, body) => {
    const { ask, seen } = kept({}, make)
    const [first, second] = [await ask(), await ask()]
    expect([second.text, second.status, second.headers.get("content-type"), seen.calls]).toEqual([
      body,
      first.status,
      first.headers.get("content-type"),
      1,
    ])
  })
  test("stands in when the handler fails, for a while, and gives way to what may not be kept", async () => {
    let mode: "well" | "throws" | "fails" | "private" = "well"
    const {
      ask,
      seen,
      errors: told,
    } = kept({ ttl: "20ms", staleIfError: "1m" }, (_ctx, calls) => {
      if (mode === "throws") throw new RangeError("the database is away")
      if (mode === "fails") return new Reply(503, "away")
      return mode === "private" ? new Reply(200, "mine", undefined, { "cache-control": "private" }) : `made ${calls}`
    })
    expect(await text(ask())).toBe("made 1")
    for (mode of ["throws", "fails"] as const) {
      await Bun.sleep(30)
      expect(await text(ask())).toBe("made 1")
      await Bun.sleep(2_010)
    }
    expect(told).toContainEqual(expect.objectContaining({ code: "CACHE_ANSWER_UNKEPT" }))
    mode = "private"
    expect([await text(ask()), await text(ask()), seen.calls]).toEqual(["mine", "mine", 5])
  })
  test("is given at once while it is made anew", async () => {
    const { ask, seen } = kept({ ttl: "20ms", staleWhileRevalidate: "1m" }, (_ctx, calls) => `made ${calls}`)
    expect(await text(ask())).toBe("made 1")
    await Bun.sleep(30)
    expect(await text(ask())).toBe("made 1")
    while (seen.calls < 2) await Bun.sleep(2)
    await Bun.sleep(5)
    expect(await text(ask())).toBe("made 2")
  })
  test("is dropped by its tags, and by what changes something with success", async () => {
    const { app, cache, ask, seen } = kept(
      { tags: ({ params }) => ["all", `id ${params.id}`] },
      (_ctx, calls) => `made ${calls}`,
    )
    let status = 409
    app.post(
      "/b/:id",
      { layers: [invalidateAnswers({ cache, tags: ({ params }) => [`id ${params.id}`] })] },
      () => new Reply(status, null),
    )
    const one = () => text(ask({ path: "/b/1" }))
    const two = () => text(ask({ path: "/b/2" }))
    expect([await one(), await two()]).toEqual(["made 1", "made 2"])
    await ask({ path: "/b/1", method: "POST" })
    expect(await one()).toBe("made 1")
    status = 204
    await ask({ path: "/b/1", method: "POST" })
    expect([await one(), await two()]).toEqual(["made 3", "made 2"])
    await cache.invalidate("all")
    expect([await one(), await two(), seen.calls]).toEqual(["made 4", "made 5", 5])
  })
  test("differs by what its key is made of, and by nothing else", async () => {
    const { ask } = kept({ query: ["page"], headers: ["Accept-Language"] }, (_ctx, calls) => `made ${calls}`)
    const answer = (path: string, language = "en") => text(ask({ path, headers: { "accept-language": language } }))
    expect([await answer("/a?page=1"), await answer("/a?page=2"), await answer("/a?page=1", "de")]).toEqual([
      "made 1",
      "made 2",
      "made 3",
    ])
    expect([await answer("/a?utm=x&page=1"), await answer("/a?page=1&page=2"), await answer("/b/1?page=1")]).toEqual([
      "made 1",
      "made 4",
      "made 5",
    ])
    expect((await ask()).headers.get("vary")?.toLowerCase()).toBe("accept-language")
  })
})

describe("what is not kept", () => {
  const answers: readonly [string, (ctx: BaseContext) => unknown][] = [
    ["an answer with a cookie", () => new Reply(200, "x", undefined, { "set-cookie": "session=ana" })],
    ["an answer with a cookie set on the context", (ctx) => ctx.set("set-cookie", "session=ana") ?? "x"],
    ["a web response with a cookie", () => new Response("x", { headers: { "set-cookie": "session=ana" } })],
    ["what says no-store", () => new Reply(200, "x", undefined, { "cache-control": "no-store" })],
    ["what says private", () => new Reply(200, "x", undefined, { "Cache-Control": "max-age=60, PRIVATE" })],
    ["what says so on the context", (ctx) => ctx.set("cache-control", "private") ?? "x"],
    ["what is over at once", () => new Reply(200, "x", undefined, { "cache-control": "max-age=0" })],
    ["what differs by a header that is no part of the key", () => new Reply(200, "x", undefined, { vary: "accept" })],
    ["what differs by everything", () => new Reply(200, "x", undefined, { vary: "*" })],
    ["a stream", () => new Reply(200, new Blob(["x"]).stream())],
    ["events", () => new Response("data: x\n\n", { headers: { "content-type": "text/event-stream" } })],
    ["a body that is too large", () => "x".repeat(1_001)],
    ["a redirect that may change", () => new Reply(302, null, undefined, { location: "/b/1" })],
    ["a failure", () => new Reply(500, "x")],
    ["an error", () => Promise.reject(new NotFound())],
  ]
  test.each(answers)("%s", async (_what, handler) => {
    const { ask, seen } = kept({ maxBodyBytes: 1_000 }, handler)
    const all = await Promise.all([ask(), ask(), ask()])
    const last = await ask()
    expect(seen.calls).toBeGreaterThanOrEqual(last.status === 404 ? 2 : 4)
    for (const one of all) expect([one.status, one.text]).toEqual([last.status, last.text])
  })
  test("the part of an answer", async () => {
    const { ask, seen } = kept({}, () => "whole")
    await ask({ headers: { range: "bytes=0-1" } })
    await ask({ headers: { range: "bytes=0-1" } })
    expect([await text(ask()), seen.calls]).toEqual(["whole", 3])
    expect([await text(ask({ headers: { range: "bytes=0-1" } })), seen.calls]).toEqual(["whole", 3])
  })
  test("headers that layers outside set for one caller", async () => {
    const outside = layer({
      name: "outside",
      before(ctx) {
        const caller = ctx.headers.get("x-name")
        if (caller !== null) ctx.set("x-caller", caller)
      },
    })
    const app = createApp({ layers: [outside] })
    const cache = openCache("memory:")
    app.get("/", { layers: [cacheAnswers({ cache, ttl: "1m" })] }, () => "x")
    const ask = async (headers: Record<string, string>) =>
      (await app.fetch(new Request("http://localhost/", { headers }))).headers.get("x-caller")
    expect([await ask({ "x-name": "ana" }), await ask({}), await ask({ "x-name": "bob" })]).toEqual([
      "ana",
      null,
      "bob",
    ])
    expect(cache.stats().makes).toBe(1)
  })
})

describe("one user's answer is never another's", () => {
  const greet = (ctx: BaseContext): string =>
    `hello ${ctx.headers.get("authorization") ?? ctx.headers.get("cookie") ?? "nobody"}`
  const cases: readonly [string, Partial<CacheAnswersOptions>][] = [
    ["by default", {}],
    ["by user", { user: (ctx) => ctx.headers.get("authorization") ?? ctx.headers.get("cookie") ?? undefined }],
    ["by a user that some have not", { user: (ctx) => ctx.headers.get("authorization")?.slice(7) }],
  ]
  const callers: readonly Record<string, string>[] = [
    { authorization: "Bearer ana" },
    { authorization: "Bearer bob" },
    { cookie: "session=ana" },
    { cookie: "session=bob" },
    { authorization: "Bearer a\\nuser" },
    { authorization: 'Bearer "ana"' },
    {},
  ]
  test.each(cases)("%s", async (_what, options) => {
    const { ask } = kept(options, greet)
    for (let round = 0; round < 3; round++) {
      const all = await Promise.all(callers.flatMap((headers) => [ask({ headers }), ask({ headers })]))
      for (const [at, { text: body, headers }] of all.entries()) {
        const sent = callers[at >> 1]!
        expect(body).toBe(`hello ${sent.authorization ?? sent.cookie ?? "nobody"}`)
        if (options.user !== undefined && sent.authorization !== undefined)
          expect(headers.get("cache-control")).toBe("private, no-cache")
      }
    }
  })
  test("though they ask at the same moment, and the first answer may not be shared", async () => {
    const { ask } = kept({ shared: true }, async (ctx) => {
      await Bun.sleep(10)
      return new Reply(200, greet(ctx), undefined, { "cache-control": "private" })
    })
    const names = ["Bearer ana", "Bearer bob", "Bearer eve"]
    expect(await Promise.all(names.map((authorization) => text(ask({ headers: { authorization } }))))).toEqual(
      names.map((name) => `hello ${name}`),
    )
  })
  test("but one that says that it is everybody's is", async () => {
    const { ask, seen } = kept({}, () => new Reply(200, "public", undefined, { "cache-control": "public, max-age=60" }))
    await ask()
    expect([await text(ask({ headers: callers[0]! })), seen.calls]).toEqual(["public", 1])
    const shared = kept({ shared: true }, () => "for all")
    for (const headers of callers) await shared.ask({ headers })
    expect(shared.seen.calls).toBe(1)
  })
  test("nor is the answer to one host another's, or one path's another's", async () => {
    const { app, ask } = kept({}, (ctx) => `${ctx.headers.get("host")} ${ctx.path} ${ctx.url.search}`)
    const at = async (host: string) =>
      (await app.fetch(new Request("http://localhost/a", { headers: { host } }))).text()
    expect([await at("a.example"), await at("evil.example")]).toEqual(["a.example /a ", "evil.example /a "])
    const paths = ["/b/1?x=2", "/b/1%3Fx=2", "/b/1?x%3D2", "/b/1%0A?x=2", "/b/1?%0Ax=2", "/b/1?x=2%0Auser"]
    const bodies = []
    for (const path of paths) bodies.push(await text(ask({ path })))
    expect(new Set(bodies).size).toBe(paths.length)
  })
  test("nor does who may not ask get what is kept for those who may", async () => {
    const cache = openCache("memory:")
    const signedIn = layer({
      name: "signedIn",
      errors: [errors.Unauthorized],
      before: (ctx): { user: string } => {
        const user = ctx.headers.get("authorization")
        if (user === null) throw new errors.Unauthorized()
        return { user }
      },
    })
    const app = createApp()
    app.scope(
      "/",
      [signedIn, cacheAnswers({ cache, ttl: "1m", user: (ctx) => (ctx as unknown as { user: string }).user })],
      (inside) => {
        inside.get("/me", (ctx) => ctx.user)
      },
    )
    const ask = async (authorization?: string) =>
      (
        await app.fetch(
          new Request("http://localhost/me", authorization === undefined ? {} : { headers: { authorization } }),
        )
      ).status
    expect([await ask("ana"), await ask("ana"), await ask()]).toEqual([200, 200, 401])
  })
  test.each<[Partial<CacheAnswersOptions>, string]>([
    [{ headers: ["Cookie"] }, "cookie"],
    [{ headers: ["authorization"] }, "authorization"],
    [{ shared: true, user: () => "a" }, "both"],
    [{ ttl: "0s" }, "ttl"],
  ])("so %j is refused", (options, message) => {
    expect(() => kept(options, greet)).toThrow(
      expect.objectContaining({ code: "CACHE_OPTION_INVALID", message: expect.stringContaining(message) }),
    )
  })
})
