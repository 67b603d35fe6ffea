import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import { randomUUID } from "node:crypto"
import { type ManualClock, manualClock } from "@ashlar/core"
import { type ApiKeys, openApiKeys } from "../keys/api-keys.ts"
import type { RecordStore } from "../records/record-store.ts"
import { ownerKey } from "../records/secret.ts"

interface Stage {
  clock: ManualClock
  keys: ApiKeys
  other: ApiKeys
  store: RecordStore
  owner: string
}

const HOUR = 3_600_000

/** What API keys promise, whatever keeps them. @example describeApiKeys("mine", { open: () => openMyStore(url) }) */
export function describeApiKeys(what: string, { open }: { readonly open: () => Promise<RecordStore> }): void {
  describe(`API keys in ${what}`, () => {
    const stage = {} as Stage
    beforeEach(async () => {
      const clock = manualClock(Date.now())
      const settings = { clock, prefix: "acme_test", maxPerOwner: 4, touchEvery: "1m" } as const
      const store = await open()
      const owner = `owner-${randomUUID()}`
      const other = openApiKeys(await open(), settings)
      Object.assign(stage, { clock, store, owner, other, keys: openApiKeys(store, settings) })
    })
    afterEach(async () => {
      await Promise.all([stage.keys.close(), stage.other.close()])
    })
    describeLives(stage)
    describeRotation(stage)
  })
}

function describeLives(stage: Stage): void {
  test("are found by their text, and are nowhere in clear", async () => {
    const { keys, other, store, owner } = stage
    const { text, key } = await keys.create({ owner, name: "CI", scopes: ["a:read", "b:*"], claims: { org: "ü" } })
    expect(text).toMatch(/^acme_test_[0-9A-Za-z]{49}$/)
    expect(key).toMatchObject({ owner, name: "CI", scopes: ["a:read", "b:*"], start: text.slice(0, 14) })
    expect(await other.find(text)).toEqual(key)
    const kept = await store.list(ownerKey(owner))
    for (const shown of [JSON.stringify(kept), JSON.stringify(await keys.list(owner))])
      expect([shown.includes(text), shown.includes(text.slice(14, 40))]).toEqual([false, false])
    for (const leaked of [kept[0]!.key, key.id, key.start]) expect(await keys.find(leaked)).toBe(undefined)
  })
  test("end when their time is over, or when they are revoked by their owner", async () => {
    const { keys, other, owner, clock } = stage
    const short = await keys.create({ owner, name: "short", scopes: ["a"], ttl: "1h" })
    const long = await keys.create({ owner, name: "long", scopes: ["a"] })
    clock.advance(HOUR)
    expect([await other.find(short.text), (await other.find(long.text))?.name]).toEqual([undefined, "long"])
    expect((await keys.list(owner)).map(({ name }) => name)).toEqual(["long"])
    expect(await keys.revoke(`${owner}x`, long.key.id)).toBe(false)
    expect(await keys.revoke(owner, "made up")).toBe(false)
    expect([await other.revoke(owner, long.key.id), await keys.revoke(owner, long.key.id)]).toEqual([true, false])
    expect(await keys.find(long.text)).toBe(undefined)
  })
  test("say when they were last used, up to a minute earlier", async () => {
    const { keys, owner, clock } = stage
    const { text } = await keys.create({ owner, name: "k", scopes: ["a"] })
    expect((await keys.list(owner))[0]!.lastUsedAtMs).toBe(undefined)
    const noted = [await keys.touch(text), await keys.touch(text)]
    expect([noted, (await keys.list(owner))[0]!.lastUsedAtMs]).toEqual([[true, false], clock.now()])
    clock.advance(60_000)
    expect(await keys.touch(text)).toBe(true)
    expect((await keys.list(owner))[0]!.lastUsedAtMs).toBe(clock.now())
  })
  test("are so many at most", async () => {
    const { keys, owner } = stage
    for (let at = 0; at < 4; at++) await keys.create({ owner, name: `${at}`, scopes: ["a"] })
    const more = keys.create({ owner, name: "more", scopes: ["a"] })
    expect(await more.catch((error) => error)).toMatchObject({ code: "AUTH_API_KEY_REFUSED" })
    // One that is there may be rotated all the same.
    const [one] = await keys.list(owner)
    for (let at = 0; at < 3; at++) await keys.rotate(owner, one!.id, { overlap: "1d" })
    expect(await keys.list(owner)).toHaveLength(4)
    expect((await keys.create({ owner: `${owner}2`, name: "theirs", scopes: ["a"] })).key.name).toBe("theirs")
  })
}

function describeRotation(stage: Stage): void {
  test("get another text, and the one before is good for a while, or no longer", async () => {
    const { keys, other, owner, clock } = stage
    const first = await keys.create({ owner, name: "k", scopes: ["a"], ttl: "10h" })
    await keys.touch(first.text)
    const next = await other.rotate(owner, first.key.id, { overlap: "1h" })
    expect(next!.key).toMatchObject({ id: first.key.id, scopes: ["a"], expiresAtMs: first.key.expiresAtMs! })
    expect([(await keys.find(first.text))?.id, (await keys.find(next!.text))?.id]).toEqual([next!.key.id, next!.key.id])
    const [listed, ...none] = await keys.list(owner)
    expect([listed, none]).toMatchObject([{ start: next!.key.start, lastUsedAtMs: clock.now() }, []])
    clock.advance(HOUR)
    expect([await keys.find(first.text), (await keys.find(next!.text))?.name]).toEqual([undefined, "k"])
    const last = await keys.rotate(owner, first.key.id)
    expect([await keys.find(next!.text), (await keys.find(last!.text))?.id]).toEqual([undefined, first.key.id])
    expect(await keys.rotate(`${owner}x`, first.key.id)).toBe(undefined)
  })
  test("have two texts at most, however often they are rotated", async () => {
    const { keys, store, owner } = stage
    const first = await keys.create({ owner, name: "k", scopes: ["a"] })
    const [second, third] = [
      await keys.rotate(owner, first.key.id, { overlap: "1d" }),
      await keys.rotate(owner, first.key.id, { overlap: "1d" }),
    ]
    const found = await Promise.all(
      [first, second!, third!].map(async ({ text }) => (await keys.find(text)) !== undefined),
    )
    expect([found, (await store.list(ownerKey(owner))).length]).toEqual([[false, true, true], 2])
  })
  test("end with all of their texts", async () => {
    const { keys, owner } = stage
    const first = await keys.create({ owner, name: "k", scopes: ["a"] })
    const next = await keys.rotate(owner, first.key.id, { overlap: "1d" })
    await keys.revoke(owner, first.key.id)
    expect([await keys.find(first.text), await keys.find(next!.text)]).toEqual([undefined, undefined])
  })
  test("live no longer by an overlap than they would have", async () => {
    const { keys, owner, clock } = stage
    const first = await keys.create({ owner, name: "k", scopes: ["a"], ttl: "1h" })
    await keys.rotate(owner, first.key.id, { overlap: "30d" })
    clock.advance(HOUR)
    expect([await keys.find(first.text), await keys.list(owner)]).toEqual([undefined, []])
  })
}
