import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import { createHash, randomUUID } from "node:crypto"
import type { RecordStore, StoredRecord } from "../records/record-store.ts"

export interface RecordSuiteOptions {
  /** Opens what keeps records, each time the same one by another connection. */
  readonly open: () => Promise<RecordStore>
}

interface Stage {
  store: RecordStore
  other: RecordStore
  owner: string
  record: (what?: Partial<StoredRecord>) => StoredRecord
}

const hex = () => createHash("sha256").update(randomUUID()).digest("hex")
const LATER = Date.now() + 86_400_000

/** The suite that every store passes. @example describeRecordStore("mine", { open: () => openMyStore(url) }) */
export function describeRecordStore(what: string, { open }: RecordSuiteOptions): void {
  describe(`records in ${what}`, () => {
    const stage = {} as Stage
    beforeEach(async () => {
      const owner = hex()
      const record = (other: Partial<StoredRecord> = {}) => ({
        key: hex(),
        owner,
        value: "{}",
        untilMs: LATER,
        version: 1,
        ...other,
      })
      Object.assign(stage, { store: await open(), other: await open(), owner, record })
    })
    afterEach(async () => {
      await Promise.all([stage.store.close(), stage.other.close()])
    })
    describeKeeping(stage)
    describeRaces(stage)
    describeOwners(stage)
  })
}

function describeKeeping(stage: Stage): void {
  test("are found as they are, by whoever asks, and nothing else is", async () => {
    const { store, other, record } = stage
    const value = JSON.stringify({ text: `"é\ud83d\ude00\n'\\u0000`, long: "x".repeat(60_000) })
    const one = record({ value, untilMs: 8_640_000_000_000_000 })
    await store.insert(one)
    for (const each of [store, other]) expect(await each.find(one.key)).toEqual(one)
    expect(await other.find(hex())).toBe(undefined)
    expect(await other.find("%")).toBe(undefined)
    expect(await other.find("")).toBe(undefined)
  })
  test("are one of a key", async () => {
    const { store, other, record } = stage
    const one = record()
    await store.insert(one)
    const again = other.insert({ ...one, value: "other" })
    expect(await again.catch((error) => error)).toMatchObject({ code: "AUTH_STORE_FAILED" })
    expect(await other.find(one.key)).toEqual(one)
  })
  test("are refused once the store is closed", async () => {
    const { other, record } = stage
    await other.close()
    const find = async () => await other.find(hex())
    for (const act of [find(), other.insert(record()), other.list(hex())])
      expect(await act.catch((error) => error)).toMatchObject({ code: "AUTH_CLOSED" })
  })
}

function describeRaces(stage: Stage): void {
  const each = <T>(count: number, work: (store: RecordStore, at: number) => Promise<T>) =>
    Promise.all(Array.from({ length: count }, (_, at) => work(at % 2 ? stage.store : stage.other, at)))
  const yes = (answers: readonly boolean[]) => answers.filter(Boolean).length

  test("are changed by one of all who read the same", async () => {
    const { store, other, record } = stage
    const one = record()
    await store.insert(one)
    expect(yes(await each(20, (by, at) => by.change({ ...one, value: `${at}`, untilMs: LATER + at })))).toBe(1)
    const now = await other.find(one.key)
    expect(now).toMatchObject({ version: 2, untilMs: LATER + Number(now?.value) })
    expect(await other.change({ ...now!, value: "next" })).toBe(true)
    expect(await store.find(one.key)).toMatchObject({ version: 3, value: "next" })
  })
  test("are removed by one", async () => {
    const { store, record } = stage
    const one = record()
    await store.insert(one)
    expect(yes(await each(20, (by) => by.remove(one.key)))).toBe(1)
    expect(await store.find(one.key)).toBe(undefined)
    expect(await store.list(one.owner)).toEqual([])
  })
  test("are replaced by one, and there is one afterwards", async () => {
    const { store, other, record } = stage
    const one = record()
    await store.insert(one)
    const next = Array.from({ length: 20 }, () => record())
    const replaced = await each(20, (by, at) => by.replace(one.key, next[at]!))
    expect(yes(replaced)).toBe(1)
    expect(await other.list(one.owner)).toEqual([next[replaced.indexOf(true)]!])
    expect(await store.find(one.key)).toBe(undefined)
  })
  test("do not come back by who read them before", async () => {
    const { store, other, record } = stage
    const [one, two] = [record(), record()]
    await store.insert(one)
    await other.remove(one.key)
    expect([await store.change(one), await store.replace(one.key, two), await store.remove(one.key)]).toEqual([
      false,
      false,
      false,
    ])
    expect([await store.find(one.key), await store.find(two.key)]).toEqual([undefined, undefined])
    expect(await store.list(one.owner)).toEqual([])
  })
}

function describeOwners(stage: Stage): void {
  const keys = (records: readonly StoredRecord[]) => records.map(({ key }) => key).sort()

  test("are listed by owner, and go together", async () => {
    const { store, other, owner, record } = stage
    const mine = [record(), record(), record()]
    const theirs = record({ owner: hex() })
    for (const one of [...mine, theirs]) await store.insert(one)
    expect(keys(await other.list(owner))).toEqual(keys(mine))
    expect(await other.removeOwned(owner, mine[1]!.key)).toBe(2)
    expect(await store.list(owner)).toEqual([mine[1]!])
    expect(await store.removeOwned(owner)).toBe(1)
    expect([await other.list(owner), await other.removeOwned(owner)]).toEqual([[], 0])
    expect(await other.find(theirs.key)).toEqual(theirs)
  })
}
