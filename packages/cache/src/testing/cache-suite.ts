import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import type { Cache } from "../cache.ts"
import { openCache } from "../open-cache.ts"
import type { CacheStore, Entry } from "../store.ts"
import { describeMaking } from "./making-cases.ts"

export interface CacheSuiteOptions {
  /** Opens the store once more, as another process would. */
  readonly open: () => Promise<CacheStore>
  /** Whether another process sees what this one keeps. */
  readonly crossProcess: boolean
  /** How long a change of one process may take to be seen by another, in milliseconds. Default 0. */
  readonly lagMs?: number
}

/** Two caches over one store, and a prefix of this test alone: the store may be shared. */
export interface Stage {
  here: Cache
  there: Cache
  store: CacheStore
  /** Of the store beneath `there`. */
  other: CacheStore
  prefix: string
  lagMs: number
}

/** The suite that every store passes. @example describeCacheStore("redis", { open: () => openMyStore(url), crossProcess: true }) */
export function describeCacheStore(name: string, { open, crossProcess, lagMs = 0 }: CacheSuiteOptions): void {
  describe(`a cache in ${name}`, () => {
    const stage = { lagMs } as Stage
    beforeEach(async () => {
      const store = await open()
      const other = crossProcess ? await open() : store
      const here = openCache(store)
      const there = openCache(other)
      await Promise.all([here.ready(), there.ready()])
      Object.assign(stage, { here, there, store, other, prefix: `suite ${crypto.randomUUID()}` })
    })
    afterEach(async () => {
      await stage.here.namespace(stage.prefix).flush()
      await Promise.all([stage.here.close(), stage.there.close()])
    })
    describeValues(stage)
    describeTime(stage)
    describeTags(stage)
    describeLeases(stage)
    describeMaking(stage)
  })
}

const STRANGE_KEYS = [
  "a b",
  "é漢🏳️‍🌈",
  "../../etc/passwd",
  "*?[a]\\",
  "a:b:c",
  "%_'\"",
  "\n\r\t",
  "x".repeat(500),
  "__proto__",
]
const VALUES: readonly unknown[] = [
  "",
  "text\u0000with\nall\u2028",
  0,
  -0,
  Number.NaN,
  false,
  null,
  12345678901234567890n,
  new Date(0),
  new Uint8Array([0, 255]),
  new Map([["a", new Set([1])]]),
  { list: [1, { deep: undefined }], __proto: 1 },
  [],
]

function describeValues(stage: Stage): void {
  test.each([...VALUES.entries()])("keeps value %d as it is", async (at, value) => {
    await stage.here.set(`${stage.prefix}:${at}`, value)
    expect(await stage.there.get(`${stage.prefix}:${at}`)).toStrictEqual(value as never)
    expect(await stage.there.has(`${stage.prefix}:${at}`)).toBe(true)
  })
  test("keeps each key by itself, whatever is in it", async () => {
    const users = stage.here.namespace(stage.prefix)
    const pairs = STRANGE_KEYS.map((key, at) => [key, at] as const)
    await users.setMany(pairs)
    expect([...(await users.getMany([...STRANGE_KEYS, "absent"]))]).toEqual(pairs.map(([key, at]) => [key, at]))
    expect(await users.delete(STRANGE_KEYS[3]!)).toBe(true)
    expect((await users.getMany(STRANGE_KEYS)).size).toBe(STRANGE_KEYS.length - 1)
  })
  test("gives copies: nobody shares a value", async () => {
    const value = { list: [1] }
    await stage.here.set(stage.prefix, value)
    value.list.push(2)
    const first = (await stage.here.get<typeof value>(stage.prefix))!
    first.list.push(3)
    expect(await stage.here.get(stage.prefix)).toEqual({ list: [1] })
  })
  test("says what was there when it is deleted", async () => {
    await stage.here.set(stage.prefix, 1)
    expect([await stage.there.delete(stage.prefix), await stage.there.delete(stage.prefix)]).toEqual([true, false])
    await settle(stage)
    expect([await stage.here.get(stage.prefix), await stage.here.has(stage.prefix)]).toEqual([undefined, false])
  })
  test("replaces a value, its time and its tags", async () => {
    const tag = `${stage.prefix} tag`
    await stage.here.set(stage.prefix, 1, { tags: [tag] })
    await stage.here.set(stage.prefix, 2)
    await stage.here.invalidate(tag)
    expect(await stage.here.get<number>(stage.prefix)).toBe(2)
  })
  test("flushes one namespace and leaves its neighbours", async () => {
    const [one, two] = [stage.here.namespace(`${stage.prefix} é%_*`), stage.here.namespace(`${stage.prefix} éab`)]
    await one.setMany([
      ["a", 1],
      ["b", 2],
    ])
    await two.set("a", 3)
    await one.flush()
    await settle(stage)
    const there = stage.there.namespace(`${stage.prefix} éab`)
    expect([await one.get("a"), await one.get("b"), await there.get<number>("a")]).toEqual([undefined, undefined, 3])
    await two.flush()
  })
  test.each([
    ["an empty key", ""],
    ["a NUL", "a\0b"],
    ["half a character", "\ud800"],
    ["a long one", "x".repeat(1025)],
  ])("refuses %s", async (_what, key) => {
    for (const act of [() => stage.here.get(key), () => stage.here.set(key, 1), () => stage.here.delete(key)])
      expect(await act().catch((error) => error)).toMatchObject({ code: "CACHE_KEY_INVALID" })
  })
  test("refuses a value larger than it promises, in memory it is simply not kept", async () => {
    const { store, prefix, here } = stage
    const error = await here.set(prefix, "x".repeat(store.maxPayloadBytes + 1)).catch((cause) => cause)
    if (!store.sharesValues || store.maxPayloadBytes < 64 * 1024 * 1024)
      expect(error).toMatchObject({
        code: "CACHE_VALUE_TOO_LARGE",
        details: { maxPayloadBytes: store.maxPayloadBytes },
      })
    expect(await here.get(prefix)).toBe(undefined)
  })
  test("refuses a value that would come back as another, and changes nothing", async () => {
    const error = await stage.here
      .setMany([
        [stage.prefix, 1],
        [`${stage.prefix}2`, () => 1],
      ])
      .catch((cause) => cause)
    expect(error).toMatchObject({ code: "CACHE_VALUE_INVALID" })
    expect(await stage.here.get(stage.prefix)).toBe(undefined)
  })
}

function describeTime(stage: Stage): void {
  test("forgets an entry when its time is over", async () => {
    await stage.here.set(stage.prefix, 1, "500ms")
    await stage.here.set(`${stage.prefix}2`, 1, "1h")
    expect(await stage.there.get<number>(stage.prefix)).toBe(1)
    await Bun.sleep(520)
    expect([await stage.there.get(stage.prefix), await stage.there.get<number>(`${stage.prefix}2`)]).toEqual([
      undefined,
      1,
    ])
    expect(await stage.there.delete(stage.prefix)).toBe(false)
    await stage.here.delete(`${stage.prefix}2`)
  })
}

function describeTags(stage: Stage): void {
  test("invalidates all entries of a tag, and no others", async () => {
    const [a, b] = [`${stage.prefix} a`, `${stage.prefix} b`]
    const keys = stage.here.namespace(stage.prefix)
    await keys.set("1", 1, { tags: [a] })
    await keys.set("2", 2, { tags: [a, b], ttl: "1h" })
    await keys.set("3", 3, { tags: [b] })
    await keys.set("4", 4)
    await stage.there.invalidate(a)
    await settle(stage)
    expect([...(await keys.getMany(["1", "2", "3", "4"]))]).toEqual([
      ["3", 3],
      ["4", 4],
    ])
    await keys.set("1", 5, { tags: [a] })
    expect(await stage.there.namespace(stage.prefix).get<number>("1")).toBe(5)
    await stage.here.invalidate(a, b, `${stage.prefix} never used`)
    expect([...(await keys.getMany(["1", "2", "3", "4"]))]).toEqual([["4", 4]])
  })
}

const entry = (value: unknown, tags: readonly string[] = []): Entry => ({
  value,
  freshUntilMs: Number.POSITIVE_INFINITY,
  expiresMs: Number.POSITIVE_INFINITY,
  tags,
})

function describeLeases(stage: Stage): void {
  test("gives a lease to one at a time, until it ends by itself", async () => {
    const { store, other, prefix } = stage
    const first = (await store.begin(prefix, [], 500))!
    expect([first === undefined, await other.begin(prefix, [], 500)]).toEqual([false, undefined])
    await Bun.sleep(520)
    const second = (await other.begin(prefix, [], 10_000))!
    expect(second).toBeDefined()
    await store.end(prefix, first) // whose time was over ends nothing
    expect(await store.begin(prefix, [], 60)).toBeUndefined()
    expect(await store.fill(prefix, entry("late"), first)).toBe(false)
    expect(await other.fill(prefix, entry("made"), second)).toBe(true)
    await settle(stage)
    expect((await store.get(prefix))?.value).toBe("made")
    await other.end(prefix, second)
  })
  test("gives a hundred who ask at once one lease", async () => {
    const { store, other, prefix } = stage
    const asked = Array.from({ length: 100 }, (_, at) => (at % 2 ? store : other).begin(prefix, [], 10_000))
    expect((await Promise.all(asked)).filter((lease) => lease !== undefined)).toHaveLength(1)
  })
  const changes: readonly [string, (stage: Stage) => Promise<unknown>][] = [
    ["deleted", async ({ other, prefix }) => other.delete([prefix])],
    ["set", async ({ other, prefix }) => other.set([[prefix, entry("newer")]])],
    ["flushed", async ({ other, prefix }) => other.flush(prefix.slice(0, -3))],
    ["invalidated", async ({ other, prefix }) => other.invalidate([`${prefix} tag`])],
  ]
  test.each(changes)("keeps nothing that was begun before the key was %s", async (what, change) => {
    const { store, prefix } = stage
    const lease = (await store.begin(prefix, [`${prefix} tag`], 10_000))!
    await change(stage)
    expect(await store.fill(prefix, entry("stale", [`${prefix} tag`]), lease)).toBe(false)
    await settle(stage)
    expect((await store.get(prefix))?.value).toBe(what === "set" ? "newer" : (undefined as never))
  })
}

/** Waits until what one changed is seen by the other. */
export async function settle({ lagMs }: Stage): Promise<void> {
  if (lagMs > 0) await Bun.sleep(lagMs)
}
