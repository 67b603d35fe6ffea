import { describe, expect, test } from "bun:test"
import { memoryLimits, openRateLimits } from "@ashlar/cache/rate-limits"
import { manualClock } from "@ashlar/core"
import { createApp } from "@ashlar/http"
import { createTries, type TriesOptions } from "./tries.ts"

const KEY = "a key of at least 32 bytes for the cookie"

function stage(options: Partial<TriesOptions> = {}) {
  const clock = manualClock()
  const limits = openRateLimits(memoryLimits({ clock }))
  const few = { limit: 3, window: "15m" } as const
  const tries = createTries({
    limits,
    deviceKeys: [KEY],
    account: few,
    device: few,
    address: { limit: 8, window: "1h" },
    ...options,
  })
  const app = createApp({ trustedProxies: [1] })
  let checked = 0
  app.post("/login", async (ctx) => {
    const [account, password] = (await ctx.read("text")).split(":") as [string, string]
    const attempt = await tries.take(ctx, account)
    checked++
    if (password !== "right") return ctx.json("wrong", 401)
    await attempt.succeeded()
    return ctx.json("in")
  })
  let address = 0
  const ask = async (text: string, { from = `192.0.2.${++address % 250}`, cookie = "" } = {}) => {
    const headers = { "x-forwarded-for": from, ...(cookie !== "" && { cookie }) }
    const response = await app.fetch(new Request("https://a.test/login", { method: "POST", body: text, headers }))
    const set = response.headers.getSetCookie()[0]?.split(";")[0] ?? ""
    return { status: response.status, cookie: set, retryAfter: Number(response.headers.get("retry-after")) }
  }
  const statuses = async (texts: readonly string[], how: { from?: string; cookie?: string } = {}) => {
    const all: number[] = []
    for (const text of texts) all.push((await ask(text, how)).status)
    return all
  }
  return { clock, tries, ask, statuses, checked: () => checked }
}

describe("tries", () => {
  test("of one account are so many, from wherever they come, whether there is such an account or not", async () => {
    const { ask, statuses, checked } = stage()
    expect(await statuses(["ana:1", "Ana :2", "ANA:3", "ana:4", "ana:right"])).toEqual([401, 401, 401, 429, 429])
    expect(await statuses(["nobody:1", "nobody:2", "nobody:3", "nobody:4"])).toEqual([401, 401, 401, 429])
    expect(checked()).toBe(6)
    const { retryAfter } = await ask("ana:5")
    expect(retryAfter).toBeGreaterThan(600)
    expect(retryAfter).toBeLessThan(1_000)
  })
  test("of one account at once are no more", async () => {
    const { ask, checked } = stage()
    const all = await Promise.all(Array.from({ length: 30 }, (_, at) => ask(`ana:${at}`)))
    expect([all.filter(({ status }) => status === 401).length, checked()]).toEqual([3, 3])
  })
  test("from one address are so many, and do not use up what the accounts have", async () => {
    const { statuses } = stage()
    const spray = Array.from({ length: 12 }, (_, at) => `user${at}:password`)
    expect((await statuses(spray, { from: "198.51.100.7" })).filter((one) => one === 401)).toHaveLength(8)
    // Of a network of IPv6 all addresses are one.
    const from = Array.from({ length: 12 }, (_, at) => `2001:db8::${at}`)
    const many = await Promise.all(from.map((one, at) => statuses([`other${at}:x`], { from: one })))
    expect(many.flat().filter((one) => one === 401)).toHaveLength(8)
    expect(await statuses(["user11:right"])).toEqual([200])
  })
  test("that succeed forget those before", async () => {
    const { statuses } = stage()
    expect(await statuses(["ana:1", "ana:2", "ana:right", "ana:1", "ana:2", "ana:3", "ana:4"])).toEqual([
      401, 401, 200, 401, 401, 401, 429,
    ])
  })
  test("may be made again when the time is over, or at once when somebody unlocks", async () => {
    const { statuses, clock, tries } = stage()
    await statuses(["ana:1", "ana:2", "ana:3", "bob:1", "bob:2", "bob:3"])
    expect(await statuses(["ana:right", "bob:right"])).toEqual([429, 429])
    await tries.unlock("ANA")
    expect(await statuses(["ana:right", "bob:right"])).toEqual([200, 429])
    clock.advance(17 * 60_000)
    expect(await statuses(["bob:right"])).toEqual([200])
  })
})

describe("a stranger", () => {
  test("cannot lock out somebody whose device is known, however long he tries", async () => {
    const { ask, statuses, clock } = stage()
    const { cookie } = await ask("ana:right")
    expect(cookie.startsWith("__Host-device=")).toBe(true)
    for (let hour = 0; hour < 5; hour++) {
      await statuses(Array.from({ length: 6 }, (_, at) => `ana:guess${at}`))
      expect(await statuses(["ana:right"])).toEqual([429])
      expect(await statuses(["ana:right"], { cookie })).toEqual([200])
      clock.advance(3_600_000)
    }
  })
  test("with a device that is known has tries of its own, and so many", async () => {
    const { ask, statuses } = stage()
    const { cookie } = await ask("ana:right")
    expect(await statuses(["ana:1", "ana:2", "ana:3", "ana:4"], { cookie })).toEqual([401, 401, 401, 429])
    // Others are not locked out by it.
    expect(await statuses(["ana:right"])).toEqual([200])
  })
  test("gets no more tries by a device cookie of another account, or one of his own making", async () => {
    const { ask, statuses } = stage()
    const { cookie } = await ask("mallory:right")
    await statuses(["ana:1", "ana:2", "ana:3"])
    const [name, value] = cookie.split("=") as [string, string]
    for (const one of [cookie, `${name}=${value}x`, `${name}=x`, `${name}=${value.slice(0, -2)}`, `${name}=`])
      expect(await statuses(["ana:right"], { cookie: one })).toEqual([429])
  })
})
test("nobody may try when tries cannot be counted; and too many are AUTH_TOO_MANY_TRIES", async () => {
  const limits = openRateLimits("memory:")
  const tries = createTries({ limits, deviceKeys: [KEY], account: { limit: 1, window: "1m" } })
  const app = createApp({ onError: () => undefined, development: false })
  app.get("/", async (ctx) => void (await tries.take(ctx, "ana")))
  const code = async () => {
    const response = await app.fetch(new Request("https://a.test/"))
    return response.ok ? response.status : ((await response.json()) as { code: string }).code
  }
  expect([await code(), await code()]).toEqual([204, "AUTH_TOO_MANY_TRIES"])
  await limits.close()
  expect(await code()).toBe("CACHE_CLOSED")
})
