import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import type { Begun, Claim, IdempotencyStore } from "../store.ts"

export interface IdempotencySuiteOptions {
  /** Opens what keeps claims, each time the same one by another connection. */
  readonly open: () => Promise<IdempotencyStore>
  /** Lets time pass, where the store takes its time from the test; else the suite waits. */
  readonly pass?: (ms: number) => void
}

interface Stage {
  store: IdempotencyStore
  other: IdempotencyStore
  /** A claim of this case's own, by one owner or another. */
  claim: (owner: string) => Claim
  pass: (ms: number) => Promise<void>
}

const LEASE_MS = 400
const TTL_MS = 600
const LONG_MS = 60_000
const hex = () => crypto.randomUUID().replaceAll("-", "").repeat(2)

/** The suite that every store passes. @example describeIdempotencyStore("mine", { open: () => openMyStore(url) }) */
export function describeIdempotencyStore(what: string, { open, pass }: IdempotencySuiteOptions): void {
  describe(`claims and answers in ${what}`, () => {
    const stage = {} as Stage
    beforeEach(async () => {
      const [store, other] = [await open(), await open()]
      const [id, fingerprint] = [hex(), hex()]
      const wait = async (ms: number) => (pass === undefined ? await Bun.sleep(ms) : pass(ms))
      Object.assign(stage, { store, other, claim: (owner: string) => ({ id, fingerprint, owner }), pass: wait })
    })
    afterEach(async () => {
      await Promise.all([stage.store.close(), stage.other.close()])
    })
    describeClaims(stage)
    describeAnswers(stage)
  })
}

function describeClaims(stage: Stage): void {
  test("are one's at a time, of however many who begin at once", async () => {
    const { store, other, claim } = stage
    const tries = Array.from({ length: 40 }, (_, at) => (at % 2 ? store : other).begin(claim(`owner ${at}`), LONG_MS))
    const found = await Promise.all(tries)
    expect(found.filter(({ state }) => state === "begun")).toHaveLength(1)
    const rest = found.filter((one): one is Begun & { state: "running" } => one.state === "running")
    expect(rest).toHaveLength(39)
    const { fingerprint } = claim("")
    for (const one of rest)
      expect([one.fingerprint, one.leftMs > 0, one.leftMs <= LONG_MS]).toEqual([fingerprint, true, true])
  })
  test("end when they are ended, by their owner only", async () => {
    const { store, other, claim } = stage
    await store.begin(claim("a"), LONG_MS)
    await other.end(claim("b"))
    expect((await other.begin(claim("b"), LONG_MS)).state).toBe("running")
    await other.end(claim("a"))
    expect(await other.begin({ ...claim("b"), fingerprint: hex() }, LONG_MS)).toEqual({ state: "begun" })
    expect(await store.extend(claim("a"), LONG_MS)).toBe(false)
  })
  test("end by themselves, and their former owner can do nothing any more", async () => {
    const { store, other, claim, pass } = stage
    await store.begin(claim("a"), LEASE_MS)
    await pass(LEASE_MS + 100)
    expect(await store.extend(claim("a"), LONG_MS)).toBe(false)
    expect(await other.begin(claim("b"), LONG_MS)).toEqual({ state: "begun" })
    expect(await store.extend(claim("a"), LONG_MS)).toBe(false)
    expect(await store.keep(claim("a"), "late", LONG_MS)).toBe(false)
    await store.end(claim("a"))
    expect((await store.begin(claim("c"), LONG_MS)).state).toBe("running")
    expect(await other.keep(claim("b"), "in time", LONG_MS)).toBe(true)
    expect(await store.begin(claim("a"), LONG_MS)).toMatchObject({ state: "kept", answer: "in time" })
  })
  test("are held on to by a sign of life", async () => {
    const { store, other, claim, pass } = stage
    await store.begin(claim("a"), LEASE_MS)
    expect(await store.extend(claim("a"), LONG_MS)).toBe(true)
    await pass(LEASE_MS + 100)
    expect((await other.begin(claim("b"), LONG_MS)).state).toBe("running")
  })
}

function describeAnswers(stage: Stage): void {
  test("are given again as they are, whoever asks, and neither changed nor ended by anybody", async () => {
    const { store, other, claim } = stage
    const answer = JSON.stringify({ text: `"é\u0000\ud83d\ude00\n'`, long: "x".repeat(200_000) })
    await store.begin(claim("a"), LONG_MS)
    expect(await store.keep(claim("a"), answer, LONG_MS)).toBe(true)
    const { fingerprint } = claim("")
    for (const one of [store, other])
      expect(await one.begin(claim("b"), LONG_MS)).toEqual({ state: "kept", fingerprint, answer })
    expect([await store.keep(claim("a"), "other", LONG_MS), await store.extend(claim("a"), LONG_MS)]).toEqual([
      false,
      false,
    ])
    await store.end(claim("a"))
    expect(await other.begin(claim("b"), LONG_MS)).toMatchObject({ answer })
  })
  test("are kept for their time, and then the next one runs", async () => {
    const { store, other, claim, pass } = stage
    await store.begin(claim("a"), LONG_MS)
    await store.keep(claim("a"), "old", TTL_MS)
    expect(await other.begin(claim("b"), LONG_MS)).toMatchObject({ state: "kept", answer: "old" })
    await pass(TTL_MS + 100)
    expect(await other.begin({ ...claim("b"), fingerprint: hex() }, LONG_MS)).toEqual({ state: "begun" })
    expect((await store.begin(claim("c"), LONG_MS)).state).toBe("running")
  })
  test("are refused once the store is closed", async () => {
    const { other, claim } = stage
    await other.close()
    expect(await other.begin(claim("a"), LONG_MS).catch((error) => error)).toMatchObject({ code: "IDEMPOTENCY_CLOSED" })
  })
}
