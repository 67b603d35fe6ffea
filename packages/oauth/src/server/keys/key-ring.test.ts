import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { temporaryFolder } from "@ashlar/cache/testing/databases"
import { type ManualClock, manualClock } from "@ashlar/core"
import { openDatabase } from "@ashlar/orm"
import { createSealer } from "@ashlar/security"
import { jwtVerify, SignJWT } from "jose"
import { MemoryStore } from "../store/memory.ts"
import { openOAuthStore } from "../store/open-store.ts"
import type { OAuthStore } from "../store/store.ts"
import { KeyRing, type KeySealer, type SigningAlgorithm } from "./key-ring.ts"

const HOUR = 3_600_000
const folder = temporaryFolder()

interface RingOptions {
  readonly store?: OAuthStore
  readonly clock?: ManualClock
  readonly algorithms?: readonly SigningAlgorithm[]
  readonly sealer?: KeySealer
}
function ring({
  clock = manualClock(),
  store = new MemoryStore(clock),
  algorithms = ["ES256"],
  sealer,
}: RingOptions = {}): KeyRing {
  return new KeyRing(store, clock, { algorithms, rotateMs: 100 * HOUR, overlapMs: 10 * HOUR, sealer })
}
const kids = async (keys: KeyRing): Promise<string[]> => (await keys.jwks()).keys.map(({ kid }) => kid!)
const sign = async (keys: KeyRing, alg: SigningAlgorithm = "ES256"): Promise<string> => {
  const { key, kid } = await keys.own(alg)
  return await new SignJWT({}).setProtectedHeader({ alg, kid }).sign(key)
}

describe("keys", () => {
  test.each(["RS256", "PS256", "ES256", "EdDSA"] as const)(
    "of %s sign what they verify, and show nothing private",
    async (alg) => {
      const keys = ring({ algorithms: [alg] })
      await jwtVerify(await sign(keys, alg), keys.verify)
      const text = JSON.stringify(await keys.jwks())
      expect(JSON.parse(text).keys).toHaveLength(1)
      for (const name of ["d", "p", "q", "dp", "dq", "qi", "k"]) expect(text).not.toContain(`"${name}":`)
    },
  )
  test("are published before they sign, and for long enough after", async () => {
    const clock = manualClock()
    const keys = ring({ clock })
    const [first] = await kids(keys)
    const token = await sign(keys)
    clock.advance(89 * HOUR)
    expect(await kids(keys)).toEqual([first!])
    clock.advance(2 * HOUR)
    const both = await kids(keys)
    expect(both).toHaveLength(2)
    expect((await keys.own("ES256")).kid).toBe(first!)
    clock.advance(10 * HOUR)
    const next = (await keys.own("ES256")).kid
    expect([next !== first, both.includes(next)]).toEqual([true, true])
    await jwtVerify(token, keys.verify)
    clock.advance(20 * HOUR)
    expect(await kids(keys)).toEqual([next])
    expect(jwtVerify(token, keys.verify)).rejects.toMatchObject({ code: "ERR_JWKS_NO_MATCHING_KEY" })
  })
  test("are made again after a server was off for longer than they live", async () => {
    const clock = manualClock()
    const store = new MemoryStore(clock)
    const before = await kids(ring({ clock, store }))
    clock.advance(500 * HOUR)
    const after = await kids(ring({ clock, store }))
    expect([after.length, after.includes(before[0]!)]).toEqual([1, false])
  })
  test("are the same for all processes over one store, whoever makes them", async () => {
    const clock = manualClock()
    const store = new MemoryStore(clock)
    const rings = Array.from({ length: 8 }, () => ring({ clock, store }))
    const first = await Promise.all(rings.map(async (one) => (await one.own("ES256")).kid))
    expect(new Set(first).size).toBe(1)
    clock.advance(101 * HOUR)
    const second = await Promise.all(rings.map(async (one) => (await one.own("ES256")).kid))
    expect([new Set(second).size, second[0] === first[0]]).toEqual([1, false])
  })
  test("change at once when they are told to; what was signed stays good", async () => {
    const keys = ring()
    const token = await sign(keys)
    const { kid } = await keys.own("ES256")
    await keys.rotate()
    // Two of one moment are ordered by their names: the ring decides for one, and all processes for the same.
    expect(await kids(keys)).toHaveLength(2)
    expect(await kids(keys)).toContain(kid)
    await jwtVerify(token, keys.verify)
  })
  test("that became known are gone at once, with all they signed", async () => {
    const clock = manualClock()
    const store = new MemoryStore(clock)
    const [keys, other] = [ring({ clock, store }), ring({ clock, store })]
    const token = await sign(keys)
    await other.jwks()
    const { kid } = await keys.own("ES256")
    expect([await keys.revoke(kid), await keys.revoke(kid)]).toEqual([true, false])
    expect(jwtVerify(token, keys.verify)).rejects.toMatchObject({ code: "ERR_JWKS_NO_MATCHING_KEY" })
    clock.advance(60_001)
    expect(await kids(other)).not.toContain(kid)
    expect((await other.own("ES256")).kid).toBe((await keys.own("ES256")).kid)
  })
  test("are unreadable where they are kept, and bound to their names", async () => {
    const url = `sqlite:${join(folder, "keys.db")}`
    const sealer = createSealer({ keys: { a: crypto.getRandomValues(new Uint8Array(32)) }, current: "a" })
    const clock = manualClock()
    const store = await openOAuthStore(url, clock)
    const keys = ring({ store, clock, sealer })
    await sign(keys)
    const database = await openDatabase(url)
    const rows = await database.sql<{
      id: string
      body: string
    }>`select id, body from ashlar_oauth where kind = 'key'`.all()
    expect(rows.length).toBe(2)
    for (const { body } of rows) {
      expect(body).toContain('"sealed":"s1.a.')
      expect(body).not.toMatch(/"(?:d|k)\\?":/)
    }
    const [a, b] = rows.map(({ body }) => JSON.parse(body) as { sealed: string })
    await database.sql`update ashlar_oauth set body = ${JSON.stringify({ ...a, sealed: b!.sealed })} where id = ${rows[0]!.id}`.run()
    const swapped = ring({ store, clock, sealer })
    const use = rows[0]!.id.startsWith("ES256") ? "ES256" : "A256GCM"
    expect(swapped.own(use)).rejects.toMatchObject({ code: "SECURITY_SEAL_INVALID" })
    await Promise.all([store.close(), database.close()])
  })
})
