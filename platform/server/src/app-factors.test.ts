import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { createLocalJWKSet, jwtVerify } from "jose"
import { appCode } from "./testing/authenticator.ts"
import { type Answer, type Role, raiseStage, type Stage } from "./testing/cast.ts"
import { openMailbox } from "./testing/mailbox.ts"

/** Second factors of an app's users over the wire: no way in goes past them, and rules, functions and members know of them. */

const P = "/v1/projects/walls"
const password = "dressed stone, no mortar"
const mailbox = openMailbox()
let stage: Stage
let made = 0
beforeAll(async () => {
  stage = await raiseStage({ mail: mailbox.transport, mailFrom: "no-reply@ashlar.example" })
  await settle({ mfa: "optional", rememberDeviceDays: 30, redirectUrls: ["https://walls.example/in"] })
}, 60_000)
afterAll(() => stage.close())

const settle = (changes: object): Promise<Answer> => stage.call("owner", "PATCH", `${P}/auth/settings`, changes)
const beside = (token: string): Record<string, string> => ({ "ashlar-user": `Bearer ${token}` })
const post = (path: string, body?: object, token?: string, as: Role = "publishable"): Promise<Answer> =>
  stage.call(as, "POST", `${P}/auth/${path}`, body, token === undefined ? {} : beside(token))
const get = (path: string, token: string): Promise<Answer> =>
  stage.call("publishable", "GET", path, undefined, beside(token))
const told = ({ status, body }: Answer): string => (status >= 400 ? `${status} ${body.code}` : String(status))

interface Person {
  readonly id: string
  readonly email: string
  readonly token: string
  readonly recoveryCodes: readonly string[]
  code(): string
}
/** Somebody with an authenticator app. Its first code is used up. */
async function enrolled(): Promise<Person> {
  const email = `user${++made}@example.org`
  const { user, session } = (await post("signup", { email, password })).body
  const token = session.accessToken
  const { factorId, secret } = (await post("mfa/enroll", undefined, token)).body
  const added = await post("mfa/verify", { factorId, code: appCode(secret, Date.now()), label: "Phone" }, token)
  expect(added.body).toMatchObject({ factor: { kind: "totp", label: "Phone" } })
  expect((await mailbox.next(email)).message.subject).toBe("A second factor was added at Walls")
  // One step ahead is taken as well, once.
  return {
    id: user.id,
    email,
    token,
    recoveryCodes: added.body.recoveryCodes,
    code: () => appCode(secret, Date.now() + 30_000),
  }
}
const signIn = (email: string, device?: string): Promise<Answer> => post("signin", { email, password, device })

describe("signing in", () => {
  test("takes two steps, and the second one once", async () => {
    const ada = await enrolled()
    const first = await signIn(ada.email)
    expect(first.body).toMatchObject({
      code: "IDENTITY_SECOND_FACTOR_NEEDED",
      details: { factors: ["totp", "recovery"], enrol: false },
    })
    const { ticket } = first.body.details
    expect(told(await get(`${P}/auth/me`, ticket))).toBe("401 IDENTITY_TOKEN_REFUSED")
    expect(told(await post("refresh", { refreshToken: ticket }))).toBe("401 IDENTITY_SESSION_ENDED")
    expect(told(await post("signin/factor", { ticket }))).toBe("422 IDENTITY_INVALID_INPUT")
    expect(told(await post("signin/factor", { ticket, code: "000000" }))).toBe("401 AUTH_FACTOR_WRONG")
    const code = ada.code()
    const done = await post("signin/factor", { ticket, code })
    expect(told(done)).toBe("200")
    const keys = createLocalJWKSet((await stage.call("anonymous", "GET", `${P}/.well-known/jwks.json`)).body)
    const { payload } = await jwtVerify(done.body.accessToken, keys)
    expect(payload).toMatchObject({ sub: ada.id, amr: ["pwd", "otp", "mfa"], auth_time: expect.any(Number) })
    expect(told(await post("signin/factor", { ticket, recoveryCode: ada.recoveryCodes[0] }))).toBe(
      "401 IDENTITY_SECOND_STEP_OVER",
    )
    const again = (await signIn(ada.email)).body.details.ticket
    expect(told(await post("signin/factor", { ticket: again, code }))).toBe("401 AUTH_FACTOR_WRONG")
  })

  test("by what was mailed takes them as well, to a confirmed address", async () => {
    const ada = await enrolled()
    await stage.call("secret", "PATCH", `${P}/auth/users/${ada.id}`, { emailVerified: true })
    await post("link/send", { email: ada.email })
    expect(told(await post("link", { token: (await mailbox.next(ada.email)).token }))).toBe(
      "401 IDENTITY_SECOND_FACTOR_NEEDED",
    )
    await post("reset/send", { email: ada.email })
    const { token } = await mailbox.next(ada.email)
    expect(told(await post("reset", { token, password }))).toBe("204")
    expect(told(await signIn(ada.email))).toBe("401 IDENTITY_SECOND_FACTOR_NEEDED")
  })

  test("by what was mailed to an address that nobody had confirmed takes away what others left there", async () => {
    const thief = await enrolled()
    await post("link/send", { email: thief.email })
    const { token } = await mailbox.next(thief.email)
    const owner = await post("link", { token })
    expect(owner.body.user).toMatchObject({ id: thief.id, emailVerified: true })
    const { body } = await get(`${P}/auth/mfa`, owner.body.accessToken)
    expect([body.factors, body.recoveryCodes]).toEqual([[], 0])
    expect([told(await get(`${P}/auth/mfa`, thief.token)), told(await signIn(thief.email))]).toEqual([
      "401 IDENTITY_SESSION_ENDED",
      "401 IDENTITY_WRONG_CREDENTIALS",
    ])
  })

  test("is known on a device that is remembered, until it is forgotten", async () => {
    const ada = await enrolled()
    const { ticket } = (await signIn(ada.email)).body.details
    const { accessToken } = (await post("signin/factor", { ticket, code: ada.code() })).body
    const { token } = (await post("mfa/devices", { label: "Laptop" }, accessToken)).body
    await stage.call("secret", "PATCH", `${P}/auth/users/${ada.id}`, { emailVerified: true })
    const known = await signIn(ada.email, token)
    expect(told(known)).toBe("200")
    expect(told(await post("mfa/devices", {}, known.body.accessToken))).toBe("401 AUTH_STEP_UP_REQUIRED")
    await post("link/send", { email: ada.email })
    const sent = await mailbox.next(ada.email)
    expect(told(await post("link", { token: sent.token, device: token }))).toBe("200")
    const { items } = (await get(`${P}/auth/mfa/devices`, accessToken)).body
    expect(items).toMatchObject([{ label: "Laptop" }])
    const forget = `${P}/auth/mfa/devices/${items[0].id}`
    expect(told(await stage.call("publishable", "DELETE", forget, undefined, beside(accessToken)))).toBe("204")
    expect(told(await signIn(ada.email, token))).toBe("401 IDENTITY_SECOND_FACTOR_NEEDED")
  })

  test("asks whoever has no factor to add one, where everybody shows one", async () => {
    const email = `user${++made}@example.org`
    const before = (await post("signup", { email, password })).body.session
    await settle({ mfa: "required" })
    expect(told(await get(`${P}/auth/me`, before.accessToken))).toBe("401 IDENTITY_SESSION_ENDED")
    expect(told(await post("refresh", { refreshToken: before.refreshToken }))).toBe("401 IDENTITY_SESSION_ENDED")
    const asked = await signIn(email)
    expect(asked.body.details).toMatchObject({ factors: [], enrol: true })
    const { ticket } = asked.body.details
    expect(told(await post("signin/enroll/passkey/options", { ticket }))).toBe("409 IDENTITY_PASSKEYS_UNAVAILABLE")
    const { factorId, secret } = (await post("signin/enroll", { ticket })).body
    const shown = { ticket, factorId, code: appCode(secret, Date.now()) }
    const other = await stage.call("otherKey", "POST", "/v1/projects/other/auth/signin/enroll/verify", shown)
    expect(told(other)).toBe("401 IDENTITY_SECOND_STEP_OVER")
    const { body, status } = await post("signin/enroll/verify", shown)
    expect([status, body.recoveryCodes.length, body.factor.kind]).toEqual([201, 10, "totp"])
    const state = (await get(`${P}/auth/mfa`, body.session.accessToken)).body
    expect(state).toMatchObject({ mfa: "required", factors: [{ kind: "totp" }], recoveryCodes: 10, passkeys: null })
    const signedUp = await post("signup", { email: `user${++made}@example.org`, password })
    expect(told(signedUp)).toBe("401 IDENTITY_SECOND_FACTOR_NEEDED")
    await settle({ mfa: "optional" })
  })
})

describe("a second factor", () => {
  test("is what rules ask for, and what functions are told of", async () => {
    const rules = { read: { where: { sealed: { $in: [false, "$user.mfa"] } } }, delete: { mfa: true } }
    await stage.call("owner", "POST", `${P}/collections`, { name: "vault", rules })
    const documents = `${P}/collections/vault/documents`
    for (const [id, sealed] of Object.entries({ open: false, shut: true }))
      await stage.call("owner", "PUT", `${documents}/${id}`, { sealed })
    const code = "export default { fetch: (r) => Response.json(JSON.parse(r.headers.get('ashlar-user'))) }"
    await stage.call("owner", "POST", `${P}/functions`, {
      name: "who",
      runtime: "quickjs",
      access: "publishable",
      code,
    })
    const ada = await enrolled()
    const remembered = await (async () => {
      const { ticket } = (await signIn(ada.email)).body.details
      const { accessToken } = (await post("signin/factor", { ticket, code: ada.code() })).body
      const { token } = (await post("mfa/devices", {}, accessToken)).body
      return { strong: accessToken as string, weak: (await signIn(ada.email, token)).body.accessToken as string }
    })()
    const seen = async (token: string): Promise<unknown> => {
      const { items } = (await get(documents, token)).body
      const { mfa, amr } = (await get("/f/walls/who", token)).body
      const gone = await stage.call("publishable", "DELETE", `${documents}/open`, undefined, beside(token))
      return [items.length, mfa, amr, told(gone)]
    }
    expect(await seen(remembered.weak)).toEqual([1, false, ["pwd", "device"], "403 DOCUMENTS_FORBIDDEN"])
    expect(await seen(remembered.strong)).toEqual([2, true, ["pwd", "otp", "mfa"], "204"])
    // A factor that is shown again makes the same session one that has shown it, at once.
    expect(told(await post("mfa/step-up", { recoveryCode: ada.recoveryCodes[0] }, remembered.weak))).toBe("200")
    expect((await get(documents, remembered.weak)).body.items).toHaveLength(1)
    expect((await get("/f/walls/who", remembered.weak)).body.mfa).toBe(true)
  })

  test("is seen and reset by the project, which tells its audit trail, and nobody's guess is", async () => {
    const ada = await enrolled()
    const factors = `${P}/auth/users/${ada.id}/factors`
    const { body } = await stage.call("viewer", "GET", factors)
    expect(body).toMatchObject({ factors: [{ kind: "totp", label: "Phone" }], recoveryCodes: 10, devices: [] })
    for (const [as, answer] of [
      ["publishable", "403 CONTROL_FORBIDDEN"],
      ["viewer", "403 CONTROL_FORBIDDEN"],
      ["stranger", "404 CONTROL_PROJECT_NOT_FOUND"],
      ["otherKey", "404 CONTROL_PROJECT_NOT_FOUND"],
    ] as const)
      expect(told(await stage.call(as, "DELETE", factors))).toBe(answer)
    const { ticket } = (await signIn(ada.email)).body.details
    const reset = await stage.call("developer", "DELETE", factors)
    expect([reset.status, reset.body]).toEqual([200, { factors: 1 }])
    expect(told(await post("signin/factor", { ticket, code: ada.code() }))).toBe("401 IDENTITY_SECOND_STEP_OVER")
    expect(told(await get(`${P}/auth/me`, ada.token))).toBe("401 IDENTITY_SESSION_ENDED")
    expect(told(await signIn(ada.email))).toBe("200")
    const { items } = (await stage.call("owner", "GET", `${P}/audit?limit=1`)).body
    expect(items[0]).toMatchObject({ action: "user.factors.reset", target: ada.id, details: { factors: 1 } })
    const trail = JSON.stringify([(await stage.call("owner", "GET", `${P}/audit`)).body, stage.log])
    for (const secret of [ticket, ...ada.recoveryCodes]) expect(trail).not.toContain(secret)
  })

  test("is guessed at ten times, over all ways to show one", async () => {
    const ada = await enrolled()
    const { ticket } = (await signIn(ada.email)).body.details
    const said: string[] = []
    for (let guess = 0; guess < 6; guess++) {
      said.push(told(await post("signin/factor", { ticket, code: String(100_000 + guess) })))
      said.push(told(await post("mfa/step-up", { recoveryCode: `aaaaa-aaaa${guess}` }, ada.token)))
    }
    expect(said).toEqual([...Array(10).fill("401 AUTH_FACTOR_WRONG"), ...Array(2).fill("429 AUTH_MFA_LOCKED")])
  })
})
