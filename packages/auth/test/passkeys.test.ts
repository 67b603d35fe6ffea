import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test"
import { existsSync } from "node:fs"
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server"
import { type Browser, type CDPSession, chromium, type Page } from "playwright-core"
import { type MfaWorld, mfaWorld } from "../src/testing/mfa-world.ts"

/** Real ceremonies: Chromium with an authenticator of its own, against what the package verifies. */
const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium"
const hasBrowser = existsSync(executablePath)
if (!hasBrowser && process.env.CI !== "true")
  console.log(`skipped: ceremonies of passkeys: no browser at ${executablePath}; install chromium`)
const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
]

const said = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error) => error.code,
  )
const REFUSED = "AUTH_PASSKEY_REFUSED"

interface Copied {
  readonly credentialId: string
  readonly isResidentCredential: boolean
  readonly privateKey: string
  readonly signCount: number
  readonly rpId?: string
  readonly userHandle?: string
}

describe.skipIf(!hasBrowser && process.env.CI !== "true")("a passkey in Chromium", () => {
  setDefaultTimeout(60_000)
  const blank = () => new Response("<!doctype html>", { headers: { "content-type": "text/html" } })
  const [server, other] = [0, 0].map((port) => Bun.serve({ port, hostname: "127.0.0.1", fetch: blank })) as [
    Bun.Server<undefined>,
    Bun.Server<undefined>,
  ]
  const origin = `http://localhost:${server.port}`
  let browser: Browser
  let page: Page
  let devtools: CDPSession
  let authenticatorId: string
  let world: MfaWorld

  const authenticator = (more: object = {}) => ({
    protocol: "ctap2" as const,
    ctap2Version: "ctap2_1" as const,
    transport: "internal" as const,
    hasResidentKey: true,
    hasUserVerification: true,
    isUserVerified: true,
    automaticPresenceSimulation: true,
    ...more,
  })
  const plug = async (more: object = {}): Promise<void> => {
    if (authenticatorId) await devtools.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId })
    const added = await devtools.send("WebAuthn.addVirtualAuthenticator", { options: authenticator(more) })
    authenticatorId = added.authenticatorId
  }
  const fresh = (): void => {
    world = mfaWorld({ passkeys: { rpId: "localhost", rpName: "Test", origins: [origin] } })
  }
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args, headless: true })
    page = await (await browser.newContext()).newPage()
    await page.goto(origin)
    devtools = await page.context().newCDPSession(page)
    await devtools.send("WebAuthn.enable")
  })
  afterAll(async () => {
    await browser?.close()
    await Promise.all([server.stop(true), other.stop(true)])
  })

  const create = (options: unknown): Promise<RegistrationResponseJSON> =>
    page.evaluate(async (given) => {
      const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(given as never)
      const made = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential
      return made.toJSON() as never
    }, options)
  const get = (options: unknown): Promise<AuthenticationResponseJSON> =>
    page.evaluate(async (given) => {
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(given as never)
      const found = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential
      return found.toJSON() as never
    }, options)
  const register = async (id: string, label?: string) => {
    const { mfa, asker } = world
    const options = await mfa.passkeys.registrationOptions(asker(id, ["pwd", "mfa"]), { name: `${id}@example.org` })
    return await mfa.passkeys.register(id, await create(options), label)
  }

  const copyOf = ({ credentialId, isResidentCredential, rpId, privateKey, userHandle, signCount }: Copied) => ({
    credentialId,
    isResidentCredential,
    privateKey,
    signCount,
    ...(rpId !== undefined && { rpId }),
    ...(userHandle !== undefined && { userHandle }),
  })

  test("is registered, signs in alone and as a second factor, and is taken away", async () => {
    fresh()
    await plug()
    const { mfa, asker } = world
    const factor = await register("ana", "Laptop")
    expect(factor).toMatchObject({ kind: "passkey", label: "Laptop", isBackedUp: false })
    const alone = await mfa.passkeys.signIn(await get(await mfa.passkeys.signInOptions()))
    expect(alone).toEqual({ userId: "ana", factorId: factor.id, amr: ["hwk", "user", "mfa"], acr: "phr" })
    const second = await mfa.passkeys.signIn(await get(await mfa.passkeys.signInOptions("ana")), "ana")
    expect(second.userId).toBe("ana")
    expect(await mfa.list("ana")).toMatchObject([{ id: factor.id, usedMs: world.clock.now() }])
    const late = await get(await mfa.passkeys.signInOptions())
    await mfa.remove(asker("ana", ["mfa"]), factor.id)
    expect(await said(mfa.passkeys.signIn(late))).toBe(REFUSED)
  })
  test("tells the authenticator nothing of who the user is", async () => {
    fresh()
    const { mfa, asker } = world
    const { user } = await mfa.passkeys.registrationOptions(asker("ana@example.org"), { name: "Ana" })
    expect(Buffer.from(user.id, "base64url").toString("latin1")).not.toContain("ana")
    expect((await mfa.passkeys.registrationOptions(asker("ana@example.org"), { name: "A" })).user.id).toBe(user.id)
  })
  test("is registered once: the browser is told, and another user gets none of it", async () => {
    fresh()
    await plug()
    const { mfa, asker } = world
    await register("ana")
    const again = await mfa.passkeys.registrationOptions(asker("ana", ["mfa"]), { name: "ana" })
    expect(await create(again).catch((error) => String(error))).toContain("InvalidStateError")
    const options = await mfa.passkeys.registrationOptions(asker("eve"), { name: "eve" })
    const hers = await create(options)
    expect(await said(mfa.passkeys.register("ana", hers))).toBe(REFUSED)
    for (const answer of ["done", REFUSED]) expect(await said(mfa.passkeys.register("eve", hers))).toBe(answer)
  })
  test("answers a challenge once, in its time, of its kind, for its user", async () => {
    fresh()
    await plug()
    const { mfa, clock } = world
    await register("ana")
    const response = await get(await mfa.passkeys.signInOptions())
    const answers = await Promise.all(Array.from({ length: 12 }, () => said(mfa.passkeys.signIn(response))))
    expect([answers.filter((one) => one === "done").length, answers.filter((one) => one === REFUSED).length]).toEqual([
      1, 11,
    ])
    const forAna = await get(await mfa.passkeys.signInOptions("ana"))
    expect(await said(mfa.passkeys.signIn(forAna))).toBe(REFUSED) // of a second factor none of its own is made
    const forNobody = await get(await mfa.passkeys.signInOptions())
    expect(await said(mfa.passkeys.signIn(forNobody, "ana"))).toBe(REFUSED)
    const late = await get(await mfa.passkeys.signInOptions())
    clock.advance(300_000)
    expect(await said(mfa.passkeys.signIn(late))).toBe(REFUSED)
    const options = await mfa.passkeys.signInOptions()
    const made = await get({
      ...options,
      challenge: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url"),
    })
    expect(await said(mfa.passkeys.signIn(made))).toBe(REFUSED)
  })
  test("is asked for as often as anybody likes, and fills no store", async () => {
    fresh()
    const { mfa, store } = world
    for (let at = 0; at < 50; at++) await mfa.passkeys.signInOptions()
    expect(await store.list("ashlar:nobody")).toEqual([])
  })
  test("of another user is no second factor", async () => {
    fresh()
    await plug()
    const { mfa } = world
    await register("eve")
    const { allowCredentials, ...rest } = await mfa.passkeys.signInOptions("ana")
    expect(allowCredentials).toEqual([])
    expect(await said(mfa.passkeys.signIn(await get(rest), "ana"))).toBe(REFUSED)
  })
  test("answered on another origin is refused", async () => {
    fresh()
    await plug()
    const { mfa } = world
    await register("ana")
    await page.goto(`http://localhost:${other.port}`)
    const response = await get(await mfa.passkeys.signInOptions())
    expect(await said(mfa.passkeys.signIn(response))).toBe(REFUSED)
    await page.goto(origin)
    expect(await said(mfa.passkeys.signIn(await get(await mfa.passkeys.signInOptions())))).toBe("done")
  })
  test("without finger, face or PIN is a second factor, and nothing alone", async () => {
    fresh()
    await plug()
    const { mfa } = world
    await register("ana")
    await devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false })
    const unverified = async (userId?: string) =>
      get({ ...(await mfa.passkeys.signInOptions(userId)), userVerification: "discouraged" })
    expect(await said(mfa.passkeys.signIn(await unverified()))).toBe(REFUSED)
    expect(await mfa.passkeys.signIn(await unverified("ana"), "ana")).toMatchObject({ amr: ["hwk", "mfa"] })
  })
  test("that was copied is found out by its counter", async () => {
    fresh()
    await plug()
    const { mfa } = world
    await register("ana")
    const { credentials } = await devtools.send("WebAuthn.getCredentials", { authenticatorId })
    for (let at = 0; at < 3; at++)
      expect(await said(mfa.passkeys.signIn(await get(await mfa.passkeys.signInOptions())))).toBe("done")
    await plug()
    await devtools.send("WebAuthn.addCredential", { authenticatorId, credential: copyOf(credentials[0]!) })
    expect(await said(mfa.passkeys.signIn(await get(await mfa.passkeys.signInOptions())))).toBe(REFUSED)
  })
  test("that is kept in more than one place says so, and cannot begin or cease to be of that sort", async () => {
    fresh()
    await plug({ defaultBackupEligibility: true, defaultBackupState: false })
    const { mfa } = world
    await register("ana")
    expect(await mfa.list("ana")).toMatchObject([{ isBackedUp: false }])
    const { credentials } = await devtools.send("WebAuthn.getCredentials", { authenticatorId })
    const { credentialId } = credentials[0]!
    const set = (properties: object) =>
      devtools.send("WebAuthn.setCredentialProperties", { authenticatorId, credentialId, ...properties })
    await set({ backupState: true })
    expect(await mfa.passkeys.signIn(await get(await mfa.passkeys.signInOptions()))).toMatchObject({
      amr: ["swk", "user", "mfa"],
    })
    expect(await mfa.list("ana")).toMatchObject([{ isBackedUp: true }])
    await set({ backupEligibility: false, backupState: false })
    expect(await said(mfa.passkeys.signIn(await get(await mfa.passkeys.signInOptions())))).toBe(REFUSED)
  })
  test("whose answer was changed anywhere is refused", async () => {
    fresh()
    await plug()
    const { mfa } = world
    await register("ana")
    const flip = (text: string, at: number) => {
      const bytes = Buffer.from(text, "base64url")
      bytes[at < 0 ? bytes.length + at : at]! ^= 1
      return bytes.toString("base64url")
    }
    const change = {
      signature: (response: AuthenticationResponseJSON["response"]) => ({
        ...response,
        signature: flip(response.signature, -1),
      }),
      counter: (response: AuthenticationResponseJSON["response"]) => ({
        ...response,
        authenticatorData: flip(response.authenticatorData, -1),
      }),
      flags: (response: AuthenticationResponseJSON["response"]) => ({
        ...response,
        authenticatorData: flip(response.authenticatorData, 32),
      }),
      domain: (response: AuthenticationResponseJSON["response"]) => ({
        ...response,
        authenticatorData: flip(response.authenticatorData, 0),
      }),
      client: (response: AuthenticationResponseJSON["response"]) => ({
        ...response,
        clientDataJSON: flip(response.clientDataJSON, -3),
      }),
      handle: (response: AuthenticationResponseJSON["response"]) => ({
        ...response,
        userHandle: Buffer.from("eve").toString("base64url"),
      }),
      noHandle: ({ userHandle: _, ...response }: AuthenticationResponseJSON["response"]) => response,
    }
    for (const [name, changed] of Object.entries(change)) {
      const answer = await get(await mfa.passkeys.signInOptions())
      expect([name, await said(mfa.passkeys.signIn({ ...answer, response: changed(answer.response) }))]).toEqual([
        name,
        REFUSED,
      ])
    }
    for (const junk of [
      {},
      { response: {} },
      { response: { clientDataJSON: "" } },
      null,
      "x",
      { response: { clientDataJSON: "x".repeat(100_000) } },
    ])
      for (const act of [mfa.passkeys.signIn(junk as never), mfa.passkeys.register("ana", junk as never)])
        expect(await said(act)).toBe(REFUSED)
    expect(await said(mfa.passkeys.signIn(await get(await mfa.passkeys.signInOptions())))).toBe("done")
  })
})
