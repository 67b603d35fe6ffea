import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import type { Session, SignedIn } from "../sessions.ts"
import { appCode } from "../testing/authenticator.ts"
import { ada, client, codeOf, failureOf, type Install, openInstall, password, setUp } from "../testing/install.ts"
import type { FactorProof } from "./second-factors.ts"

let install: Install
let who: SignedIn
/** Of Ada's authenticator app. */
let secret: string
let recoveryCodes: readonly string[]

const eve = { ...ada, name: "Eve", email: "eve@example.org" }
const now = (): string => appCode(secret, install.clock.now())
const signedInBy = ({ accessToken }: Session): Promise<SignedIn> => install.identity.authenticate(accessToken)

/** Moves on, so that the app shows another code. */
const nextCode = (): string => {
  install.clock.advance(30_000)
  return now()
}
async function ticketOf(email: string = ada.email): Promise<string> {
  const failure = await failureOf(() => install.identity.signIn({ email, password, client }))
  expect(failure).toMatchObject({ code: "IDENTITY_SECOND_FACTOR_NEEDED", status: 401 })
  return failure?.details?.ticket as string
}
const finish = (ticket: string, proof: FactorProof) => install.identity.steps.finish({ ticket, proof, client })

beforeEach(async () => {
  install = await openInstall({ passkeys: () => ({ rpId: "localhost", origins: ["http://localhost:4000"] }) })
  const { identity } = install
  who = await signedInBy(await setUp(install))
  const enrolment = await identity.factors.enrolApp(who)
  secret = enrolment.secret
  const added = await identity.factors.confirmApp(who, { factorId: enrolment.factorId, code: now(), label: "Phone" })
  recoveryCodes = added.recoveryCodes ?? []
})
afterEach(() => install.close())

describe("signing in with a second factor", () => {
  test("takes the password, then a code, and the session says so", async () => {
    const session = await finish(await ticketOf(), { code: nextCode() })
    expect(await signedInBy(session)).toMatchObject({ user: { email: ada.email }, amr: ["pwd", "otp", "mfa"] })
  })

  test("says which factors there are, and nothing of them to who has not shown the password", async () => {
    const failure = await failureOf(() => install.identity.signIn({ ...ada, client }))
    expect(failure?.details).toMatchObject({ factors: ["totp", "recovery"] })
    const wrong = await failureOf(() => install.identity.signIn({ ...ada, password: "another one", client }))
    const unknown = await failureOf(() => install.identity.signIn({ email: "no@example.org", password, client }))
    expect(wrong).toMatchObject({ code: "IDENTITY_WRONG_CREDENTIALS" })
    expect(JSON.stringify(wrong)).toBe(JSON.stringify(unknown))
  })

  test("makes no session before the second step: there is nothing to skip it with", async () => {
    const before = install.identity.sessions.list(who.user.id).items.length
    const ticket = await ticketOf()
    expect(install.identity.sessions.list(who.user.id).items).toHaveLength(before)
    expect(await codeOf(() => install.identity.authenticate(ticket))).toBe("IDENTITY_TOKEN_REFUSED")
    expect(await codeOf(() => install.identity.refresh({ refreshToken: ticket, client }))).toBe(
      "IDENTITY_SESSION_ENDED",
    )
    expect(await codeOf(() => finish(ticket, {}))).toBe("IDENTITY_INVALID_INPUT")
    expect(await codeOf(() => finish(ticket, { password }))).toBe("IDENTITY_INVALID_INPUT")
  })

  test("takes a code once: not again, and not an older one", async () => {
    const code = nextCode()
    await finish(await ticketOf(), { code })
    expect(await codeOf(async () => finish(await ticketOf(), { code }))).toBe("AUTH_FACTOR_WRONG")
    const older = appCode(secret, install.clock.now() - 30_000)
    expect(await codeOf(async () => finish(await ticketOf(), { code: older }))).toBe("AUTH_FACTOR_WRONG")
  })

  test("of many who show one code or one recovery code at once, one is signed in", async () => {
    const tickets = [await ticketOf(), await ticketOf(), await ticketOf(), await ticketOf()]
    const code = nextCode()
    const byApp = await Promise.all(tickets.map((ticket) => codeOf(() => finish(ticket, { code }))))
    expect(byApp.filter((one) => one === "none")).toHaveLength(1)
    const others = [await ticketOf(), await ticketOf(), await ticketOf()]
    const recoveryCode = recoveryCodes[0]!
    const byPaper = await Promise.all(others.map((ticket) => codeOf(() => finish(ticket, { recoveryCode }))))
    expect(byPaper.filter((one) => one === "none")).toHaveLength(1)
    expect((await install.identity.factors.state(who.user.id)).recoveryCodes).toBe(9)
  })

  test("of two good factors on one ticket, one signs in", async () => {
    const ticket = await ticketOf()
    const proofs = [{ code: nextCode() }, { recoveryCode: recoveryCodes[0]! }, { recoveryCode: recoveryCodes[1]! }]
    const said = await Promise.all(proofs.map((proof) => codeOf(() => finish(ticket, proof))))
    expect(said.filter((one) => one === "none")).toHaveLength(1)
    expect(await codeOf(() => finish(ticket, { code: nextCode() }))).toBe("IDENTITY_SECOND_STEP_OVER")
  })

  test("guesses end after ten, over all tickets and factors, until the time is over", async () => {
    const tickets = [await ticketOf(), await ticketOf()]
    const said: string[] = []
    for (let guess = 0; guess < 12; guess++) {
      const proof = guess % 3 === 0 ? { recoveryCode: `aaaaa-aaaa${guess % 10}` } : { code: String(100_000 + guess) }
      said.push(await codeOf(() => finish(tickets[guess % 2]!, proof)))
    }
    expect(said.slice(0, 10)).toEqual(Array(10).fill("AUTH_FACTOR_WRONG"))
    expect(said.slice(10)).toEqual(["AUTH_MFA_LOCKED", "AUTH_MFA_LOCKED"])
    expect(await codeOf(() => finish(tickets[0]!, { code: nextCode() }))).toBe("AUTH_MFA_LOCKED")
    install.clock.advance(15 * 60_000)
    expect(await codeOf(async () => finish(await ticketOf(), { code: now() }))).toBe("none")
  })

  test("a ticket is over after five minutes, unknown when it is made up, and one of ten", async () => {
    const [first] = [await ticketOf()]
    expect(await codeOf(() => finish(`si_${"a".repeat(43)}`, { code: nextCode() }))).toBe("IDENTITY_SECOND_STEP_OVER")
    expect(await codeOf(() => finish("", { code: now() }))).toBe("IDENTITY_SECOND_STEP_OVER")
    const late = await ticketOf()
    install.clock.advance(5 * 60_000)
    expect(await codeOf(() => finish(late, { code: now() }))).toBe("IDENTITY_SECOND_STEP_OVER")
    expect(await codeOf(() => finish(first, { code: now() }))).toBe("IDENTITY_SECOND_STEP_OVER")
  })

  test("factors of another person are of no use, whatever is shown of them", async () => {
    const { identity } = install
    const her = await signedInBy(await identity.signUp(eve))
    const enrolment = await identity.factors.enrolApp(her)
    const code = () => appCode(enrolment.secret, install.clock.now())
    const added = await identity.factors.confirmApp(her, { factorId: enrolment.factorId, code: code() })
    install.clock.advance(30_000)
    const ticket = await ticketOf()
    expect(await codeOf(() => finish(ticket, { code: code() }))).toBe("AUTH_FACTOR_WRONG")
    expect(await codeOf(() => finish(ticket, { recoveryCode: added.recoveryCodes![0]! }))).toBe("AUTH_FACTOR_WRONG")
    const mine = (await identity.factors.state(who.user.id)).factors[0]!
    const fresh = { ...her, amr: ["pwd", "otp", "mfa"], authTimeMs: install.clock.now() }
    expect(await codeOf(() => identity.factors.remove(fresh, mine.id))).toBe("AUTH_FACTOR_UNKNOWN")
    expect(await codeOf(() => identity.factors.rename(fresh, mine.id, "Eve's"))).toBe("AUTH_FACTOR_UNKNOWN")
    const begun = await identity.factors.enrolApp({ ...who, amr: ["pwd", "mfa"], authTimeMs: install.clock.now() })
    const stolen = { factorId: begun.factorId, code: appCode(begun.secret, install.clock.now()) }
    expect(await codeOf(() => identity.factors.confirmApp(fresh, stolen))).toBe("AUTH_FACTOR_UNKNOWN")
  })

  test("survives a restart, and the file has no secret of it", async () => {
    const ticket = await ticketOf()
    await install.restart({ passkeys: () => undefined })
    const bytes = await install.databaseBytes()
    for (const text of [secret, ticket, ticket.slice(3), recoveryCodes[0]!, recoveryCodes[0]!.replace("-", "")])
      expect(bytes.includes(text)).toBe(false)
    expect(await codeOf(() => finish(ticket, { code: nextCode() }))).toBe("none")
  })

  test("passkeys are refused where the install has no name, and so is what is none", async () => {
    const junk = { id: "x", response: { clientDataJSON: "e30", authenticatorData: "", signature: "" } }
    const ticket = await ticketOf()
    for (const passkey of [null, {}, [], "x", { id: 1 }, junk])
      expect(await codeOf(() => finish(ticket, { passkey }))).toBe("AUTH_PASSKEY_REFUSED")
    expect(await codeOf(() => install.identity.steps.byPasskey({ passkey: junk, client }))).toBe("AUTH_PASSKEY_REFUSED")
    await install.restart({ passkeys: () => undefined })
    const over = () => install.identity.steps.byPasskey({ passkey: junk, client })
    expect(await codeOf(over)).toBe("IDENTITY_PASSKEYS_UNAVAILABLE")
    expect((await install.identity.factors.state(who.user.id)).passkeys).toBeNull()
  })
})

describe("changing factors", () => {
  const fresh = () => signedInBy(session)
  let session: Session
  beforeEach(async () => {
    session = await finish(await ticketOf(), { code: nextCode() })
  })

  test("takes a second factor a moment ago: an older session, or one of a device, must show it again", async () => {
    const { factors, steps } = install.identity
    install.clock.advance(11 * 60_000)
    session = await install.identity.refresh({ refreshToken: session.refreshToken, client })
    for (const change of [
      async () => factors.enrolApp(await fresh()),
      async () => factors.passkeyCreation(await fresh()),
      async () => factors.renewRecoveryCodes(await fresh()),
    ])
      expect(await codeOf(change)).toBe("AUTH_STEP_UP_REQUIRED")
    expect(await codeOf(async () => steps.stepUp(await fresh(), { password }))).toBe("AUTH_STEP_UP_REQUIRED")
    expect(await codeOf(async () => steps.stepUp(await fresh(), { code: "000000" }))).toBe("AUTH_FACTOR_WRONG")
    await steps.stepUp(await fresh(), { code: now() })
    expect(await factors.renewRecoveryCodes(await fresh())).toHaveLength(10)
    expect(await codeOf(async () => finish(await ticketOf(), { recoveryCode: recoveryCodes[3]! }))).toBe(
      "AUTH_FACTOR_WRONG",
    )
  })

  test("a session that somebody talked a person into changes nothing, though there is no factor yet", async () => {
    const { identity } = install
    const her = await identity.signUp(eve)
    const { deviceCode, userCode } = await identity.devices.start(client)
    await identity.devices.decide({ userCode, userId: her.user.id, approve: true })
    const claimed = await identity.devices.claim({ deviceCode, client })
    const device = await signedInBy(claimed)
    expect(await codeOf(() => identity.factors.enrolApp(device))).toBe("AUTH_STEP_UP_REQUIRED")
    expect(await codeOf(() => identity.steps.stepUp(device, { password: "not hers at all" }))).toBe(
      "IDENTITY_WRONG_CREDENTIALS",
    )
    await identity.steps.stepUp(device, { password })
    const again = await signedInBy(claimed)
    expect(await codeOf(() => identity.factors.enrolApp(again))).toBe("none")
  })

  test("the last one that goes takes the recovery codes along, and the password is enough again", async () => {
    const { identity } = install
    const [app] = (await identity.factors.state(who.user.id)).factors
    expect(app).toMatchObject({ kind: "totp", label: "Phone" })
    expect(await identity.factors.rename(await fresh(), app!.id, "Old phone")).toMatchObject({ label: "Old phone" })
    await identity.factors.remove(await fresh(), app!.id)
    expect(await identity.factors.state(who.user.id)).toMatchObject({ factors: [], recoveryCodes: 0 })
    expect(await codeOf(() => identity.signIn({ ...ada, client }))).toBe("none")
    expect(await codeOf(async () => identity.factors.renewRecoveryCodes(await fresh()))).toBe("IDENTITY_INVALID_INPUT")
  })

  test("a second one makes no new recovery codes: those on paper stay good", async () => {
    const { factors } = install.identity
    const { factorId, secret: other } = await factors.enrolApp(await fresh())
    const code = appCode(other, install.clock.now())
    expect(await factors.confirmApp(await fresh(), { factorId, code })).toMatchObject({ recoveryCodes: null })
    expect(await codeOf(async () => finish(await ticketOf(), { recoveryCode: recoveryCodes[5]! }))).toBe("none")
  })
})
