import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { rm } from "node:fs/promises"
import { join } from "node:path"
import type { Session } from "./sessions.ts"
import { ada, client, codeOf, failureOf, type Install, openInstall, password, setUp } from "./testing/install.ts"

const DAY_MS = 24 * 3_600_000

let install: Install
let session: Session

beforeAll(async () => {
  install = await openInstall({ limits: { sessionsPerAccount: 5 } })
  session = await setUp(install)
})
afterAll(() => install.close())

/** Each test begins with one session of its own. */
beforeEach(async () => {
  await install.identity.sessions.revokeAll(session.user.id)
  session = await signIn()
})

async function signIn(userAgent = "test/1"): Promise<Session> {
  // Beyond the limit of attempts, so that tests do not count for each other.
  install.clock.advance(15 * 60_000)
  return await install.identity.signIn({ email: ada.email, password, client: { ...client, userAgent } })
}

function refresh(refreshToken: string): Promise<Session> {
  return install.identity.refresh({ refreshToken, client })
}

async function endingOf(refreshToken: string): Promise<unknown> {
  const failure = await failureOf(() => refresh(refreshToken))
  expect(failure?.code).toBe("IDENTITY_SESSION_ENDED")
  return failure?.details?.reason
}

describe("refreshing", () => {
  test("gives a new pair of tokens for the same session, again and again", async () => {
    let current = session
    for (let n = 0; n < 5; n++) {
      install.clock.advance(60_000)
      const next = await refresh(current.refreshToken)
      expect(next.sessionId).toBe(session.sessionId)
      expect(next.user).toEqual(session.user)
      expect(next.refreshToken).not.toBe(current.refreshToken)
      expect(next.accessToken).not.toBe(current.accessToken)
      await install.identity.authenticate(next.accessToken)
      current = next
    }
  })

  test("twenty tabs that refresh at once all get the same successor, which then works", async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => refresh(session.refreshToken)))
    expect(new Set(all.map(({ refreshToken }) => refreshToken)).size).toBe(1)
    install.clock.advance(60_000)
    expect(await codeOf(() => refresh(all[7]!.refreshToken))).toBe("none")
  })

  test("the token before works for ten seconds more, and then ends the session for everybody", async () => {
    const next = await refresh(session.refreshToken)
    install.clock.advance(10_000)
    expect((await refresh(session.refreshToken)).refreshToken).toBe(next.refreshToken)
    install.clock.advance(1)
    expect(await endingOf(session.refreshToken)).toBe("reused")
    expect(await endingOf(next.refreshToken)).toBe("unknown")
    expect(await codeOf(() => install.identity.authenticate(next.accessToken))).toBe("IDENTITY_SESSION_ENDED")
  })

  test("the grace is counted from the rotation, and not prolonged by its use", async () => {
    await refresh(session.refreshToken)
    for (let n = 0; n < 5; n++) {
      install.clock.advance(2_000)
      expect(await codeOf(() => refresh(session.refreshToken))).toBe("none")
    }
    install.clock.advance(1)
    expect(await endingOf(session.refreshToken)).toBe("reused")
  })

  test("a token two rotations old ends the session even within the grace", async () => {
    const second = await refresh(session.refreshToken)
    const third = await refresh(second.refreshToken)
    expect(await endingOf(session.refreshToken)).toBe("reused")
    expect(await endingOf(third.refreshToken)).toBe("unknown")
  })

  test("a stolen token costs the thief and the owner the session, and leaves the others alone", async () => {
    const other = await signIn()
    const thief = await refresh(session.refreshToken)
    install.clock.advance(60_000)
    expect(await endingOf(session.refreshToken)).toBe("reused")
    expect(await endingOf(thief.refreshToken)).toBe("unknown")
    expect(await codeOf(() => refresh(other.refreshToken))).toBe("none")
  })

  test("a forged token is refused and ends nothing", async () => {
    const head = `rt_${session.sessionId}_`
    const tail = session.refreshToken.slice(head.length)
    const flipped = tail.startsWith("A") ? "B" : "A"
    const forgeries = [
      "",
      "rt_",
      session.accessToken,
      session.refreshToken.slice(0, -1),
      `${session.refreshToken}A`,
      `${head}${flipped}${tail.slice(1)}`,
      `${head}${randomBytes(48).toString("base64url")}`,
      session.refreshToken.replace(session.sessionId, "00000000-0000-7000-8000-000000000000"),
      "x".repeat(1_000_000),
    ]
    for (const forged of forgeries) expect(await endingOf(forged)).toBe("unknown")
    for (const forged of forgeries) await install.identity.signOut(forged)
    expect(await codeOf(() => refresh(session.refreshToken))).toBe("none")
  })

  test("a token of another install is refused", async () => {
    const other = await openInstall()
    const foreign = await setUp(other)
    expect(await endingOf(foreign.refreshToken)).toBe("unknown")
    await other.close()
  })

  test("a session ends when it was not used for 30 days", async () => {
    install.clock.advance(30 * DAY_MS - 1)
    const used = await refresh(session.refreshToken)
    install.clock.advance(30 * DAY_MS - 1)
    const usedAgain = await refresh(used.refreshToken)
    install.clock.advance(30 * DAY_MS)
    expect(await endingOf(usedAgain.refreshToken)).toBe("expired")
    expect(await endingOf(usedAgain.refreshToken)).toBe("unknown")
  })

  test("a session ends after 90 days, however much it is used, and says so before", async () => {
    const endsAt = new Date(install.clock.now() + 90 * DAY_MS).toISOString()
    let current = session
    for (let day = 10; day < 90; day += 10) {
      install.clock.advance(10 * DAY_MS)
      current = await refresh(current.refreshToken)
    }
    expect(current.refreshTokenExpiresAt).toBe(endsAt)
    install.clock.advance(10 * DAY_MS)
    expect(await endingOf(current.refreshToken)).toBe("expired")
  })
})

describe("the end of a session", () => {
  test("by age is at once for an access token that has minutes to live", async () => {
    install.clock.advance(30 * DAY_MS - 1)
    session = await refresh(session.refreshToken)
    install.clock.advance(30 * DAY_MS - 1)
    session = await refresh(session.refreshToken)
    install.clock.advance(30 * DAY_MS - 60_000)
    session = await refresh(session.refreshToken)
    expect(await codeOf(() => install.identity.authenticate(session.accessToken))).toBe("none")
    install.clock.advance(60_002)
    expect(await codeOf(() => install.identity.authenticate(session.accessToken))).toBe("IDENTITY_SESSION_ENDED")
  })

  test("is at once for its access token too, by signing out", async () => {
    await install.identity.signOut(session.refreshToken)
    expect(await codeOf(() => install.identity.authenticate(session.accessToken))).toBe("IDENTITY_SESSION_ENDED")
    expect(await endingOf(session.refreshToken)).toBe("unknown")
  })

  test("is at once by revoking it, and nobody revokes another's", async () => {
    const { sessions } = install.identity
    const mallory = await install.identity.signUp({ ...ada, email: `m${install.clock.now()}@example.org` })
    const theft = { userId: mallory.user.id, sessionId: session.sessionId }
    expect(await codeOf(() => sessions.revoke(theft))).toBe("IDENTITY_SESSION_NOT_FOUND")
    await install.identity.authenticate(session.accessToken)
    await sessions.revoke({ userId: session.user.id, sessionId: session.sessionId })
    expect(await codeOf(() => install.identity.authenticate(session.accessToken))).toBe("IDENTITY_SESSION_ENDED")
    expect(await codeOf(() => sessions.revoke({ userId: session.user.id, sessionId: session.sessionId }))).toBe(
      "IDENTITY_SESSION_NOT_FOUND",
    )
    await install.identity.authenticate(mallory.accessToken)
  })

  test("comes to all but the one that asks", async () => {
    const others = [await signIn(), await signIn()]
    session = await refresh(session.refreshToken)
    const { sessions } = install.identity
    expect(await sessions.revokeAll(session.user.id, { exceptSessionId: session.sessionId })).toBe(2)
    for (const { refreshToken } of others) expect(await endingOf(refreshToken)).toBe("unknown")
    expect(await codeOf(() => install.identity.authenticate(session.accessToken))).toBe("none")
    expect(await sessions.revokeAll(session.user.id)).toBe(1)
    expect(await codeOf(() => install.identity.authenticate(session.accessToken))).toBe("IDENTITY_SESSION_ENDED")
  })

  test("holds after a restart, and what lives goes on", async () => {
    const revoked = await signIn()
    const next = await refresh(session.refreshToken)
    await install.identity.signOut(revoked.refreshToken)
    await install.restart()
    const current = await refresh(session.refreshToken)
    expect(await codeOf(() => install.identity.authenticate(revoked.accessToken))).toBe("IDENTITY_SESSION_ENDED")
    expect(await endingOf(revoked.refreshToken)).toBe("unknown")
    // The grace also outlives the restart.
    expect(current.refreshToken).toBe(next.refreshToken)
    expect(await codeOf(() => install.identity.authenticate(next.accessToken))).toBe("none")
    expect(await codeOf(() => refresh(next.refreshToken))).toBe("none")
  })
})

describe("the list of sessions", () => {
  test("shows the live ones newest first, which is the current, and from where", async () => {
    const second = await signIn("\u001b[2Jsecond")
    const { items, next } = install.identity.sessions.list(session.user.id, { currentSessionId: session.sessionId })
    expect(next).toBeNull()
    expect(items.map(({ id, current }) => ({ id, current }))).toEqual([
      { id: second.sessionId, current: false },
      { id: session.sessionId, current: true },
    ])
    expect(items[0]).toMatchObject({
      userAgent: "[2Jsecond",
      address: client.address,
      createdAt: new Date(install.clock.now()).toISOString(),
      expiresAt: second.refreshTokenExpiresAt,
    })
    expect(JSON.stringify(items)).not.toContain(second.refreshToken)
  })

  test("holds at most so many, and forgets the one not used for longest", async () => {
    const all = [session]
    for (let n = 0; n < 4; n++) all.push(await signIn())
    all[0] = await refresh(session.refreshToken)
    const sixth = await signIn()
    const ids = install.identity.sessions.list(session.user.id).items.map(({ id }) => id)
    expect(ids).toHaveLength(5)
    expect(ids).toContain(session.sessionId)
    expect(ids).toContain(sixth.sessionId)
    expect(ids).not.toContain(all[1]!.sessionId)
  })

  test("leaves out what has expired", async () => {
    install.clock.advance(31 * DAY_MS)
    expect(install.identity.sessions.list(session.user.id).items).toEqual([])
  })

  test("comes in pages whose cursors are good for this list only", async () => {
    for (let n = 0; n < 4; n++) await signIn()
    const { sessions } = install.identity
    const { id } = session.user
    const whole = sessions.list(id).items.map((item) => item.id)
    const first = sessions.list(id, { limit: 2 })
    const second = sessions.list(id, { limit: 2, cursor: first.next! })
    const third = sessions.list(id, { limit: 2, cursor: second.next! })
    expect([...first.items, ...second.items, ...third.items].map((item) => item.id)).toEqual(whole)
    expect(third.next).toBeNull()
    const cursor = first.next!
    const changed = `${cursor.slice(0, 10)}${cursor[10] === "A" ? "B" : "A"}${cursor.slice(11)}`
    for (const forged of ["", "x", "3", Buffer.from("3").toString("base64url"), changed, cursor.repeat(99)]) {
      expect(await codeOf(() => sessions.list(id, { cursor: forged }))).toBe("IDENTITY_INVALID_CURSOR")
    }
    expect(await codeOf(() => sessions.list("another", { cursor }))).toBe("IDENTITY_INVALID_CURSOR")
    for (const limit of [0, -1, 1.5, 1001, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(await codeOf(() => sessions.list(id, { limit }))).toBe("IDENTITY_INVALID_INPUT")
    }
  })
})

describe("what lies on the disk", () => {
  test("holds no password, token or private key in clear", async () => {
    const { token } = install.identity.people.prepareInvite({ email: "x@example.org", scope: "s", grants: {} })
    const prepared = install.identity.people.prepareInvite({ email: "y@example.org", scope: "s", grants: {} })
    await install.file.write(prepared.statements)
    const next = await refresh(session.refreshToken)
    const bytes = await install.databaseBytes()
    // The scan finds what is there.
    expect(bytes.includes(ada.email)).toBe(true)
    const secrets = [password, token, prepared.token, next.accessToken, next.refreshToken, session.refreshToken]
    for (const secret of secrets) {
      // Whole, in part, and as the bytes that the text stands for.
      const end = secret.slice(-24)
      expect(bytes.includes(end)).toBe(false)
      expect(bytes.includes(Buffer.from(end, "base64url"))).toBe(false)
    }
    // An Ed25519 private key in PKCS #8 begins with these bytes.
    expect(bytes.includes(Buffer.from("302e020100300506032b657004220420", "hex"))).toBe(false)
    const { x } = install.identity.jwks().keys[0]!
    expect(bytes.includes(x)).toBe(true)
  })

  test("opens with its own root key only", async () => {
    const moved = await openInstall()
    await setUp(moved)
    await rm(join(moved.folder, "root.key"))
    expect(await codeOf(() => moved.restart())).toBe("IDENTITY_ROOT_KEY_MISMATCH")
    await moved.close()
  })
})

test("sessions that are over leave the file when they are pruned, and no others", async () => {
  const sessions = (): unknown[] => install.file.all("SELECT id FROM identity_sessions ORDER BY n")
  await install.identity.prune()
  const before = sessions()
  expect(before).toContainEqual({ id: session.sessionId })
  install.clock.advance(31 * DAY_MS)
  await install.file.write(
    Array.from({ length: 100 }, (_, n) => ({
      sql: `INSERT INTO identity_sessions
        (id, account_id, token_hash, rotated_at, created_at, last_used_at, expires_at, address, user_agent)
        VALUES (?, 'nobody', x'', 0, 0, 0, ?, '', '')`,
      params: [`s${n}`, install.clock.now() + (n % 2)],
    })),
  )
  // More rows than one write looks at.
  await install.file.write([{ sql: "UPDATE identity_sessions SET n = n + 12000 WHERE id = 's98'" }])
  expect((await install.identity.prune()).sessions).toBe(before.length + 50)
  expect(sessions()).toHaveLength(50)
  const failure = await failureOf(() => install.identity.prune(AbortSignal.abort(new RangeError("stopped"))))
  expect(failure?.message).toBe("stopped")
})
