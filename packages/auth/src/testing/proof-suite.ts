import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import { type ManualClock, manualClock } from "@ashlar/core"
import type { Proof, ProofStore } from "../proofs/proof-store.ts"

export interface ProofSuiteOptions {
  /** Opens what keeps proofs, each time the same one by another connection. */
  readonly open: (clock: ManualClock) => Promise<ProofStore>
}

interface Stage {
  clock: ManualClock
  store: ProofStore
  other: ProofStore
  /** A proof of this case's own. */
  proof: (fields?: Partial<Proof>) => Proof
  userId: string
}

const id = (): string => crypto.randomUUID().replaceAll("-", "")
const AT_ONCE = 30

/** The suite that every store passes. @example describeProofStore("mine", { open: () => openMyStore(url) }) */
export function describeProofStore(what: string, { open }: ProofSuiteOptions): void {
  describe(`proofs in ${what}`, () => {
    const stage = {} as Stage
    beforeEach(async () => {
      const clock = manualClock()
      const [store, other] = [await open(clock), await open(clock)]
      const userId = `user ${id()}`
      const proof = (fields: Partial<Proof> = {}): Proof => ({
        kind: "code",
        id: id(),
        userId,
        counter: 0,
        data: "{}",
        createdMs: clock.now(),
        expiresMs: clock.now() + 60_000,
        ...fields,
      })
      Object.assign(stage, { clock, store, other, proof, userId })
    })
    afterEach(async () => {
      await stage.store.removeAll(stage.userId)
      await Promise.all([stage.store.close(), stage.other.close()])
    })
    describeKeeping(stage)
    describeRaces(stage)
    describeOwners(stage)
  })
}

/** What each of many who do the same at once is told. */
async function atOnce<T>({ store, other }: Stage, act: (store: ProofStore) => Promise<T>): Promise<T[]> {
  return await Promise.all(Array.from({ length: AT_ONCE }, (_, at) => act(at % 2 === 0 ? store : other)))
}
const yes = (answers: readonly unknown[]): number =>
  answers.filter((answer) => answer !== false && answer !== undefined).length

function describeKeeping(stage: Stage): void {
  test("is given as it was, whoever asks, until it is taken", async () => {
    const { store, other, proof } = stage
    const data = JSON.stringify({ text: `"é😀\n'\\%_`, long: "x".repeat(60_000) })
    const kept = proof({ data, counter: Number.MAX_SAFE_INTEGER - 1, expiresMs: undefined })
    expect(await store.add(kept)).toBe(true)
    for (const one of [store, other]) expect(await one.find("code", kept.id)).toEqual(kept)
    expect(await other.find("codes", kept.id)).toBe(undefined)
    expect(await other.take("code", kept.id)).toEqual(kept)
    for (const act of [store.find("code", kept.id), store.take("code", kept.id)]) expect(await act).toBe(undefined)
  })
  test("is over at its time for every purpose, and its name is free again", async () => {
    const { store, other, proof, clock, userId } = stage
    const kept = proof({ expiresMs: clock.now() + 1_000 })
    await store.add(kept)
    clock.advance(999)
    expect([await other.find("code", kept.id), await store.add(kept)]).toEqual([kept, false])
    clock.advance(1)
    expect(await other.find("code", kept.id)).toBe(undefined)
    expect(await store.list(userId)).toEqual([])
    expect(await store.raise("code", kept.id, 5)).toBe(false)
    expect(await store.count("code", kept.id, 5)).toBe(false)
    expect(await store.replace("code", kept.id, { from: kept.data, to: "other" })).toBe(false)
    expect(await other.take("code", kept.id)).toBe(undefined)
    const next = { ...kept, data: "next", expiresMs: clock.now() + 1_000 }
    expect(await other.add(next)).toBe(true)
    expect(await store.find("code", kept.id)).toEqual(next)
  })
  test("is refused where some store could not keep it: AUTH_SETUP_INVALID", async () => {
    const { store, proof } = stage
    const wrong: Partial<Proof>[] = [
      { kind: "" },
      { kind: "Code" },
      { kind: "a:b" },
      { id: "" },
      { id: "a:b" },
      { id: "x".repeat(65) },
      { userId: "" },
      { userId: "x".repeat(256) },
      { userId: "a\0" },
      { userId: "\ud800" },
      { counter: -1 },
      { counter: 0.5 },
      { data: "x".repeat(65_537) },
      { data: "\0" },
      { data: "\udc00" },
    ]
    for (const fields of wrong)
      expect(await store.add(proof(fields)).catch((error) => error)).toMatchObject({ code: "AUTH_SETUP_INVALID" })
  })
  test("is refused once the store is closed: AUTH_CLOSED", async () => {
    const { other, proof, store } = stage
    const kept = proof()
    await store.add(kept)
    await other.close()
    const acts = [other.find("code", kept.id), other.take("code", kept.id), other.add(proof())]
    for (const act of acts) expect(await act.catch((error) => error)).toMatchObject({ code: "AUTH_CLOSED" })
  })
}

function describeRaces(stage: Stage): void {
  test("is added once, of however many who add it at once", async () => {
    const kept = stage.proof()
    expect(yes(await atOnce(stage, (store) => store.add(kept)))).toBe(1)
  })
  test("is given to one of however many who take it at once", async () => {
    const kept = stage.proof()
    await stage.store.add(kept)
    const taken = await atOnce(stage, (store) => store.take("code", kept.id))
    expect([yes(taken), taken.find((one) => one !== undefined)]).toEqual([1, kept])
  })
  test("its counter is raised to a number once, and never down", async () => {
    const { store, other, proof } = stage
    const kept = proof({ counter: 4 })
    await store.add(kept)
    expect(yes(await atOnce(stage, (one) => one.raise("code", kept.id, 9_007_199_254_740_991)))).toBe(1)
    for (const counter of [0, 5, 9_007_199_254_740_991]) expect(await other.raise("code", kept.id, counter)).toBe(false)
    expect((await store.find("code", kept.id))?.counter).toBe(9_007_199_254_740_991)
    expect(await store.raise("code", id(), 1)).toBe(false)
  })
  test("its counter takes as many tries as there may be, however many come at once", async () => {
    const kept = stage.proof({ counter: 2 })
    await stage.store.add(kept)
    expect(yes(await atOnce(stage, (store) => store.count("code", kept.id, 7)))).toBe(5)
    expect((await stage.other.find("code", kept.id))?.counter).toBe(7)
  })
  test("its data is replaced once by those who read the same", async () => {
    const { store, other, proof } = stage
    const kept = proof({ data: "a" })
    await store.add(kept)
    const answers = await Promise.all(
      Array.from({ length: AT_ONCE }, (_, at) =>
        (at % 2 ? store : other).replace("code", kept.id, { from: "a", to: `b${at}` }),
      ),
    )
    expect(yes(answers)).toBe(1)
    const { data } = (await store.find("code", kept.id))!
    expect(data).toBe(`b${answers.indexOf(true)}`)
    for (const from of [data.toUpperCase(), `${data} `, "a"])
      expect(await other.replace("code", kept.id, { from, to: "c" })).toBe(false)
  })
}

function describeOwners(stage: Stage): void {
  test("are listed by whose and of what kind they are, oldest first", async () => {
    const { store, other, proof, clock, userId } = stage
    const kept = []
    for (const kind of ["code", "totp", "code"]) {
      clock.advance(10)
      kept.push(proof({ kind }))
      await store.add(kept.at(-1)!)
    }
    expect(await other.list(userId)).toEqual(kept)
    expect(await other.list(userId, "code")).toEqual([kept[0]!, kept[2]!])
    expect(await other.list(userId, "cod")).toEqual([])
    expect(await store.removeAll(userId, ["code", "device"])).toBe(2)
    expect([await store.removeAll(userId, []), await other.list(userId)]).toEqual([0, [kept[1]!]])
    expect([await other.removeAll(userId), await store.list(userId)]).toEqual([1, []])
  })
  test("are told apart letter for letter", async () => {
    const { store, proof, userId } = stage
    const owners = [userId, `${userId} `, userId.toUpperCase(), `${userId}é`, `${userId}e\u0301`, `${userId}%`]
    const kept = owners.map((owner) => proof({ userId: owner }))
    for (const one of kept) await store.add(one)
    for (const one of kept) expect(await store.list(one.userId)).toEqual([one])
    const [mixed, upper] = [proof({ id: `a${id()}` }), proof()]
    const other = { ...upper, id: mixed.id.toUpperCase() }
    expect([await store.add(mixed), await store.add(other), (await store.list(userId)).length]).toEqual([true, true, 3])
    for (const owner of owners.slice(1)) expect(await store.removeAll(owner)).toBe(1)
    expect((await store.list(userId)).length).toBe(3)
  })
}
