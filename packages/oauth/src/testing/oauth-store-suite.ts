import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import type { NewRecord, OAuthStore } from "../server/store/store.ts"

export interface OAuthStoreSuiteOptions {
  /** Opens what keeps the records, each time the same one by another connection. */
  readonly open: () => Promise<OAuthStore>
  /** Lets time pass for it. */
  readonly pass: (ms: number) => void
  readonly now: () => number
}

interface Stage {
  store: OAuthStore
  other: OAuthStore
  /** A record of this case's own. */
  record: (body: string, more?: Partial<NewRecord>) => NewRecord
}

/** The suite that every store passes. @example describeOAuthStore("mine", { open: () => openMyStore(url, clock), pass, now }) */
export function describeOAuthStore(what: string, options: OAuthStoreSuiteOptions): void {
  const { open, now } = options
  describe(`records in ${what}`, () => {
    const stage = {} as Stage
    beforeEach(async () => {
      const [store, other] = [await open(), await open()]
      const id = crypto.randomUUID()
      const record: Stage["record"] = (body, more = {}) => ({ kind: "code", id, body, untilMs: now() + 1_000, ...more })
      Object.assign(stage, { store, other, record })
    })
    afterEach(async () => {
      await Promise.all([stage.store.close(), stage.other.close()])
    })
    describeRaces(stage)
    describeTime(stage, options)
    describeNames(stage, options)
  })
}

function describeRaces(stage: Stage): void {
  test("are added by one of all who add at once", async () => {
    const { store, other, record } = stage
    const all = Array.from({ length: 30 }, (_, at) => (at % 2 === 0 ? store : other).add(record(`"${at}"`)))
    const told = await Promise.all(all)
    expect(told.filter(Boolean)).toHaveLength(1)
    const { id } = record("")
    expect((await other.get("code", id))?.body).toBe(`"${told.indexOf(true)}"`)
  })
  test("are changed by one of all who read the same version", async () => {
    const { store, other, record } = stage
    await store.add(record("0"))
    const { id } = record("")
    const { version } = (await other.get("code", id))!
    const all = Array.from({ length: 30 }, (_, at) => (at % 2 === 0 ? store : other).change(record(`${at}`), version))
    const told = await Promise.all(all)
    expect(told.filter(Boolean)).toHaveLength(1)
    const after = await store.get("code", id)
    expect(after?.body).toBe(`${told.indexOf(true)}`)
    expect(await store.change(record("x"), version)).toBe(false)
    expect(await other.change(record("y"), after!.version)).toBe(true)
  })
  test("are removed by one of all who remove at once", async () => {
    const { store, other, record } = stage
    await store.add(record("0"))
    const { id } = record("")
    const told = await Promise.all(
      Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? store : other).remove("code", id)),
    )
    expect(told.filter(Boolean)).toHaveLength(1)
    expect(await other.get("code", id)).toBeUndefined()
    expect(await store.change(record("0"), 1)).toBe(false)
  })
}

function describeTime(stage: Stage, { pass, now }: OAuthStoreSuiteOptions): void {
  test("are gone when they are over, and can be added anew", async () => {
    const { store, other, record } = stage
    await store.add(record("0"))
    const { id } = record("")
    const { version } = (await store.get("code", id))!
    pass(999)
    expect(await other.get("code", id)).toBeDefined()
    pass(1)
    expect(await other.get("code", id)).toBeUndefined()
    expect(await other.change(record("1"), version)).toBe(false)
    expect(await other.remove("code", id)).toBe(false)
    expect(await other.list("code")).toEqual([])
    const told = await Promise.all([store.add(record("1")), other.add(record("2")), store.add(record("3"))])
    expect(told.filter(Boolean)).toHaveLength(1)
  })
  test("live longer by a change", async () => {
    const { store, other, record } = stage
    await store.add(record("0"))
    const { id } = record("")
    const { version } = (await store.get("code", id))!
    expect(await store.change(record("1", { untilMs: now() + 5_000 }), version)).toBe(true)
    pass(4_000)
    expect((await other.get("code", id))?.body).toBe("1")
  })
}

function describeNames(stage: Stage, { pass }: OAuthStoreSuiteOptions): void {
  test("are told apart by their kind, and by every letter", async () => {
    const { store, record } = stage
    const { id } = record("")
    await store.add(record("1", { id: `a${id}` }))
    await store.add(record("2", { id: `A${id}` }))
    await store.add(record("3", { id: `a${id}`, kind: "grant" }))
    expect((await store.get("code", `a${id}`))?.body).toBe("1")
    expect((await store.get("code", `A${id}`))?.body).toBe("2")
    expect((await store.get("grant", `a${id}`))?.body).toBe("3")
    expect(await store.get("code", `a${id} `)).toBeUndefined()
  })
  test("are listed by their kind, and keep every character", async () => {
    const { store, other, record } = stage
    const body = JSON.stringify({ text: "ü € 𝄞 ' \" \\ % _ \u0000 ;--" })
    await store.add(record(body, { kind: "key", id: crypto.randomUUID() }))
    const found = await other.list("key")
    expect(found.map((one) => one.body)).toContain(body)
    pass(2_000)
  })
}
