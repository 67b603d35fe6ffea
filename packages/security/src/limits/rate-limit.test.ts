import { afterAll, describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { defineRateLimits, type LimitStore, memoryLimits, openRateLimits } from "@ashlar/cache/rate-limits"
import { findServer } from "@ashlar/cache/testing/servers"
import { manualClock } from "@ashlar/core"
import { type AnyLayer, createApp, layer } from "@ashlar/http"
import { type RateLimitOptions, rateLimit } from "./rate-limit.ts"

const code = (name: string) => expect.objectContaining({ code: name })

function serve(layers: readonly AnyLayer[], trustedProxies: readonly string[] = []) {
  const app = createApp({ layers: layers as [], trustedProxies, onError: () => undefined })
  let done = 0
  app.get("/", () => ({ done: ++done }))
  app.get("/other/:id", () => ({ done: ++done }))
  return {
    count: () => done,
    async ask(headers: Record<string, string> = {}, { address = "9.9.9.9" as string | undefined, path = "/" } = {}) {
      const request = new Request(`https://x.test${path}`, { headers })
      const answer = await app.fetch(request, () => ({ address }))
      return answer
    },
  }
}

function limited(options: Partial<RateLimitOptions> = {}, clock = manualClock()) {
  const limits = openRateLimits(memoryLimits({ clock }))
  return rateLimit({ limits, policies: [{ name: "test", limit: 2, window: "1m" }], ...options })
}

const statuses = async (asks: readonly Promise<Response>[]) => (await Promise.all(asks)).map(({ status }) => status)

describe("a limit", () => {
  test("is told, and kept", async () => {
    const clock = manualClock()
    const { ask, count } = serve([limited({}, clock)])
    const first = await ask()
    expect(first.headers.get("ratelimit-policy")).toBe('"test";q=2;w=60')
    expect(first.headers.get("ratelimit")).toMatch(/^"test";r=1;t=6[0-4]$/)
    expect((await ask()).headers.get("ratelimit")).toStartWith('"test";r=0;')
    const refused = await ask()
    const problem = (await refused.json()) as { code: string; details: unknown }
    const seconds = Number(refused.headers.get("retry-after"))
    expect([refused.status, problem.code, count()]).toEqual([429, "HTTP_TOO_MANY_REQUESTS", 2])
    expect(refused.headers.get("ratelimit")).toBe(`"test";r=0;t=${seconds}`)
    expect(seconds).toBeGreaterThan(55)
    clock.advance(seconds * 1_000)
    expect((await ask()).status).toBe(200)
  })
  test("may be a bucket", async () => {
    const clock = manualClock()
    const { ask } = serve([limited({ policies: [{ name: "burst", capacity: 3, refill: 1, every: "10s" }] }, clock)])
    expect(await statuses([ask(), ask(), ask(), ask()])).toEqual([200, 200, 200, 429])
    const refused = await ask()
    expect([refused.headers.get("ratelimit-policy"), refused.headers.get("retry-after")]).toEqual([
      '"burst";q=3;w=30',
      "10",
    ])
    clock.advance(10_000)
    expect(await statuses([ask(), ask()])).toEqual([200, 429])
  })
  test("may be several, all of which must let pass", async () => {
    const clock = manualClock()
    const policies = [
      { name: "second", limit: 2, window: "1s" },
      { name: "hour", limit: 3, window: "1h" },
    ] as const
    const { ask } = serve([limited({ policies }, clock)])
    const first = await ask()
    expect(first.headers.get("ratelimit-policy")).toBe('"second";q=2;w=1, "hour";q=3;w=3600')
    expect(first.headers.get("ratelimit")).toMatch(/^"second";r=1;t=\d+, "hour";r=2;t=\d+$/)
    expect(await statuses([ask(), ask()])).toEqual([200, 429])
    clock.advance(2_000)
    expect(await statuses([ask(), ask()])).toEqual([200, 429])
    clock.advance(2_000)
    const refused = await ask()
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(3_000)
  })
  test("counts what a request costs, and nothing for those that are left out", async () => {
    const { ask } = serve([
      limited({
        policies: [{ name: "cost", limit: 10, window: "1m" }],
        cost: async ({ headers }) => Number(headers.get("x-cost") ?? 1),
        skip: ({ headers }) => headers.has("x-skip"),
      }),
    ])
    expect((await ask({ "x-cost": "8" })).headers.get("ratelimit")).toContain("r=2;")
    expect((await ask({ "x-cost": "0" })).headers.get("ratelimit")).toContain("r=2;")
    expect((await ask({ "x-cost": "3" })).status).toBe(429)
    const skipped = await ask({ "x-skip": "1", "x-cost": "10" })
    expect([skipped.status, skipped.headers.has("ratelimit")]).toEqual([200, false])
    const never = await ask({ "x-cost": "11" })
    expect([never.status, never.headers.get("ratelimit")?.includes("r=2;")]).toEqual([429, true])
    expect((await ask({ "x-cost": "-5" })).status).toBe(500)
    expect((await ask({ "x-cost": "2" })).status).toBe(200)
  })
  test("may be silent", async () => {
    const { ask } = serve([limited({ headers: false })])
    const answer = await ask()
    expect([answer.headers.has("ratelimit"), answer.headers.has("ratelimit-policy")]).toEqual([false, false])
  })
  test("of an inner layer is told in place of the outer one, but where the outer refuses", async () => {
    const clock = manualClock()
    const outer = limited({ policies: [{ name: "outer", limit: 1, window: "1m" }] }, clock)
    const inner = limited({ policies: [{ name: "inner", limit: 5, window: "1m" }] }, clock)
    const { ask } = serve([outer, inner])
    const told = ({ headers }: Response) => [headers.get("ratelimit-policy"), headers.get("ratelimit")?.slice(0, 7)]
    expect(told(await ask())).toEqual(['"inner";q=5;w=60', '"inner"'])
    expect(told(await ask())).toEqual(['"outer";q=1;w=60', '"outer"'])
  })
})

describe("one client", () => {
  const pairs: [string, string | undefined, string | undefined, boolean][] = [
    ["is one address", "1.2.3.4", "1.2.3.4", true],
    ["is no other address", "1.2.3.4", "1.2.3.5", false],
    ["has all of an IPv6 network", "2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true],
    ["has no other network", "2001:db8:1:2::1", "2001:db8:1:3::1", false],
    ["is the same in IPv6 form", "1.2.3.4", "::ffff:1.2.3.4", true],
    ["is unknown like all that are", undefined, undefined, true],
  ]
  test.each(pairs)("%s: %p and %p", async (_name, one, other, isSame) => {
    const { ask } = serve([limited({ policies: [{ name: "test", limit: 1, window: "1m" }] })])
    await ask({}, { address: one })
    expect((await ask({}, { address: other })).status).toBe(isSame ? 429 : 200)
  })
  test("cannot say that it is another, but a trusted proxy can", async () => {
    const one = { policies: [{ name: "test", limit: 1, window: "1m" }] } as const
    const open = serve([limited(one)])
    await open.ask({ "x-forwarded-for": "1.1.1.1" })
    expect((await open.ask({ "x-forwarded-for": "2.2.2.2" })).status).toBe(429)
    const proxied = serve([limited(one)], ["9.9.9.9"])
    expect((await proxied.ask({ "x-forwarded-for": "1.1.1.1" })).status).toBe(200)
    expect((await proxied.ask({ "x-forwarded-for": "2.2.2.2" })).status).toBe(200)
    expect((await proxied.ask({ "x-forwarded-for": "6.6.6.6, 2.2.2.2" })).status).toBe(429)
  })
  test("is a user wherever they are, and an address where there is none", async () => {
    const user = layer({ name: "user", before: ({ headers }) => ({ user: headers.get("x-user") ?? undefined }) })
    const limits = openRateLimits("memory:")
    const policies = [{ name: "test", limit: 1, window: "1m" }] as const
    const { ask } = serve([user, rateLimit({ limits, policies, needs: [user], by: (ctx) => ctx.user })])
    expect((await ask({ "x-user": "ada" }, { address: "1.1.1.1" })).status).toBe(200)
    expect((await ask({ "x-user": "ada" }, { address: "2.2.2.2" })).status).toBe(429)
    expect((await ask({ "x-user": "eve" }, { address: "1.1.1.1" })).status).toBe(200)
    expect((await ask({}, { address: "1.1.1.1" })).status).toBe(200)
    expect((await ask({ "x-user": "unknown" }, { address: undefined })).status).toBe(200)
    expect((await ask({ "x-user": "a:1.1.1.1" }, { address: "1.1.1.1" })).status).toBe(200)
    expect((await ask({ "x-user": "x".repeat(50_000) })).status).toBe(200)
  })
  test("has each route's limit apart where that is said", async () => {
    const { ask } = serve([limited({ perRoute: true, policies: [{ name: "test", limit: 1, window: "1m" }] })])
    expect((await ask()).status).toBe(200)
    expect((await ask({}, { path: "/other/1" })).status).toBe(200)
    expect((await ask({}, { path: "/other/2" })).status).toBe(429)
  })
  test("is not kept by its key", async () => {
    const names: string[] = []
    const inner = memoryLimits()
    const store: LimitStore = {
      take(name, wanted) {
        names.push(name)
        return inner.take(name, wanted)
      },
      reset: (name) => inner.reset(name),
      close: () => inner.close(),
    }
    const limits = openRateLimits(store)
    const { ask } = serve([limited({ limits, by: ({ headers }) => headers.get("x-api-key") ?? undefined })])
    await ask({ "x-api-key": "secret-key" })
    expect([names.length, names.join().includes("secret-key")]).toEqual([1, false])
  })
})

describe("while the store is away", () => {
  const broken = (answer: () => Promise<never>): LimitStore => ({
    take: answer,
    reset: answer,
    close: async () => undefined,
  })
  const fails = broken(() => Promise.reject(new TypeError("away")))
  const hangs = broken(() => new Promise(() => undefined))
  const cases: [string, LimitStore, string, number[]][] = [
    ["each process counts, when it fails", fails, "local", [200, 200, 429]],
    ["each process counts, when it hangs", hangs, "local", [200, 200, 429]],
    ["all may", fails, "allow", [200, 200, 200]],
    ["nobody may", fails, "refuse", [503, 503, 503]],
    ["nobody may, when it hangs", hangs, "refuse", [503, 503, 503]],
  ]
  test.each(cases)("%s", async (_name, store, whenAway, expected) => {
    const problems: unknown[] = []
    const { ask, count } = serve([
      limited({
        limits: openRateLimits(store),
        whenAway: whenAway as "local",
        storeTimeoutMs: 50,
        onError: (error) => problems.push(error),
      }),
    ])
    const got: number[] = []
    for (let round = 0; round < 3; round++) got.push((await ask()).status)
    expect(got).toEqual(expected)
    expect(count()).toBe(expected.filter((status) => status === 200).length)
    // The others did not wait for it.
    expect(problems).toHaveLength(1)
    expect(problems[0]).toEqual(store === fails ? new TypeError("away") : code("SECURITY_LIMIT_STORE_AWAY"))
  })
  test("it is tried again after a second", async () => {
    let isAway = true
    const inner = memoryLimits()
    const store: LimitStore = {
      take: (name, wanted) => (isAway ? Promise.reject(new TypeError("away")) : inner.take(name, wanted)),
      reset: (name) => inner.reset(name),
      close: () => inner.close(),
    }
    const { ask } = serve([limited({ limits: openRateLimits(store), whenAway: "refuse" })])
    expect((await ask()).status).toBe(503)
    isAway = false
    const deadline = Date.now() + 20_000
    let status = 503
    while (status === 503 && Date.now() < deadline) {
      await Bun.sleep(100)
      status = (await ask()).status
    }
    expect(status).toBe(200)
  })
})

const folder = mkdtempSync(join(tmpdir(), "ashlar-security-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
/** A database of this test's own. */
async function temporaryPostgres(port: number): Promise<string> {
  const database = `ashlar_security_${crypto.randomUUID().replaceAll("-", "")}`
  const server = new Bun.SQL(`postgres://postgres@127.0.0.1:${port}/postgres`, { max: 1 })
  await server.unsafe(`create database ${database}`)
  afterAll(async () => {
    await server.unsafe(`drop database if exists ${database} with (force)`)
    await server.close()
  })
  return `postgres://postgres@127.0.0.1:${port}/${database}`
}
const redis = await findServer("Redis")
const postgres = await findServer("PostgreSQL")
const urls = [
  "memory:",
  `sqlite:${join(folder, "limits.db")}`,
  ...(redis === undefined ? [] : [`redis://127.0.0.1:${redis}`]),
  ...(postgres === undefined ? [] : [await temporaryPostgres(postgres)]),
]
test.each(urls)("on %s no more is let through than the limit, however many ask at once", async (url) => {
  const Limits = defineRateLimits(() => url)
  const name = `t${crypto.randomUUID()}`
  const app = createApp({
    layers: [rateLimit({ limits: Limits, policies: [{ name, limit: 7, window: "10m" }], storeTimeoutMs: 30_000 })],
  })
  app.get("/", () => "")
  try {
    const answers = Array.from({ length: 20 }, () => app.fetch(new Request("https://x.test/")))
    expect((await statuses(answers)).toSorted()).toEqual([...Array(7).fill(200), ...Array(13).fill(429)])
  } finally {
    await app.stop(0)
  }
})

test("what cannot be is refused when it is made", () => {
  const make = (options: Record<string, unknown>) => () => limited(options as never)
  const one = { name: "a", limit: 1, window: "1s" }
  for (const wrong of [
    { policies: [] },
    { policies: [one, one] },
    { policies: [{ ...one, name: 'a";q=1' }] },
    { policies: Array.from({ length: 9 }, (_, at) => ({ ...one, name: `n${at}` })) },
    { whenAway: "maybe" },
    { storeTimeoutMs: 0 },
    { ipv6Bits: 16 },
    { cost: 1.5 },
  ])
    expect(make(wrong)).toThrow(code("SECURITY_LIMIT_INVALID"))
  expect(make({ policies: [{ name: "a", limit: 0, window: "1s" }] })).toThrow(code("CACHE_OPTION_INVALID"))
  expect(make({ policies: [{ name: "a", limit: 1, window: "soon" }] })).toThrow(code("CACHE_OPTION_INVALID"))
})
