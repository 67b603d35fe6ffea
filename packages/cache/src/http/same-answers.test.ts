import { expect, test } from "bun:test"
import { type ManualClock, manualClock } from "@ashlar/core"
import { type BaseContext, createApp, Reply } from "@ashlar/http"
import { defineVersions } from "@ashlar/http/versioning"
import fc from "fast-check"
import { MemoryStore } from "../drivers/memory.ts"
import { TieredStore } from "../drivers/tiered.ts"
import { CacheStoreFailed } from "../errors.ts"
import { openCache } from "../open-cache.ts"
import type { CacheStore } from "../store.ts"
import { type CacheAnswersOptions, cacheAnswers } from "./index.ts"

/** What is held in memory is served by a way of its own: whatever is asked, the answers are those of the long way. */

interface Ask {
  readonly method: "GET" | "HEAD"
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Ask for it with the tag of the last answer. */
  readonly isKnown: boolean
  /** Time that passes before. */
  readonly afterMs: number
  readonly isInvalidated: boolean
}

const SIZE = { maxEntries: 1_000, maxBytes: 10_000_000 }
const PLACES = {
  "/plain": {},
  "/public": { "cache-control": "public, max-age=5" },
  "/dated": {},
  "/bytes": {},
} as const

/** The same store with nothing that could be had at once. */
function longWay(store: MemoryStore): CacheStore {
  return {
    sharesValues: false,
    maxPayloadBytes: store.maxPayloadBytes,
    get: async (key) => structuredClone(store.get(key)),
    getMany: async (keys) => structuredClone(store.getMany(keys)),
    set: (items) => store.set(items),
    delete: (keys) => store.delete(keys),
    flush: (prefix) => store.flush(prefix),
    invalidate: (tags) => store.invalidate(tags),
    begin: (key, tags, ttlMs) => store.begin(key, tags, ttlMs),
    fill: (key, entry, lease) => store.fill(key, entry, lease),
    end: (key, lease) => store.end(key, lease),
    close: () => store.close(),
  }
}

function appOn(store: CacheStore, clock: ManualClock, options: Partial<CacheAnswersOptions>) {
  const cache = openCache(store, { clock })
  const app = createApp()
  const kept = cacheAnswers({ cache, ttl: "10s", tags: ["all"], ...options })
  const calls: string[] = []
  const echo = ({ path, url, headers }: BaseContext): string => {
    const who = headers.get("authorization") ?? headers.get("cookie") ?? "nobody"
    calls.push(`${path}${url.search} for ${who}`)
    return `${calls.length}: ${headers.get("host")} ${path}${url.search} ${headers.get("accept-language")} ${who}`
  }
  for (const [path, headers] of Object.entries(PLACES))
    app.get(`${path}/*rest`, { layers: [kept] }, (ctx) => {
      const text = echo(ctx as BaseContext)
      if (path === "/bytes") return new TextEncoder().encode(text)
      const dated = path === "/dated" && { "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT" }
      return new Reply(200, text, "text/plain", { ...headers, ...dated })
    })
  let etag = ""
  const ask = async ({ method, path, headers, isKnown, isInvalidated }: Ask) => {
    if (isInvalidated) await cache.invalidate("all")
    const known = isKnown && etag !== "" ? { "if-none-match": etag } : {}
    const request = new Request(`http://localhost${path}`, { method, headers: { ...headers, ...known } })
    const response = await app.fetch(request)
    etag = response.headers.get("etag") ?? etag
    // Bun says when it was that it answered; that is another time for each.
    response.headers.delete("date")
    return { status: response.status, headers: [...response.headers].sort(), text: await response.text() }
  }
  return { ask, calls }
}

const ask: fc.Arbitrary<Ask> = fc.record({
  method: fc.constantFrom("GET", "GET", "GET", "HEAD"),
  path: fc
    .tuple(
      fc.constantFrom(...Object.keys(PLACES), "/plain", "/plain", "/plain"),
      fc.constantFrom("", "", "", "b", "?p=1", "?p=2&x=1", "?x=3"),
    )
    .map((parts) => parts.join("/")),
  headers: fc.constantFrom<Record<string, string>[]>(
    { host: "a.example" },
    { host: "a.example" },
    { host: "a.example" },
    { host: "a.example" },
    { host: "A.EXAMPLE" },
    { host: "b.example", "accept-language": "de" },
    { host: "a.example", "accept-language": "de" },
    { host: "a.example", authorization: "Bearer ana" },
    { host: "a.example", authorization: "Bearer bob" },
    { host: "a.example", cookie: "session=eve" },
    { host: "a.example", "if-none-match": '"other"' },
    { host: "a.example", "if-modified-since": "Thu, 01 Jan 2026 00:00:00 GMT" },
    { host: "a.example", "if-modified-since": "Wed, 31 Dec 2025 00:00:00 GMT" },
    { host: "a.example", "cache-control": "no-cache", pragma: "no-cache" },
  ),
  isKnown: fc.boolean(),
  afterMs: fc.constantFrom(0, 0, 0, 1, 400, 999, 1_000, 4_000, 11_000),
  isInvalidated: fc.integer({ min: 0, max: 15 }).map((one) => one === 7),
})

const CONFIGURATIONS: readonly (readonly [string, Partial<CacheAnswersOptions>])[] = [
  ["as it is set by default", {}],
  ["for everybody", { shared: true }],
  ["without the query", { query: false }],
  ["with one parameter of the query", { query: ["p"] }],
  ["by a header", { headers: ["accept-language"] }],
  ["with answers that may stand in", { staleIfError: "1m" }],
  ["by user", { user: (ctx) => ctx.headers.get("authorization") ?? undefined }],
]

test.each(CONFIGURATIONS)("the short way answers as the long one does, %s", async (_name, options) => {
  await fc.assert(
    fc.asyncProperty(fc.array(ask, { maxLength: 60, size: "max" }), async (asks) => {
      const clock = manualClock()
      const short = appOn(new MemoryStore(SIZE, clock), clock, options)
      const long = appOn(longWay(new MemoryStore(SIZE, clock)), clock, options)
      for (const one of asks) {
        clock.advance(one.afterMs)
        const [first, second] = [await short.ask(one), await long.ask(one)]
        expect(first).toEqual(second)
        if (options.shared !== true) expect(isOthers(first.text, one)).toBe(false)
      }
      expect(short.calls).toEqual(long.calls)
    }),
    { numRuns: 60 },
  )
})

/** Whether an answer, which says for whom it was made, was made for another. */
function isOthers(text: string, { path, headers }: Ask): boolean {
  if (text === "" || path.startsWith("/public")) return false
  return !text.endsWith(headers.authorization ?? headers.cookie ?? "nobody") || !text.includes(`: ${headers.host} `)
}

test("an answer's age is told by the clock of its cache, second by second, also when that is set back", async () => {
  const clock = manualClock()
  const { ask } = appOn(new MemoryStore(SIZE, clock), clock, {})
  const one = { method: "GET", path: "/plain/", headers: {}, isKnown: false, afterMs: 0, isInvalidated: false } as const
  const age = async () => (await ask(one)).headers.find(([name]) => name === "age")?.[1]
  expect(await age()).toBe("0")
  const ages: [number, string][] = [
    [999, "0"],
    [1, "1"],
    [1_500, "2"],
    [5_000, "7"],
  ]
  for (const [afterMs, expected] of ages) {
    clock.advance(afterMs)
    expect(await age()).toBe(expected)
  }
  const corrected = { now: () => clock.now() - backMs }
  let backMs = 0
  const moved = appOn(new MemoryStore(SIZE, corrected as ManualClock), corrected as ManualClock, {})
  const movedAge = async () => (await moved.ask(one)).headers.find(([name]) => name === "age")?.[1]
  await movedAge()
  clock.advance(6_000)
  expect(await movedAge()).toBe("6")
  backMs = 4_000
  expect(await movedAge()).toBe("2")
})

test("more URLs than are remembered are told apart, and each is given its own again", async () => {
  const clock = manualClock()
  const { ask, calls } = appOn(new MemoryStore({ maxEntries: 5_000, maxBytes: 10_000_000 }, clock), clock, {})
  const texts = new Map<string, string>()
  for (let turn = 0; turn < 2; turn++)
    for (let at = 0; at < 1_500; at++)
      for (const host of ["a.example", "b.example"]) {
        const path = `/plain/?n=${at}`
        const one = {
          method: "GET",
          path,
          headers: { host },
          isKnown: false,
          afterMs: 0,
          isInvalidated: false,
        } as const
        const { text } = await ask(one)
        expect(text).toContain(`: ${host} ${path} `)
        expect(texts.get(host + path) ?? text).toBe(text)
        texts.set(host + path, text)
      }
  expect(calls.length).toBe(3_000)
})

test("versions of one path have answers of their own", async () => {
  const versions = defineVersions({ by: { header: "api-version" }, versions: { 1: {}, 2: {} }, default: "1" })
  const app = createApp({ development: false })
  const layers = [cacheAnswers({ cache: openCache("memory:"), ttl: "1m" })] as const
  for (const version of ["1", "2"] as const)
    versions.scope(app, version, (scope) => {
      scope.get("/", { layers }, () => `version ${version}`)
    })
  for (const version of ["1", "2", "1", "1", "2", "2"]) {
    const response = await app.fetch(new Request("http://localhost/", { headers: { "api-version": version } }))
    expect(await response.text()).toBe(`version ${version}`)
  }
})

test("what is far away is asked once, and its failure is nobody's but the cache's", async () => {
  const clock = manualClock()
  let reads = 0
  const down = (): never => {
    throw new CacheStoreFailed("away")
  }
  const back: CacheStore = {
    ...longWay(new MemoryStore(SIZE, clock)),
    getMany: async () => {
      reads++
      return down()
    },
    begin: down,
  }
  const tiered = new TieredStore(new MemoryStore(SIZE, clock), back, undefined, {
    localTtlMs: 30_000,
    clock,
    onError: () => undefined,
  })
  const { ask, calls } = appOn(tiered, clock, {})
  const one = { method: "GET", path: "/plain/", headers: {}, isKnown: false, afterMs: 0, isInvalidated: false } as const
  await ask(one) // opens it
  reads = 0
  expect((await ask(one)).status).toBe(200)
  expect([reads, calls.length]).toEqual([1, 2])
})
