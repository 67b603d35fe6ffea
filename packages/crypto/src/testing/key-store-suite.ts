import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import type { KeyStore, StoredRecord } from "../stores/store.ts"

export interface KeyStoreSuiteOptions {
  /** Opens the store once more, as another process would: on the same records. */
  readonly open: () => Promise<KeyStore>
}

interface Stage {
  readonly here?: KeyStore
  readonly there?: KeyStore
}
function of({ here, there }: Stage): { readonly here: KeyStore; readonly there: KeyStore } {
  if (here === undefined || there === undefined) throw new TypeError("The store was not opened")
  return { here, there }
}

/** The suite that every store of keys passes. @example describeKeyStore("my store", { open: () => openMine() }) */
export function describeKeyStore(what: string, { open }: KeyStoreSuiteOptions): void {
  describe(`keys in ${what}`, () => {
    const stage: Stage = {}
    beforeAll(async () => {
      Object.assign(stage, { here: await open(), there: await open() })
    })
    afterAll(() => Promise.all([stage.here?.close(), stage.there?.close()]))
    describeRecords(stage)
    describeLists(stage)
  })
}

function record(more: Partial<StoredRecord> = {}): StoredRecord {
  return {
    ...{ id: crypto.randomUUID(), kind: "key", tenant: `t-${crypto.randomUUID()}`, name: "a", revision: 1 },
    ...{ dueMs: null, body: JSON.stringify({ text: `"'\\\\; drop ${"x".repeat(100)}` }) },
    ...more,
  }
}

function describeRecords(stage: Stage): void {
  test("are found as they were put, by all who look", async () => {
    const { here, there } = of(stage)
    const one = record({ dueMs: 1_790_000_000_123, body: JSON.stringify({ large: "x".repeat(200_000) }) })
    expect(await here.insert(one)).toBe(true)
    expect(await there.get(one.id)).toEqual(one)
    expect(await there.find("key", one.tenant, "a")).toEqual(one)
    for (const [kind, tenant, name] of [
      ["secret", one.tenant, "a"],
      ["key", `${one.tenant} `, "a"],
      ["key", one.tenant.toUpperCase(), "a"],
      ["key", one.tenant, "A"],
      ["key", one.tenant, "a "],
      ["key", "' or 1=1 --", "a"],
    ] as const)
      expect(await there.find(kind, tenant, name)).toBe(undefined)
  })
  test("have one of a name, whoever makes it first", async () => {
    const { here, there } = of(stage)
    const one = record()
    const all = Array.from({ length: 20 }, (_, at) =>
      (at % 2 ? here : there).insert({ ...one, id: crypto.randomUUID() }),
    )
    expect((await Promise.all(all)).filter(Boolean)).toHaveLength(1)
    expect(await here.insert({ ...one, kind: "secret", id: crypto.randomUUID() })).toBe(true)
  })
  test("are changed by one who has seen the latest", async () => {
    const { here, there } = of(stage)
    const one = record()
    await here.insert(one)
    const changes = Array.from({ length: 20 }, (_, at) =>
      (at % 2 ? here : there).replace({ ...one, revision: 2, body: JSON.stringify({ at }) }),
    )
    const done = await Promise.all(changes)
    expect(done.filter(Boolean)).toHaveLength(1)
    expect(JSON.parse((await there.get(one.id))?.body ?? "")).toEqual({ at: done.indexOf(true) })
    expect(await here.replace({ ...one, revision: 2 })).toBe(false)
    expect(await here.replace({ ...one, revision: 4 })).toBe(false)
    expect(await here.replace({ ...one, id: crypto.randomUUID(), revision: 2 })).toBe(false)
    expect([await there.remove(one.id, 1), await there.remove(one.id, 2), await there.remove(one.id, 2)]).toEqual([
      false,
      true,
      false,
    ])
    expect(await here.get(one.id)).toBe(undefined)
  })
}

function describeLists(stage: Stage): void {
  test("are listed by name within a tenant, and by id over all", async () => {
    const { here, there } = of(stage)
    const tenant = `t-${crypto.randomUUID()}`
    const names = ["b", "a-1", "a", "a.b", "a_1", "z", "a0"]
    for (const name of names) await here.insert(record({ tenant, name }))
    const sorted = [...names].sort((a, b) => (a < b ? -1 : 1))
    const first = await there.list({ kind: "key", tenant, limit: 4 })
    const rest = await there.list({ kind: "key", tenant, limit: 4, after: first.at(-1)!.name })
    expect([...first, ...rest].map(({ name }) => name)).toEqual(sorted)
    expect(await there.list({ kind: "secret", tenant, limit: 4 })).toEqual([])
    const ids: string[] = []
    for (let after: string | undefined; ; after = ids.at(-1)) {
      const page = await there.list({ kind: "key", limit: 3, ...(after !== undefined && { after }) })
      ids.push(...page.map(({ id }) => id))
      if (page.length < 3) break
    }
    expect(ids).toEqual([...new Set(ids)].sort())
    expect(ids.length).toBeGreaterThanOrEqual(names.length)
  })
  test("are due in their order, and not before", async () => {
    const { here, there } = of(stage)
    const tenant = `t-${crypto.randomUUID()}`
    const at = 1_000 + Math.floor(Math.random() * 1_000)
    for (const [name, dueMs] of [
      ["c", at + 2],
      ["a", at],
      ["b", at + 1],
      ["never", null],
    ] as const)
      await here.insert(record({ tenant, name, dueMs }))
    const due = async (nowMs: number, limit = 1_000): Promise<string[]> =>
      (await there.due("key", nowMs, limit)).filter((one) => one.tenant === tenant).map(({ name }) => name)
    expect(await due(at - 1)).toEqual([])
    expect(await due(at + 1)).toEqual(["a", "b"])
    expect(await due(at + 5)).toEqual(["a", "b", "c"])
  })
}
