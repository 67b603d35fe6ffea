import { Database } from "bun:sqlite"
import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import { join } from "node:path"
import type { SqlValue } from "@ashlar/sqlite"
import { issueResetLink, type ResetLink, type ResetWriter } from "./account-reset.ts"
import { argon2Passwords, type PasswordHasher } from "./passwords.ts"
import { appCode } from "./testing/authenticator.ts"
import { ada, client, codeOf, failureOf, type Install, openInstall, password, setUp } from "./testing/install.ts"

const bob = { ...ada, name: "Bob", email: "bob@example.org" }
const fresh = "a stone laid anew"
const cheap = argon2Passwords({ memoryKib: 8, passes: 1 })
const SPENT = "IDENTITY_RESET_LINK_SPENT"

let install: Install
/** What happens between a look at a password and what follows from it. */
let meanwhile: () => Promise<unknown> = async () => {}
const passwords: PasswordHasher = {
  ...cheap,
  async verify(text, hash) {
    const matches = await cheap.verify(text, hash)
    await meanwhile()
    return matches
  },
}
beforeEach(async () => {
  meanwhile = async () => {}
  install = await openInstall({ passwords })
  await setUp(install)
})
afterEach(() => install.close())

/** As whoever has the data folder does: beside the install that has the file open. */
function linkFor(email: string, factors = false): ResetLink {
  using database = new Database(join(install.folder, "system.db"), { readwrite: true })
  database.run("PRAGMA busy_timeout = 5000")
  const tx: ResetWriter = {
    get: <T>(sql: string, params: readonly SqlValue[]) =>
      database.query<T, SqlValue[]>(sql).get(...params) ?? undefined,
    run: (sql, params) => database.run(sql, [...params]),
  }
  return issueResetLink(tx, { email, factors, nowMs: install.clock.now() })
}
const signIn = (text: string, email = ada.email) => install.identity.signIn({ email, password: text, client })
const use = (token: string, text = fresh) => install.identity.resets.complete({ token, password: text, client })

/** An app for this session's person; gives the codes it shows. */
async function addApp(accessToken: string): Promise<() => string> {
  const { identity, clock } = install
  const who = await identity.authenticate(accessToken)
  const { factorId, secret } = await identity.factors.enrolApp(who)
  await identity.factors.confirmApp(who, { factorId, code: appCode(secret, clock.now()) })
  return () => appCode(secret, clock.now())
}

describe("a reset link", () => {
  test("sets the password once, ends all sessions, and signs nobody in", async () => {
    const { identity } = install
    const sessions = [await signIn(password), await signIn(password)]
    const { token } = linkFor(" ADA@Example.ORG ")
    expect(identity.resets.check(token)).toMatchObject({ email: ada.email, factors: false })
    for (const { accessToken } of sessions) await identity.authenticate(accessToken)
    expect(await use(token)).toBeUndefined()
    for (const { accessToken, refreshToken } of sessions) {
      expect(await codeOf(() => identity.authenticate(accessToken))).toBe("IDENTITY_SESSION_ENDED")
      expect(await codeOf(() => identity.refresh({ refreshToken, client }))).toBe("IDENTITY_SESSION_ENDED")
    }
    expect(await codeOf(() => signIn(password))).toBe("IDENTITY_WRONG_CREDENTIALS")
    expect((await signIn(fresh)).user.email).toBe(ada.email)
    expect([await codeOf(() => use(token, "another stone")), await codeOf(() => identity.resets.check(token))]).toEqual(
      [SPENT, SPENT],
    )
    await install.restart()
    expect(await codeOf(() => use(token))).toBe(SPENT)
  })

  test("works an hour and not a millisecond more, also when it is looked at before", async () => {
    const { token } = linkFor(ada.email)
    install.clock.advance(3_600_000 - 1)
    expect(await codeOf(() => install.identity.resets.check(token))).toBe("none")
    install.clock.advance(1)
    expect([await codeOf(() => install.identity.resets.check(token)), await codeOf(() => use(token))]).toEqual([
      SPENT,
      SPENT,
    ])
    expect(await codeOf(() => signIn(password))).toBe("none")
  })

  test("of calls that race with it lets one win, whose password it is", async () => {
    const { token } = linkFor(ada.email)
    const tries = Array.from({ length: 8 }, (_, at) => `stone number ${at} of a wall`)
    const codes = await Promise.all(tries.map((text) => codeOf(() => use(token, text))))
    expect(codes.toSorted()).toEqual([...Array(7).fill(SPENT), "none"])
    expect(await codeOf(() => signIn(tries[codes.indexOf("none")]!))).toBe("none")
  })

  test("is its person's alone, and the only one they have", async () => {
    const other = await install.identity.signUp(bob)
    const [former, latest] = [linkFor(ada.email), linkFor(ada.email)]
    const bobs = linkFor(bob.email)
    expect(await codeOf(() => use(former.token))).toBe(SPENT)
    await use(latest.token)
    expect(await codeOf(() => install.identity.authenticate(other.accessToken))).toBe("none")
    expect(await codeOf(() => signIn(password, bob.email))).toBe("none")
    expect(install.identity.resets.check(bobs.token)).toMatchObject({ email: bob.email })
  })

  test("survives a weak password, and is no other kind of token", async () => {
    const { token } = linkFor(ada.email)
    expect(await codeOf(() => use(token, "short"))).toBe("IDENTITY_WEAK_PASSWORD")
    expect(await codeOf(() => use(token, ada.email))).toBe("IDENTITY_WEAK_PASSWORD")
    const { identity } = install
    expect(await codeOf(() => identity.setup.check(token))).toBe("IDENTITY_SETUP_LINK_SPENT")
    expect(await codeOf(() => identity.signUp({ ...bob, invite: token }))).toBe("IDENTITY_INVITE_SPENT")
    for (const wrong of ["", "rs_", `${token}x`, token.replace("rs_", "su_"), "rs_".padEnd(46, "A")])
      expect(await codeOf(() => use(wrong))).toBe(SPENT)
    expect(await codeOf(() => use(token))).toBe("none")
  })

  test("is a hash on the disk", async () => {
    const { token } = linkFor(ada.email)
    await use(linkFor(ada.email).token)
    const bytes = await install.databaseBytes()
    for (const text of [token, token.slice(3), fresh]) expect(bytes.includes(text)).toBe(false)
  })

  test("is for people there are", async () => {
    expect(await codeOf(() => linkFor("nobody@example.org"))).toBe("IDENTITY_PERSON_NOT_FOUND")
    expect(await codeOf(() => linkFor("nobody"))).toBe("IDENTITY_INVALID_INPUT")
  })
})

describe("second factors", () => {
  test("stay, and what was begun with the former password is over", async () => {
    const { identity, clock } = install
    const code = await addApp((await signIn(password)).accessToken)
    const begun = await failureOf(() => signIn(password))
    await use(linkFor(ada.email).token)
    clock.advance(60_000)
    const finish = (ticket: unknown) =>
      identity.steps.finish({ ticket: String(ticket), proof: { code: code() }, client })
    expect(await codeOf(() => finish(begun?.details?.ticket))).toBe("IDENTITY_SECOND_STEP_OVER")
    const again = await failureOf(() => signIn(fresh))
    expect(again?.code).toBe("IDENTITY_SECOND_FACTOR_NEEDED")
    expect((await finish(again?.details?.ticket)).user.email).toBe(ada.email)
  })

  test("go when the link is for that, its person's only, and not before it is used", async () => {
    const { identity } = install
    await addApp((await signIn(password)).accessToken)
    await addApp((await identity.signUp(bob)).accessToken)
    const { token } = linkFor(ada.email, true)
    expect(await codeOf(() => signIn(password))).toBe("IDENTITY_SECOND_FACTOR_NEEDED")
    await use(token)
    const { user } = await signIn(fresh)
    expect(await identity.factors.state(user.id)).toMatchObject({ factors: [], recoveryCodes: 0 })
    expect(await codeOf(() => signIn(password, bob.email))).toBe("IDENTITY_SECOND_FACTOR_NEEDED")
  })
})

test("a sign-in that looked at the former password while it was reset lets nobody in", async () => {
  const { token } = linkFor(ada.email)
  const { user } = await signIn(password)
  meanwhile = () => use(token)
  expect(await codeOf(() => signIn(password))).toBe("IDENTITY_WRONG_CREDENTIALS")
  expect(install.identity.sessions.list(user.id).items).toEqual([])
})

test("a locked account opens again, and a device that was let in and has not asked yet stays out", async () => {
  const { identity } = install
  const { user } = await signIn(password)
  const started = await identity.devices.start(client)
  await identity.devices.decide({ userCode: started.userCode, userId: user.id, approve: true })
  for (let at = 0; at < 11; at++) await codeOf(() => signIn("a wrong password"))
  expect(await codeOf(() => signIn(password))).toBe("IDENTITY_TOO_MANY_ATTEMPTS")
  await use(linkFor(ada.email).token)
  expect(await codeOf(() => signIn(fresh))).toBe("none")
  install.clock.advance(10_000)
  expect(await codeOf(() => identity.devices.claim({ deviceCode: started.deviceCode, client }))).toBe(
    "IDENTITY_DEVICE_CODE_SPENT",
  )
})

test("a second step that is finished at the instant of a reset leaves no session, whichever is first", async () => {
  const { identity } = install
  const first = await signIn(password)
  const who = await identity.authenticate(first.accessToken)
  const { factorId, secret } = await identity.factors.enrolApp(who)
  const { recoveryCodes } = await identity.factors.confirmApp(who, {
    factorId,
    code: appCode(secret, install.clock.now()),
  })
  let known = password
  for (const [n, recoveryCode] of (recoveryCodes ?? []).entries()) {
    const asked = await failureOf(() => signIn(known))
    const ticket = String(asked?.details?.ticket)
    const { token } = linkFor(ada.email)
    known = `${fresh}, ${n} times`
    const finish = async () => {
      await Bun.sleep(n)
      return await identity.steps.finish({ ticket, proof: { recoveryCode }, client })
    }
    const [reset] = await Promise.allSettled([use(token, known), finish()])
    expect([n, reset.status]).toEqual([n, "fulfilled"])
    expect(identity.sessions.list(first.user.id).items).toEqual([])
  }
})
