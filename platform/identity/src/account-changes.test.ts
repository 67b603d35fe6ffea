import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import type { AccountNote } from "./account-notes.ts"
import { issueResetLink } from "./account-reset.ts"
import { hasSecondFactor, type Session, type SignedIn } from "./sessions.ts"
import { appCode } from "./testing/authenticator.ts"
import { ada, client, codeOf, failureOf, type Install, openInstall, password, setUp } from "./testing/install.ts"

/** What changes how a person gets in: new passwords, factors, sessions that are ended; and the notes of it. */

const fresh = "a stone laid anew"
const STEP_UP = "AUTH_STEP_UP_REQUIRED"
const ENDED = "IDENTITY_SESSION_ENDED"

let install: Install
let notes: AccountNote[]
let first: Session
beforeEach(async () => {
  notes = []
  const onAccountChanged = (note: AccountNote) => {
    notes.push(note)
    return []
  }
  install = await openInstall({ onAccountChanged })
  first = await setUp(install)
})
afterEach(() => install.close())

const signIn = (text = password): Promise<Session> =>
  install.identity.signIn({ email: ada.email, password: text, client })
const who = (session: Session = first): Promise<SignedIn> => install.identity.authenticate(session.accessToken)
const noted = (): (readonly [string, unknown])[] => notes.map(({ action, details }) => [action, details])

/** Adds an app in a session; gives its factor and the codes that it shows. */
async function addApp(session: Session): Promise<{ readonly factorId: string; code(): string }> {
  const { factorId, secret } = await install.identity.factors.enrolApp(await who(session))
  const code = (): string => appCode(secret, install.clock.now())
  await install.identity.factors.confirmApp(await who(session), { factorId, code: code() })
  install.clock.advance(30_000)
  return { factorId, code }
}

describe("a new password", () => {
  test("ends all other sessions and what was begun before, and this one goes on", async () => {
    const { identity, file, clock } = install
    const other = await signIn()
    const device = await identity.devices.start(client)
    await identity.devices.decide({ userCode: device.userCode, userId: first.user.id, approve: true })
    const tx = {
      get: <T>(sql: string, params: readonly (string | number)[]) => file.get<T & object>(sql, params),
      run: (sql: string, params: readonly (string | number)[]) => void file.write([{ sql, params }]),
    }
    const link = issueResetLink(tx as Parameters<typeof issueResetLink>[0], {
      ...{ email: ada.email, factors: false, nowMs: clock.now() },
    })
    await identity.changePassword(await who(), fresh)
    expect((await who()).user.email).toBe(ada.email)
    expect(await codeOf(() => who(other))).toBe(ENDED)
    expect(await codeOf(() => identity.refresh({ refreshToken: other.refreshToken, client }))).toBe(ENDED)
    const { deviceCode } = device
    expect(await codeOf(() => identity.devices.claim({ deviceCode, client }))).toBe("IDENTITY_DEVICE_CODE_SPENT")
    expect(await codeOf(() => identity.resets.check(link.token))).toBe("IDENTITY_RESET_LINK_SPENT")
    expect(await codeOf(() => signIn())).toBe("IDENTITY_WRONG_CREDENTIALS")
    expect((await signIn(fresh)).user.id).toBe(first.user.id)
    expect(noted()).toEqual([["account.password", {}]])
  })

  test("takes somebody who proved a moment ago who they are, by a factor if they have one", async () => {
    const { identity, clock } = install
    const before = await who()
    clock.advance(11 * 60_000)
    expect(await codeOf(() => identity.changePassword(before, fresh))).toBe(STEP_UP)
    const again = await signIn()
    const { code } = await addApp(again)
    const stale = await who(again)
    clock.advance(11 * 60_000)
    expect(await failureOf(() => identity.changePassword(stale, fresh))).toMatchObject({
      ...{ code: STEP_UP, details: { amr: ["mfa"], maxAgeSeconds: 600 } },
    })
    await identity.steps.stepUp(stale, { code: code() })
    const { accessToken } = await identity.refresh({ refreshToken: again.refreshToken, client })
    await identity.changePassword(await identity.authenticate(accessToken), fresh)
    expect(await codeOf(() => signIn(fresh))).toBe("IDENTITY_SECOND_FACTOR_NEEDED")
  })

  test.each(["short", "password123", ada.email])("that is bad, %p, changes nothing", async (bad) => {
    expect(await codeOf(async () => install.identity.changePassword(await who(), bad))).toBe("IDENTITY_WEAK_PASSWORD")
    expect((await signIn()).user.id).toBe(first.user.id)
    expect(notes).toEqual([])
  })

  test("is none from a session that a reset has ended meanwhile", async () => {
    const { identity } = install
    const signedIn = await who()
    await identity.sessions.revoke({ userId: first.user.id, sessionId: first.sessionId })
    expect(await codeOf(() => identity.changePassword(signedIn, fresh))).toBe(ENDED)
    expect((await signIn()).user.id).toBe(first.user.id)
  })
})

describe("notes", () => {
  test("tell of factors that come and go, of new recovery codes and of sessions that are ended, and of no secret", async () => {
    const { identity } = install
    const { factorId } = await addApp(first)
    const codes = await identity.factors.renewRecoveryCodes(await who())
    await identity.factors.remove(await who(), factorId)
    const other = await signIn()
    await identity.sessions.revoke({ userId: other.user.id, sessionId: other.sessionId })
    const own = { userId: first.user.id, sessionId: first.sessionId, isSignOut: true }
    await identity.sessions.revoke(own)
    const app = { factorId, kind: "totp", label: expect.any(String) }
    expect(noted()).toEqual([
      ["account.factor.add", app],
      ["account.recovery-codes", { count: 10 }],
      ["account.factor.remove", app],
      ["account.session.end", { sessionId: other.sessionId }],
    ])
    expect(new Set(notes.map(({ user }) => user.email))).toEqual(new Set([ada.email]))
    const text = JSON.stringify(notes)
    for (const code of codes) expect(text).not.toContain(code)
  })

  test("tell nothing of what was refused", async () => {
    const { identity } = install
    const { factorId } = await identity.factors.enrolApp(await who())
    const wrong = { factorId, code: "000000" }
    expect(await codeOf(async () => identity.factors.confirmApp(await who(), wrong))).toBe("AUTH_FACTOR_WRONG")
    const nobodys = { userId: first.user.id, sessionId: "00000000-0000-7000-8000-000000000000" }
    expect(await codeOf(() => identity.sessions.revoke(nobodys))).toBe("IDENTITY_SESSION_NOT_FOUND")
    expect(notes).toEqual([])
  })
})

describe("a second factor stands behind", () => {
  test("sessions in which it was shown, until the last one is taken away", async () => {
    expect(hasSecondFactor(await who())).toBe(false)
    const { factorId } = await addApp(first)
    expect(hasSecondFactor(await who())).toBe(true)
    await install.identity.factors.remove(await who(), factorId)
    const left = await who()
    expect([hasSecondFactor(left), left.amr]).toEqual([false, expect.not.arrayContaining(["mfa"])])
  })

  test.each([true, false])("a program that was let in from a session behind which it stands: %p", async (isVouched) => {
    const { devices } = install.identity
    const { deviceCode, userCode } = await devices.start(client)
    await devices.decide({ userCode, userId: first.user.id, approve: true, isVouched })
    const signedIn = await who(await devices.claim({ deviceCode, client }))
    expect(hasSecondFactor(signedIn)).toBe(isVouched)
    // It proves nothing by itself: what asks for a step-up asks.
    expect(await codeOf(() => install.identity.factors.enrolApp(signedIn))).toBe(STEP_UP)
  })
})
