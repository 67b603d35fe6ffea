import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import { randomUUID } from "node:crypto"
import { type ManualClock, manualClock } from "@ashlar/core"
import type { RecordStore } from "../records/record-store.ts"
import { openSessions, type Sessions } from "../sessions/sessions.ts"

export interface SessionSuiteOptions {
  /** Opens what keeps records, each time the same one by another connection. */
  readonly open: () => Promise<RecordStore>
}

interface Stage {
  clock: ManualClock
  sessions: Sessions
  other: Sessions
  /** What is kept, to look into. */
  store: RecordStore
  userId: string
}

const MINUTE = 60_000

/** What sessions promise, whatever keeps them. @example describeSessions("mine", { open: () => openMyStore(url) }) */
export function describeSessions(what: string, { open }: SessionSuiteOptions): void {
  describe(`sessions in ${what}`, () => {
    const stage = {} as Stage
    beforeEach(async () => {
      // From now on, since some stores have a clock of their own.
      const clock = manualClock(Date.now())
      const settings = { clock, idle: "30m", lifetime: "2h", touchEvery: "1m", maxPerUser: 4 } as const
      const store = await open()
      Object.assign(stage, {
        clock,
        store,
        sessions: openSessions(store, settings),
        other: openSessions(await open(), settings),
        userId: `user-${randomUUID()}`,
      })
    })
    afterEach(async () => {
      await Promise.all([stage.sessions.close(), stage.other.close()])
    })
    describeLives(stage)
    describeRotation(stage)
    describeDevices(stage)
  })
}

function describeLives(stage: Stage): void {
  test("are found by their token, as they began, by whoever asks", async () => {
    const { sessions, other, userId, clock } = stage
    const who = { userId, roles: ["admin"], claims: { name: "Ä\u0000" }, amr: ["pwd"], acr: "1", scopes: ["a"] }
    const { token, session } = await sessions.create(who, { userAgent: "x".repeat(300), address: "192.0.2.1" })
    expect(session).toMatchObject({ ...who, createdAtMs: clock.now(), address: "192.0.2.1", authTimeMs: clock.now() })
    expect(session.userAgent).toHaveLength(256)
    expect(await other.find(token)).toEqual(session)
    expect(JSON.stringify(session).includes(token)).toBe(false)
  })
  test("are nowhere in clear where they are kept", async () => {
    const { sessions, store, userId } = stage
    const { token, session } = await sessions.create({ userId })
    const { ownerKey } = await import("../records/secret.ts")
    const kept = await store.list(ownerKey(userId))
    expect(kept).toHaveLength(1)
    expect(JSON.stringify(kept).includes(token)).toBe(false)
    // Whoever reads the store has nothing that opens a session.
    for (const leaked of [kept[0]!.key, session.id, kept[0]!.owner]) expect(await sessions.find(leaked)).toBe(undefined)
  })
  test("are not found by what is no token", async () => {
    const { sessions, userId } = stage
    const { token } = await sessions.create({ userId })
    const wrong = ["", "x", token.slice(1), `${token}x`, `${token} `, token.toLowerCase(), `%${token.slice(1)}`]
    for (const one of wrong.filter((text) => text !== token)) {
      expect(await sessions.find(one)).toBe(undefined)
      expect(await sessions.end(one)).toBe(false)
    }
  })
  test("end when they were not used for long, and live on while they are", async () => {
    const { sessions, other, userId, clock } = stage
    const { token } = await sessions.create({ userId })
    const idle = await sessions.create({ userId })
    for (let at = 0; at < 3; at++) {
      clock.advance(29 * MINUTE)
      expect(await other.touch(token, { address: `192.0.2.${at}` })).toBe(true)
    }
    expect(await sessions.find(token)).toMatchObject({ address: "192.0.2.2", lastSeenMs: clock.now() })
    expect(await sessions.find(idle.token)).toBe(undefined)
    expect(await sessions.touch(idle.token)).toBe(false)
    clock.advance(30 * MINUTE)
    expect(await sessions.find(token)).toBe(undefined)
  })
  test("end in the end, however much they are used", async () => {
    const { sessions, userId, clock } = stage
    const { token } = await sessions.create({ userId })
    const short = await sessions.create({ userId }, { lifetimeMs: 10 * MINUTE })
    for (let at = 0; at < 7; at++) {
      clock.advance(17 * MINUTE)
      await sessions.touch(token)
      await sessions.touch(short.token)
      if (at === 0) expect(await sessions.find(short.token)).toBe(undefined)
    }
    expect(await sessions.find(token)).toBeDefined()
    clock.advance(MINUTE)
    expect(await sessions.find(token)).toBe(undefined)
    expect(await sessions.rotate(token)).toBe(undefined)
  })
  test("are noted as used once a minute, however often they are", async () => {
    const { sessions, userId, clock } = stage
    const { token } = await sessions.create({ userId })
    const touched: boolean[] = []
    for (let at = 0; at < 8; at++) {
      clock.advance(MINUTE / 4)
      touched.push(await sessions.touch(token))
    }
    expect(touched.filter(Boolean)).toHaveLength(2)
  })
}

function describeRotation(stage: Stage): void {
  test("go on under another token, and the old one opens nothing", async () => {
    const { sessions, other, userId, clock } = stage
    const { token, session } = await sessions.create({ userId, roles: ["user"], amr: ["pwd"] }, { userAgent: "a" })
    clock.advance(MINUTE)
    const next = await other.rotate(token, { roles: ["admin"], amr: ["pwd", "otp"], userId: "mallory" } as never)
    expect(next!.token).not.toBe(token)
    expect(next!.session).toEqual({
      ...session,
      roles: ["admin"],
      amr: ["pwd", "otp"],
      lastSeenMs: clock.now(),
    })
    expect([await sessions.find(token), await sessions.find(next!.token)]).toEqual([undefined, next!.session])
    expect(await sessions.list(userId)).toEqual([next!.session])
    // Nobody who read the old one a moment ago brings it back.
    expect([await sessions.touch(token), await sessions.rotate(token), await sessions.end(token)]).toEqual([
      false,
      undefined,
      false,
    ])
  })
  test("are rotated by one of all who do at once", async () => {
    const { sessions, other, userId } = stage
    const { token } = await sessions.create({ userId })
    const all = await Promise.all(Array.from({ length: 12 }, (_, at) => (at % 2 ? sessions : other).rotate(token)))
    expect(all.filter((one) => one !== undefined)).toHaveLength(1)
    expect(await sessions.list(userId)).toHaveLength(1)
  })
}

function describeDevices(stage: Stage): void {
  test("are listed for their user only, the last used first, and end one by one or all", async () => {
    const { sessions, other, userId, clock } = stage
    const made = []
    for (const userAgent of ["phone", "laptop", "tablet"]) {
      made.push(await sessions.create({ userId }, { userAgent }))
      clock.advance(2 * MINUTE)
    }
    const theirs = await sessions.create({ userId: userId.toUpperCase() })
    await sessions.touch(made[0]!.token)
    const agents = async () => (await other.list(userId)).map(({ userAgent }) => userAgent)
    expect(await agents()).toEqual(["phone", "tablet", "laptop"])
    const [phone, laptop, tablet] = made.map(({ session }) => session.id) as [string, string, string]
    // By another's name nothing ends.
    expect(await sessions.revoke(userId.toUpperCase(), laptop)).toBe(false)
    expect(await sessions.revoke(userId, theirs.session.id)).toBe(false)
    expect([await other.revoke(userId, laptop), await sessions.revoke(userId, laptop)]).toEqual([true, false])
    expect(await sessions.find(made[1]!.token)).toBe(undefined)
    expect(await agents()).toEqual(["phone", "tablet"])
    expect(await sessions.revokeAll(userId, { sessionId: phone })).toBe(1)
    expect(await agents()).toEqual(["phone"])
    await sessions.create({ userId })
    expect(await sessions.revokeAll(userId, { sessionId: tablet })).toBe(2)
    expect([await agents(), (await sessions.find(theirs.token))?.id]).toEqual([[], theirs.session.id])
  })
  test("are so many at most: the one that was not used for longest ends", async () => {
    const { sessions, userId, clock } = stage
    const made = []
    for (let at = 0; at < 4; at++) {
      made.push(await sessions.create({ userId }))
      clock.advance(MINUTE)
    }
    await sessions.touch(made[0]!.token)
    made.push(await sessions.create({ userId }))
    const alive = await Promise.all(made.map(async ({ token }) => (await sessions.find(token)) !== undefined))
    expect(alive).toEqual([true, false, true, true, true])
  })
}
