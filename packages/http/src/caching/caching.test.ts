import { describe, expect, test } from "bun:test"
import { type BaseContext, createApp, type Layer, Reply } from "../index.ts"
import { type CacheDirectives, cacheControl, formatCacheControl } from "./cache-control.ts"
import { lastModified, notModified, preconditions } from "./conditional.ts"
import { etag } from "./etag.ts"
import { formatHttpDate, parseHttpDate } from "./http-date.ts"
import { isRangeWanted, knownOf, type Outcome, type Validators, weigh } from "./preconditions.ts"

const AT = Date.UTC(2026, 0, 2, 3, 4, 5)
const THEN = "Fri, 02 Jan 2026 03:04:05 GMT"
const BEFORE = "Fri, 02 Jan 2026 03:04:04 GMT"
const LATER = "Fri, 02 Jan 2026 03:04:06 GMT"

describe("a date of HTTP", () => {
  const rows: [string, number | undefined][] = [
    ["Sun, 06 Nov 1994 08:49:37 GMT", Date.UTC(1994, 10, 6, 8, 49, 37)],
    ["Sunday, 06-Nov-94 08:49:37 GMT", Date.UTC(1994, 10, 6, 8, 49, 37)],
    ["Sun Nov  6 08:49:37 1994", Date.UTC(1994, 10, 6, 8, 49, 37)],
    [THEN, AT],
    ["1994-11-06T08:49:37Z", undefined],
    ["Sun, 06 Nov 1994 08:49:37 +0000", undefined],
    ["Sun, 06 Nov 1994 24:49:37 GMT", undefined],
    ["Sun, 31 Feb 1994 08:49:37 GMT", undefined],
    ["Sun, 06 Xyz 1994 08:49:37 GMT", undefined],
    ["784111777000", undefined],
    ["", undefined],
  ]
  test.each(rows)("%s is read, or is none", (text, time) => expect(parseHttpDate(text)).toBe(time as number))
  test("comes back as it was", () => {
    for (let day = 0; day < 4000; day++) {
      const time = (day * 86_400 + ((day * 7919) % 86_400)) * 1000
      expect(parseHttpDate(formatHttpDate(time))).toBe(time)
    }
  })
})

describe("the conditions of a request", () => {
  const both: Validators = { etag: '"a"', lastModified: AT + 999 }
  const rows: [string, string, Record<string, string>, Validators, Outcome][] = [
    ["none", "GET", {}, both, "go on"],
    // If-Match: strong, first of all, and instead of If-Unmodified-Since.
    ["the same tag", "PUT", { "if-match": '"a"' }, both, "go on"],
    ["one of several tags", "PUT", { "if-match": '"x", "a" , W/"z"' }, both, "go on"],
    ["another tag", "PUT", { "if-match": '"b"' }, both, "failed"],
    ["another tag, for reading", "GET", { "if-match": '"b"' }, both, "failed"],
    ["a weak tag", "PUT", { "if-match": 'W/"a"' }, both, "failed"],
    ["a weak tag that is the very one", "PUT", { "if-match": 'W/"a"' }, { etag: 'W/"a"' }, "failed"],
    ["any, and there is one", "PUT", { "if-match": "*" }, both, "go on"],
    ["any, and there is none", "PUT", { "if-match": "*" }, { etag: null }, "failed"],
    ["a tag, and there is none", "PUT", { "if-match": '"a"' }, { etag: null }, "failed"],
    ["a tag that is malformed", "PUT", { "if-match": "a" }, both, "failed"],
    ["a tag with a comma", "PUT", { "if-match": '"x,"a"' }, { etag: '"x,"' }, "go on"],
    ["a tag before a date", "PUT", { "if-match": '"a"', "if-unmodified-since": BEFORE }, both, "go on"],
    // If-Unmodified-Since
    ["unchanged since then", "PUT", { "if-unmodified-since": THEN }, both, "go on"],
    ["changed since then", "PUT", { "if-unmodified-since": BEFORE }, both, "failed"],
    ["unchanged since no date", "PUT", { "if-unmodified-since": "yesterday" }, both, "go on"],
    ["unchanged since then, and who knows", "PUT", { "if-unmodified-since": BEFORE }, { etag: '"a"' }, "go on"],
    // If-None-Match: weak, and instead of If-Modified-Since.
    ["not the same tag", "GET", { "if-none-match": '"a"' }, both, "not modified"],
    ["not the same tag, asked by HEAD", "HEAD", { "if-none-match": '"a"' }, both, "not modified"],
    ["not the same tag, for writing", "PUT", { "if-none-match": '"a"' }, both, "failed"],
    ["not a weak one like it", "GET", { "if-none-match": 'W/"a"' }, both, "not modified"],
    ["not this, where ours is weak", "GET", { "if-none-match": '"a"' }, { etag: 'W/"a"' }, "not modified"],
    ["not one of several", "GET", { "if-none-match": '"x", W/"a"' }, both, "not modified"],
    ["not another", "GET", { "if-none-match": '"b"' }, both, "go on"],
    ["not any, and there is one", "PUT", { "if-none-match": "*" }, both, "failed"],
    ["not any, and there is none", "PUT", { "if-none-match": "*" }, { etag: null }, "go on"],
    ["not any, for reading", "GET", { "if-none-match": " * " }, both, "not modified"],
    ["a tag before a later date", "GET", { "if-none-match": '"b"', "if-modified-since": LATER }, both, "go on"],
    // If-Modified-Since
    ["changed since then", "GET", { "if-modified-since": BEFORE }, both, "go on"],
    ["not changed since then", "GET", { "if-modified-since": THEN }, both, "not modified"],
    ["not changed since later", "HEAD", { "if-modified-since": LATER }, both, "not modified"],
    ["a date, for writing", "PUT", { "if-modified-since": LATER }, both, "go on"],
    ["changed since no date", "GET", { "if-modified-since": "2026-01-02" }, both, "go on"],
    ["both kinds met", "GET", { "if-match": '"a"', "if-none-match": '"a"' }, both, "not modified"],
    ["both kinds, the first failed", "GET", { "if-match": '"b"', "if-none-match": '"a"' }, both, "failed"],
  ]
  test.each(rows)("come to what the standard says: %s, by %s", (_what, method, headers, validators, outcome) =>
    expect(weigh(method, new Headers(headers) as never, knownOf(validators))).toBe(outcome),
  )

  const ranges: [string | null, Validators, boolean][] = [
    [null, both, true],
    ['"a"', both, true],
    ['"b"', both, false],
    ['W/"a"', { etag: 'W/"a"' }, false],
    [THEN, both, true],
    [LATER, both, false],
    [BEFORE, both, false],
    [THEN, { etag: '"a"' }, false],
    ["nonsense", both, false],
  ]
  test.each(ranges)("let a range be sent for If-Range %s", (header, validators, expected) =>
    expect(isRangeWanted(header, knownOf(validators))).toBe(expected),
  )
  test("are weighed against validators that are some", () => {
    expect(knownOf({ etag: "rev-7" }).etag).toBe('"rev-7"')
    for (const wrong of [{ etag: 'a"b' }, { etag: "a\r\nb" }, { etag: "é" }, { lastModified: new Date("x") }])
      expect(() => knownOf(wrong)).toThrow(expect.objectContaining({ code: "HTTP_VALIDATOR_INVALID" }))
  })
})

type Answer = { status: number; headers: Headers; text: string; code: unknown }
type Handle = (ctx: BaseContext) => unknown

async function ask(handle: Handle, method = "GET", headers = {}, layers: readonly Layer[] = []): Promise<Answer> {
  const app = createApp({ onError: () => undefined })
  const routes = (scope: Pick<typeof app, "get" | "put">): void => {
    scope.get("/", (ctx) => handle(ctx))
    scope.put("/", (ctx) => handle(ctx))
  }
  if (layers.length === 0) routes(app)
  else app.scope("/", [layers[0]!], routes)
  const response = await app.fetch(new Request("http://x/", { method, headers }))
  const text = await response.text()
  const code = text.startsWith("{") ? (JSON.parse(text) as { code?: unknown }).code : undefined
  return { status: response.status, headers: response.headers, text, code }
}

describe("a handler that knows its resource's state", () => {
  const article: Handle = (ctx) => {
    cacheControl(ctx, { private: true, noCache: true })
    return notModified(ctx, { etag: "rev-7", lastModified: new Date(AT) }) ?? { title: "a" }
  }
  test("says it, and answers who has it with 304 and the same headers", async () => {
    const first = await ask(article)
    expect([first.status, first.text]).toEqual([200, '{"title":"a"}'])
    const names = ["etag", "last-modified", "cache-control"]
    const said = names.map((name) => first.headers.get(name))
    expect(said).toEqual(['"rev-7"', THEN, "private, no-cache"])
    for (const headers of [{ "if-none-match": '"rev-7"' }, { "if-modified-since": THEN }]) {
      const second = await ask(article, "GET", headers)
      expect([second.status, second.text, second.headers.get("content-type")]).toEqual([304, "", null])
      expect(names.map((name) => second.headers.get(name))).toEqual(said)
    }
  })
  test("refuses to read another state", async () => {
    const { status, code, headers } = await ask(article, "GET", { "if-match": '"rev-6"' })
    expect([status, code]).toEqual([412, "HTTP_PRECONDITION_FAILED"])
    expect([headers.get("etag"), headers.get("cache-control")]).toEqual([null, "no-store"])
  })
  test("may know only the time", async () => {
    const handler: Handle = (ctx) => lastModified(ctx, AT) ?? "text"
    expect((await ask(handler)).headers.get("last-modified")).toBe(THEN)
    expect((await ask(handler, "GET", { "if-modified-since": THEN })).status).toBe(304)
  })
  test("says no change that is still to come", async () => {
    const soon = new Date(Date.now() + 60_000)
    const handler: Handle = (ctx) => notModified(ctx, { etag: "7", lastModified: soon }) ?? "text"
    const { status, headers } = await ask(handler, "GET", { "if-modified-since": THEN })
    expect([status, headers.get("etag"), headers.get("last-modified")]).toEqual([200, '"7"', null])
  })
  const writes: [string, Record<string, string>, Validators & { required?: boolean }, number, string | undefined][] = [
    ["the present state", { "if-match": '"7"' }, { etag: "7" }, 200, undefined],
    ["an old state", { "if-match": '"6"' }, { etag: "7" }, 412, "HTTP_PRECONDITION_FAILED"],
    ["no state", {}, { etag: "7" }, 428, "HTTP_PRECONDITION_REQUIRED"],
    ["no state, where that is allowed", {}, { etag: "7", required: false }, 200, undefined],
    ["a state of what is gone", { "if-match": '"7"' }, { etag: null }, 412, "HTTP_PRECONDITION_FAILED"],
    ["that it is new", { "if-none-match": "*" }, { etag: null }, 200, undefined],
    ["that it is new, which it is not", { "if-none-match": "*" }, { etag: "7" }, 412, "HTTP_PRECONDITION_FAILED"],
    ["an old time", { "if-unmodified-since": BEFORE }, { lastModified: AT }, 412, "HTTP_PRECONDITION_FAILED"],
  ]
  test.each(writes)("lets a write pass that names %s or refuses it", async (_what, headers, state, status, code) => {
    let writes = 0
    const handler: Handle = (ctx) => {
      preconditions(ctx, state)
      writes++
      return "written"
    }
    const answer = await ask(handler, "PUT", headers)
    expect([answer.status, answer.code, writes]).toEqual([status, code, status === 200 ? 1 : 0])
  })
})

describe("the etag layer", () => {
  const layers = [etag()]
  const tagOf = async (handler: Handle): Promise<string | null> =>
    (await ask(handler, "GET", {}, layers)).headers.get("etag")

  test("tags by content: the same for the same, another for another", async () => {
    const tags = await Promise.all(
      ["a", "b", { a: 1 }, '{"a":1}', new Uint8Array([97]), new Uint8Array([97]).buffer, "x".repeat(100_000)].map(
        (value) => tagOf(() => value),
      ),
    )
    for (const tag of tags) expect(tag).toMatch(/^"[\w-]{22}"$/)
    expect(tags[0]).toBe(tags[4])
    expect(tags[0]).toBe(tags[5])
    expect(tags[2]).toBe(tags[3])
    expect(new Set(tags).size).toBe(4)
  })
  test("answers 304 to who has it, without what belongs to a body", async () => {
    const handler: Handle = () =>
      new Reply(200, "text", "text/plain", { "content-language": "en", "x-kept": "yes", vary: "accept" })
    const first = await ask(handler, "GET", {}, layers)
    for (const method of ["GET", "HEAD"]) {
      const { status, text, headers } = await ask(
        handler,
        method,
        { "if-none-match": `W/${first.headers.get("etag")}` },
        layers,
      )
      expect([status, text, headers.get("etag")]).toEqual([304, "", first.headers.get("etag")])
      const seen = ["content-language", "content-type", "x-kept", "vary"].map((name) => headers.get(name))
      expect(seen).toEqual([null, null, "yes", "accept"])
    }
    expect((await ask(handler, "GET", { "if-none-match": '"other"' }, layers)).status).toBe(200)
  })
  test("uses what the handler said", async () => {
    const own: Handle = () => new Reply(200, "text", undefined, { ETag: '"own"' })
    expect(await tagOf(own)).toBe('"own"')
    expect((await ask(own, "GET", { "if-none-match": '"own"' }, layers)).status).toBe(304)
    const timed: Handle = (ctx) => {
      ctx.set("last-modified", THEN)
      return "text"
    }
    expect((await ask(timed, "GET", { "if-modified-since": THEN }, layers)).status).toBe(304)
    const response: Handle = () => new Response("text", { headers: { etag: '"own"' } })
    expect((await ask(response, "GET", { "if-none-match": '"own"' }, layers)).status).toBe(304)
  })
  test("refuses to give another state than is wanted", async () => {
    const { status, code } = await ask(() => "text", "GET", { "if-match": '"other"' }, layers)
    expect([status, code]).toEqual([412, "HTTP_PRECONDITION_FAILED"])
  })
  const untagged: [string, Handle, string][] = [
    ["a stream", () => new Response("text").body!, "GET"],
    [
      "an iterable",
      async function* () {
        yield "a"
      },
      "GET",
    ],
    ["a large body", () => "x".repeat(1024 * 1024 + 1), "GET"],
    ["another status", (ctx) => ctx.json({}, 201), "GET"],
    ["an error", () => new Reply(404, "no"), "GET"],
    ["another method", () => "text", "PUT"],
    ["nothing", () => null, "GET"],
  ]
  test.each(untagged)("tags no %s", async (_what, handler, method) => {
    expect((await ask(handler, method, {}, layers)).headers.get("etag")).toBeNull()
  })
})

describe("Cache-Control", () => {
  const rows: [CacheDirectives, string][] = [
    [{ noStore: true }, "no-store"],
    [{ private: true, maxAgeSeconds: 0, mustRevalidate: true }, "private, must-revalidate, max-age=0"],
    [{ public: true, maxAgeSeconds: 60, immutable: true }, "public, immutable, max-age=60"],
    [
      { public: true, sMaxAgeSeconds: 60, staleWhileRevalidateSeconds: 30, staleIfErrorSeconds: 600 },
      "public, s-maxage=60, stale-while-revalidate=30, stale-if-error=600",
    ],
    [{ noTransform: true, noCache: true }, "no-cache, no-transform"],
  ]
  test.each(rows)("says %p", (directives, text) => expect(formatCacheControl(directives)).toBe(text))
  const wrong: CacheDirectives[] = [
    {},
    { public: false },
    { public: true, private: true },
    { noStore: true, maxAgeSeconds: 60 },
    { maxAgeSeconds: -1 },
    { maxAgeSeconds: 1.5 },
    { sMaxAgeSeconds: Number.NaN },
  ]
  test.each(wrong)("refuses %p", (directives) =>
    expect(() => cacheControl(directives)).toThrow(expect.objectContaining({ code: "HTTP_CACHE_CONTROL_INVALID" })),
  )
  test("stands on all answers of a layer's routes but errors", async () => {
    const layers = [cacheControl({ public: true, maxAgeSeconds: 60 })]
    expect((await ask(() => "a", "GET", {}, layers)).headers.get("cache-control")).toBe("public, max-age=60")
    const own: Handle = () => new Reply(200, "a", undefined, { "cache-control": "no-store" })
    expect((await ask(own, "GET", {}, layers)).headers.get("cache-control")).toBe("no-store")
    const failed = await ask(() => JSON.parse("{"), "GET", {}, layers)
    expect([failed.status, failed.headers.get("cache-control")]).toEqual([500, "no-store"])
  })
})
