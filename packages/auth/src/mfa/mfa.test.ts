import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { temporaryDatabase, temporaryFolder } from "@ashlar/cache/testing/databases"
import { findServer } from "@ashlar/cache/testing/servers"
import { manualClock } from "@ashlar/core"
import { openProofs } from "../proofs/open-proofs.ts"
import { mfaWorld } from "../testing/mfa-world.ts"

const said = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error) => error.code,
  )
const count = (answers: readonly string[], answer: string): number => answers.filter((one) => one === answer).length

describe("an authenticator app", () => {
  test("is enrolled, confirmed by a code, verified, and taken away", async () => {
    const { mfa, asker, codeOf, clock } = mfaWorld()
    const enrolment = await mfa.totp.enrol(asker("ana"), "ana@example.org")
    expect(enrolment.uri).toStartWith(`otpauth://totp/Test:ana%40example.org?secret=${enrolment.secret}&issuer=Test`)
    expect(enrolment.qrSvg).toMatch(/^<svg[^>]*>.*<\/svg>$/s)
    expect(await mfa.isEnrolled("ana")).toBe(false)
    const { factorId, secret } = enrolment
    expect(await mfa.totp.confirm("ana", factorId, { code: ` ${codeOf(secret)} `, label: "Phone\n" })).toEqual({
      userId: "ana",
      factorId,
      amr: ["otp", "mfa"],
      acr: "mfa",
    })
    expect(await mfa.list("ana")).toEqual([
      { id: factorId, kind: "totp", label: "Phone", createdMs: clock.now(), usedMs: clock.now() },
    ])
    clock.advance(30_000)
    expect((await mfa.totp.verify("ana", codeOf(secret))).factorId).toBe(factorId)
    await mfa.remove(asker("ana", ["pwd", "mfa"]), factorId)
    expect([await mfa.isEnrolled("ana"), await said(mfa.totp.verify("ana", codeOf(secret, 1)))]).toEqual([
      false,
      "AUTH_FACTOR_WRONG",
    ])
  })
  test("shows codes that are taken once, each in its step, and none before the last one", async () => {
    const { mfa, enrolled, codeOf, clock } = mfaWorld()
    const { secret } = await enrolled("ana")
    expect(await said(mfa.totp.verify("ana", codeOf(secret)))).toBe("AUTH_FACTOR_WRONG") // it confirmed
    clock.advance(60_000)
    expect(await said(mfa.totp.verify("ana", codeOf(secret, 1)))).toBe("done")
    for (const steps of [1, 0, -1])
      expect(await said(mfa.totp.verify("ana", codeOf(secret, steps)))).toBe("AUTH_FACTOR_WRONG")
    clock.advance(60_000)
    expect(await said(mfa.totp.verify("ana", codeOf(secret, -1)))).toBe("AUTH_FACTOR_WRONG") // seen one step before
    expect(await said(mfa.totp.verify("ana", codeOf(secret)))).toBe("done")
  })
  test("may be off by as many steps as drift says", async () => {
    const { mfa, enrolled, codeOf, clock } = mfaWorld()
    const { secret } = await enrolled("ana")
    clock.advance(300_000)
    expect(await said(mfa.totp.verify("ana", codeOf(secret, -2)))).toBe("AUTH_FACTOR_WRONG")
    expect(await said(mfa.totp.verify("ana", codeOf(secret, 2)))).toBe("AUTH_FACTOR_WRONG")
    expect(await said(mfa.totp.verify("ana", codeOf(secret, -1)))).toBe("done")
    expect(await said(mfa.totp.verify("ana", codeOf(secret, 1)))).toBe("done")
  })
  test("that was not confirmed in time, or is another's, is none: AUTH_FACTOR_UNKNOWN", async () => {
    const { mfa, asker, codeOf, clock } = mfaWorld()
    const { factorId, secret } = await mfa.totp.enrol(asker("ana"), "ana")
    expect(await said(mfa.totp.confirm("eve", factorId, { code: codeOf(secret) }))).toBe("AUTH_FACTOR_UNKNOWN")
    for (const id of ["", "x", "x".repeat(22), "a:b"])
      expect(await said(mfa.totp.confirm("ana", id, { code: codeOf(secret) }))).toBe("AUTH_FACTOR_UNKNOWN")
    clock.advance(15 * 60_000)
    expect(await said(mfa.totp.confirm("ana", factorId, { code: codeOf(secret) }))).toBe("AUTH_FACTOR_UNKNOWN")
  })
  test("is confirmed once, and of two enrolments the last one counts", async () => {
    const { mfa, asker, codeOf } = mfaWorld()
    const first = await mfa.totp.enrol(asker("ana"), "ana")
    const second = await mfa.totp.enrol(asker("ana"), "ana")
    expect(await said(mfa.totp.confirm("ana", first.factorId, { code: codeOf(first.secret) }))).toBe(
      "AUTH_FACTOR_UNKNOWN",
    )
    const tries = Array.from({ length: 8 }, () =>
      said(mfa.totp.confirm("ana", second.factorId, { code: codeOf(second.secret) })),
    )
    expect(count(await Promise.all(tries), "done")).toBe(1)
    expect((await mfa.list("ana")).length).toBe(1)
  })
  test.each(["", "12345", "1234567", "abcdef", "１２３４５６", "12 34 5", "x".repeat(100_000)])(
    "takes no %p for a code",
    async (code) => {
      const { mfa, enrolled } = mfaWorld()
      await enrolled("ana")
      expect(await said(mfa.totp.verify("ana", code))).toBe("AUTH_FACTOR_WRONG")
    },
  )
  test("has its secret sealed where it is kept, for its user and factor alone", async () => {
    const { mfa, enrolled, store, codeOf, clock } = mfaWorld()
    const ana = await enrolled("ana")
    const eve = await enrolled("eve")
    const [hers] = await store.list("ana", "totp")
    const [his] = await store.list("eve", "totp")
    expect(JSON.stringify(hers)).not.toContain(ana.secret)
    // Somebody who can write to the store puts their own secret in another's place.
    await store.replace("totp", ana.factorId, { from: hers!.data, to: his!.data })
    clock.advance(60_000)
    expect(await said(mfa.totp.verify("ana", codeOf(eve.secret)))).toBe("SECURITY_SEAL_INVALID")
  })
  test.each([
    [{ totp: { issuer: "" } }],
    [{ totp: { issuer: "a:b" } }],
    [{ totp: { issuer: "a", digits: 9 } }],
    [{ totp: { issuer: "a", drift: 6 } }],
    [{ totp: { issuer: "a", periodSeconds: 1 } }],
    [{ key: "short" }],
    [{ maxTries: 2 }],
    [{ lockMinutes: 0 }],
    [{ stepUpMinutes: 61 }],
    [{ deviceDays: 0 }],
    [{ passkeys: { rpId: "https://a.test", rpName: "A", origins: ["https://a.test"] } }],
    [{ passkeys: { rpId: "a.test", rpName: "A", origins: ["https://evil.test"] } }],
    [{ passkeys: { rpId: "a.test", rpName: "A", origins: ["https://eviла.test"] } }],
    [{ passkeys: { rpId: "a.test", rpName: "A", origins: ["http://a.test"] } }],
    [{ passkeys: { rpId: "a.test", rpName: "A", origins: ["https://xa.test"] } }],
    [{ passkeys: { rpId: "a.test", rpName: "A", origins: [] } }],
  ])("is not set up with %j: AUTH_SETUP_INVALID", (options) => {
    expect(() => mfaWorld(options)).toThrow(expect.objectContaining({ code: "AUTH_SETUP_INVALID" }))
  })
})

describe("guessing", () => {
  test("ends after so many wrong codes of all factors together, right ones included: AUTH_MFA_LOCKED", async () => {
    const { mfa, enrolled, codeOf, clock, asker } = mfaWorld()
    const { secret } = await enrolled("ana")
    const codes = await mfa.recovery.generate(asker("ana", ["mfa"]))
    clock.advance(60_000)
    const guesses = Array.from({ length: 60 }, (_, at) =>
      said(at % 2 ? mfa.totp.verify("ana", String(at).padStart(6, "0")) : mfa.recovery.use("ana", `aaaaa-aaa${at}`)),
    )
    const answers = await Promise.all(guesses)
    expect([count(answers, "AUTH_FACTOR_WRONG"), count(answers, "AUTH_MFA_LOCKED")]).toEqual([10, 50])
    expect(await said(mfa.recovery.use("ana", codes[0]!))).toBe("AUTH_MFA_LOCKED")
    const locked = await mfa.totp.verify("ana", codeOf(secret)).catch((error) => error)
    expect([locked.status, locked.details.retryAfterSeconds]).toEqual([429, 900])
    expect(await said(mfa.totp.verify("bob", "123456"))).toBe("AUTH_FACTOR_WRONG") // nobody else is locked
    clock.advance(15 * 60_000)
    expect(await said(mfa.totp.verify("ana", codeOf(secret)))).toBe("done")
    expect(await said(mfa.recovery.use("ana", codes[0]!))).toBe("done")
  })
  test("begins anew after a right one", async () => {
    const { mfa, enrolled, codeOf, clock } = mfaWorld({ maxTries: 3 })
    const { secret } = await enrolled("ana")
    for (let round = 0; round < 4; round++) {
      clock.advance(60_000)
      for (let at = 0; at < 2; at++) expect(await said(mfa.totp.verify("ana", "000000"))).toBe("AUTH_FACTOR_WRONG")
      expect(await said(mfa.totp.verify("ana", codeOf(secret)))).toBe("done")
    }
  })
})

describe("recovery codes", () => {
  test("are shown once, kept as hashes, used once, counted, and made anew", async () => {
    const { mfa, asker, store, enrolled } = mfaWorld()
    await enrolled("ana")
    const me = asker("ana", ["mfa"])
    const codes = await mfa.recovery.generate(me)
    expect([codes.length, new Set(codes).size, codes.every((code) => /^[2-9a-z]{5}-[2-9a-z]{5}$/.test(code))]).toEqual([
      10,
      10,
      true,
    ])
    const kept = JSON.stringify(await store.list("ana"))
    for (const code of codes) for (const part of [code, code.replace("-", "")]) expect(kept).not.toContain(part)
    const typed = ` ${codes[0]!.toUpperCase().replace("-", " ")} `
    expect(await mfa.recovery.use("ana", typed)).toEqual({
      userId: "ana",
      factorId: undefined,
      amr: ["recovery", "mfa"],
      acr: "mfa",
      left: 9,
    })
    expect(await said(mfa.recovery.use("ana", codes[0]!))).toBe("AUTH_FACTOR_WRONG")
    expect(await said(mfa.recovery.use("eve", codes[1]!))).toBe("AUTH_FACTOR_WRONG")
    const fresh = await mfa.recovery.generate(me)
    expect([
      await said(mfa.recovery.use("ana", codes[1]!)),
      await said(mfa.recovery.use("ana", fresh[1]!)),
      await mfa.recovery.left("ana"),
    ]).toEqual(["AUTH_FACTOR_WRONG", "done", 9])
  })
})

describe("a remembered device", () => {
  test("is known until it is over, revoked, or a factor is taken away", async () => {
    const { mfa, asker, clock, enrolled, store } = mfaWorld()
    const { factorId } = await enrolled("ana")
    const me = () => asker("ana", ["mfa"])
    const { token, expiresMs } = await mfa.devices.remember(me(), "Firefox on Linux")
    expect(expiresMs).toBe(clock.now() + 30 * 86_400_000)
    expect(JSON.stringify(await store.list("ana"))).not.toContain(token.slice(0, 43))
    expect(await mfa.devices.isKnown("ana", token)).toBe(true)
    const forged = [
      undefined,
      "",
      token.slice(1),
      `${token}x`,
      token.replace(".", "_"),
      `${token.slice(0, 44)}${"A".repeat(43)}`,
    ]
    for (const one of forged) expect(await mfa.devices.isKnown("ana", one)).toBe(false)
    expect(await mfa.devices.isKnown("eve", token)).toBe(false)
    const [device] = await mfa.devices.list("ana")
    expect(device).toMatchObject({ label: "Firefox on Linux", expiresMs })
    expect([await mfa.devices.revoke("eve", device!.id), await mfa.devices.revoke("ana", device!.id)]).toEqual([
      false,
      true,
    ])
    expect(await mfa.devices.isKnown("ana", token)).toBe(false)
    const late = await mfa.devices.remember(me())
    clock.advance(30 * 86_400_000)
    expect(await mfa.devices.isKnown("ana", late.token)).toBe(false)
    const last = await mfa.devices.remember(me())
    await mfa.remove(me(), factorId)
    expect([await mfa.devices.isKnown("ana", last.token), await mfa.devices.list("ana")]).toEqual([false, []])
  })
  test("needs a second factor just now, and there are only so many", async () => {
    const { mfa, asker, enrolled } = mfaWorld()
    await enrolled("ana")
    expect(await said(mfa.devices.remember(asker("ana", ["pwd"])))).toBe("AUTH_STEP_UP_REQUIRED")
    const tokens = []
    for (let at = 0; at < 25; at++) tokens.push((await mfa.devices.remember(asker("ana", ["mfa"]))).token)
    expect((await mfa.devices.list("ana")).length).toBe(20)
    expect(await mfa.devices.isKnown("ana", tokens.at(-1))).toBe(true)
    expect([await mfa.devices.revokeAll("ana"), await mfa.devices.isKnown("ana", tokens.at(-1))]).toEqual([20, false])
  })
})

describe("codes that are sent", () => {
  test("prove an address that is enrolled by one", async () => {
    const { mfa, asker, sent, store } = mfaWorld()
    const { handle } = await mfa.sentCodes.enrol(asker("ana"), { channel: "sms", to: "+43 660 1234567" })
    expect(sent).toEqual([expect.objectContaining({ userId: "ana", channel: "sms", to: "+43 660 1234567" })])
    const passed = await mfa.sentCodes.confirm("ana", { handle, code: sent[0]!.code })
    expect(passed).toMatchObject({ userId: "ana", amr: ["sms", "mfa"] })
    expect(await mfa.list("ana")).toMatchObject([{ kind: "sent-code", label: "…567", channel: "sms" }])
    expect(JSON.stringify(await store.list("ana"))).not.toContain("1234567")
    const asked = await mfa.sentCodes.ask("ana", passed.factorId!)
    const { code } = sent.at(-1)!
    expect(
      await said(mfa.sentCodes.verify("ana", { handle: asked.handle, code: code === "000000" ? "000001" : "000000" })),
    ).toBe("AUTH_FACTOR_WRONG")
    expect(await said(mfa.sentCodes.confirm("ana", { handle: asked.handle, code }))).toBe("AUTH_FACTOR_WRONG") // for another purpose
    expect(await said(mfa.sentCodes.verify("ana", { handle: asked.handle, code }))).toBe("done")
    expect(await said(mfa.sentCodes.verify("ana", { handle: asked.handle, code }))).toBe("AUTH_FACTOR_WRONG")
  })
  test("are of no use to another, late, after a newer one, or for a factor that is gone", async () => {
    const { mfa, asker, sent, clock } = mfaWorld()
    const enrol = await mfa.sentCodes.enrol(asker("ana"), { channel: "email", to: "ana@example.org" })
    expect(await said(mfa.sentCodes.confirm("eve", { handle: enrol.handle, code: sent[0]!.code }))).toBe(
      "AUTH_FACTOR_WRONG",
    )
    const { factorId } = await mfa.sentCodes.confirm("ana", { handle: enrol.handle, code: sent[0]!.code })
    expect((await mfa.list("ana"))[0]!.label).toBe("a…@example.org")
    expect(await said(mfa.sentCodes.ask("eve", factorId!))).toBe("AUTH_FACTOR_UNKNOWN")
    const first = await mfa.sentCodes.ask("ana", factorId!)
    const firstCode = sent.at(-1)!.code
    const second = await mfa.sentCodes.ask("ana", factorId!)
    expect(await said(mfa.sentCodes.verify("ana", { handle: first.handle, code: firstCode }))).toBe("AUTH_FACTOR_WRONG")
    clock.advance(5 * 60_000)
    expect(await said(mfa.sentCodes.verify("ana", { handle: second.handle, code: sent.at(-1)!.code }))).toBe(
      "AUTH_FACTOR_WRONG",
    )
    const third = await mfa.sentCodes.ask("ana", factorId!)
    await mfa.remove(asker("ana", ["mfa"]), factorId!)
    expect(await said(mfa.sentCodes.verify("ana", { handle: third.handle, code: sent.at(-1)!.code }))).toBe(
      "AUTH_FACTOR_UNKNOWN",
    )
  })
  test("are only so many, and go nowhere odd: AUTH_TOO_OFTEN", async () => {
    const { mfa, asker, sent } = mfaWorld({ sentCodes: { send: () => undefined, perHour: 3 } })
    for (const place of [
      { channel: "SMS", to: "+43" },
      { channel: "sms", to: "" },
      { channel: "email", to: "a@b.test\nbcc: c@d.test" },
    ])
      expect(await said(mfa.sentCodes.enrol(asker("ana"), place))).toBe("AUTH_FACTOR_UNKNOWN")
    const asks = []
    for (let at = 0; at < 5; at++)
      asks.push(await said(mfa.sentCodes.enrol(asker("ana"), { channel: "sms", to: "+43" })))
    expect([asks, sent]).toEqual([["done", "done", "done", "AUTH_TOO_OFTEN", "AUTH_TOO_OFTEN"], []])
  })
})

describe("a change of factors", () => {
  test("takes a proof that is strong, new, and one's own: AUTH_STEP_UP_REQUIRED", async () => {
    const { mfa, asker, enrolled, clock } = mfaWorld()
    const { factorId } = await enrolled("ana")
    const old = asker("ana", ["pwd", "mfa"])
    clock.advance(10 * 60_000 + 1)
    const weak = [
      old,
      asker("ana", ["pwd"]),
      asker("ana", ["device"]),
      { id: "ana", amr: ["mfa"] },
      { ...asker("ana", ["mfa"]), authTimeMs: clock.now() + 120_000 },
      { ...asker("ana", ["mfa"]), actor: { id: "admin", kind: "user" } },
    ]
    for (const who of weak)
      for (const act of [
        mfa.totp.enrol(who, "ana"),
        mfa.recovery.generate(who),
        mfa.devices.remember(who),
        mfa.passkeys.registrationOptions(who, { name: "ana" }),
        mfa.sentCodes.enrol(who, { channel: "sms", to: "+43" }),
        mfa.remove(who, factorId),
        mfa.disable(who),
      ])
        expect(await said(act)).toBe("AUTH_STEP_UP_REQUIRED")
    expect(await said(mfa.remove(asker("eve", ["mfa"]), factorId))).toBe("AUTH_FACTOR_UNKNOWN")
    expect(await mfa.isEnrolled("ana")).toBe(true)
  })
  test("takes away as much as it says, and of nobody else", async () => {
    const { mfa, asker, enrolled } = mfaWorld()
    const [first] = [await enrolled("ana"), await enrolled("eve")]
    const second = await enrolled("ana")
    const me = asker("ana", ["mfa"])
    await mfa.recovery.generate(me)
    await mfa.rename("ana", second.factorId, "Tablet")
    expect(await said(mfa.rename("eve", second.factorId, "Mine"))).toBe("AUTH_FACTOR_UNKNOWN")
    await mfa.remove(me, first.factorId)
    expect([await mfa.recovery.left("ana"), (await mfa.list("ana"))[0]!.label]).toEqual([10, "Tablet"])
    await mfa.remove(me, second.factorId)
    expect([await mfa.recovery.left("ana"), await mfa.isEnrolled("ana"), await mfa.isEnrolled("eve")]).toEqual([
      0,
      false,
      true,
    ])
    await mfa.disable(asker("eve", ["mfa"]))
    expect(await mfa.isEnrolled("eve")).toBe(false)
  })
  test("adds only so many: AUTH_FACTOR_LIMIT", async () => {
    const { mfa, asker, enrolled } = mfaWorld({ maxFactors: 2 })
    for (let at = 0; at < 2; at++) await enrolled("ana")
    expect(await said(mfa.totp.enrol(asker("ana", ["mfa"]), "ana"))).toBe("AUTH_FACTOR_LIMIT")
  })
  test("by an operator takes all", async () => {
    const { mfa, asker, enrolled, store } = mfaWorld()
    await enrolled("ana")
    await mfa.recovery.generate(asker("ana", ["mfa"]))
    await mfa.reset("ana")
    expect(await store.list("ana")).toEqual([])
  })
})

const folder = temporaryFolder()
const [postgres, mariadb, redis] = [
  await findServer("PostgreSQL"),
  await findServer("MariaDB"),
  await findServer("Redis"),
]
const urls: [string, string][] = [
  ["memory", "memory:"],
  ["SQLite", `sqlite:${join(folder, "mfa.db")}`],
]
if (postgres)
  urls.push([
    "PostgreSQL",
    await temporaryDatabase((name) => `postgres://postgres@127.0.0.1:${postgres}/${name}`, "postgres"),
  ])
if (mariadb) urls.push(["MariaDB", await temporaryDatabase((name) => `mysql://root@127.0.0.1:${mariadb}/${name}`, "")])
if (redis) urls.push(["Redis", `redis://127.0.0.1:${redis}?prefix=ashlar-test-${crypto.randomUUID().slice(0, 8)}`])

test.each(urls)(
  "of many who show one code at once one passes, on %s",
  async (_name, url) => {
    const clock = manualClock()
    const store = await openProofs(url, { clock })
    const { mfa, enrolled, codeOf, asker } = mfaWorld({ store, clock, maxTries: 100 })
    const id = crypto.randomUUID()
    const { secret } = await enrolled(id)
    const codes = await mfa.recovery.generate(asker(id, ["mfa"]))
    clock.advance(60_000)
    for (const act of [() => mfa.totp.verify(id, codeOf(secret)), () => mfa.recovery.use(id, codes[3]!)]) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => said(act())))
      expect([count(answers, "done"), count(answers, "AUTH_FACTOR_WRONG")]).toEqual([1, 19])
    }
    await mfa.reset(id)
    await store.removeAll(id)
    await store.close()
  },
  60_000,
)
