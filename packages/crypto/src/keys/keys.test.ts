import { describe, expect, test } from "bun:test"
import { createHmac, randomBytes } from "node:crypto"
import { manualClock } from "@ashlar/core"
import type { KeyEvent } from "../audit.ts"
import { localRootKey } from "../root-keys/local.ts"
import type { RootKey } from "../root-keys/root-key.ts"
import { memoryStore } from "../stores/memory.ts"
import type { KeyStore } from "../stores/store.ts"
import type { KeysOptions } from "./core.ts"
import type { Keys } from "./keys.ts"
import { openKeys } from "./open-keys.ts"
import { rewrapAll } from "./rewrap-all.ts"

const context = { table: "users", row: "7" }
const DAY_MS = 86_400_000
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "no error",
    (error: { code?: unknown }) => String(error.code),
  )
/** One root and store, opened as often as it is wanted. */
function place(): { readonly store: KeyStore; readonly root: RootKey } {
  const store = memoryStore()
  return { store: { ...store, close: async () => undefined }, root: localRootKey(randomBytes(32), "file") }
}
async function stage(options: Partial<KeysOptions> = {}) {
  const clock = manualClock()
  const events: KeyEvent[] = []
  const audit = (event: KeyEvent): void => void events.push(structuredClone({ ...event }))
  const where = place()
  const open = (more: Partial<KeysOptions> = {}): Promise<Keys> =>
    openKeys({ ...where, clock, audit, recordTtlMs: 0, ...options, ...more })
  return { clock, events, open, keys: await open(), ...where }
}

describe("keys that encrypt", () => {
  test("open what they sealed, on every version, until a version is refused", async () => {
    const { keys } = await stage()
    await keys.create({ name: "a" })
    const sealed = [await keys.encrypt("a", "one", context)]
    for (const text of ["two", "three"]) {
      await keys.rotate("a")
      sealed.push(await keys.encrypt("a", text, context))
    }
    const open = (at: number): Promise<string> => keys.decryptText("a", sealed[at]!, context)
    expect([await open(0), await open(1), await open(2)]).toEqual(["one", "two", "three"])
    expect(await Promise.all(sealed.map((one) => keys.isOld("a", one)))).toEqual([true, true, false])
    await keys.setMinimumVersion("a", 3)
    expect(await codeOf(open(0))).toBe("CRYPTO_VERSION_REFUSED")
    expect(await open(2)).toBe("three")
    await keys.setMinimumVersion("a", 1)
    expect(await open(0)).toBe("one")
    await keys.setMinimumVersion("a", 2)
    await keys.trim("a")
    await keys.setMinimumVersion("a", 1)
    expect(await codeOf(open(0))).toBe("CRYPTO_KEY_DESTROYED")
    expect(await open(1)).toBe("two")
    expect(await codeOf(keys.setMinimumVersion("a", 4))).toBe("CRYPTO_OPTION_INVALID")
  })
  test("take texts, bytes, nothing, and much", async () => {
    const { keys } = await stage()
    await keys.create({ name: "a" })
    for (const plain of [new Uint8Array(), randomBytes(1), randomBytes(1_000_000)])
      expect(Buffer.from(await keys.decrypt("a", await keys.encrypt("a", plain, context), context))).toEqual(
        Buffer.from(plain),
      )
    const text = "\ufeffé 🪨 \u0000"
    expect(await keys.decryptText("a", await keys.encrypt("a", text, context), context)).toBe(text)
    expect(await codeOf(keys.encrypt("a", new Uint8Array(64 * 1024 * 1024 + 1), context))).toBe("CRYPTO_LIMIT_REACHED")
    for (const bad of [{}, { "": "x" }, { a: "x".repeat(1_025) }] as const)
      expect(await codeOf(keys.encrypt("a", "x", bad))).toBe("CRYPTO_CONTEXT_INVALID")
  })
  test("put everything under the current version, a piece at a time, and go on where they were stopped", async () => {
    const { keys } = await stage()
    await keys.create({ name: "a" })
    const rows = new Map<number, Uint8Array>()
    for (let id = 0; id < 20; id++) rows.set(id, await keys.encrypt("a", `row ${id}`, { row: String(id) }))
    rows.set(20, randomBytes(200))
    await keys.rotate("a")
    const items = function* () {
      for (const [id, sealed] of rows) yield { id, sealed, context: { row: String(id) } }
    }
    const controller = new AbortController()
    const replace = ({ id }: { id: number }, sealed: Uint8Array): boolean => {
      if (id === 3) return false
      rows.set(id, sealed)
      if (id === 9) controller.abort(new RangeError("killed"))
      return true
    }
    const stopped = rewrapAll(keys, "a", { items: items(), replace, signal: controller.signal })
    expect(await stopped.catch((error: unknown) => error)).toBeInstanceOf(RangeError)
    const seen: number[] = []
    const done = await rewrapAll(keys, "a", { items: items(), replace, onProgress: (one) => void seen.push(one.seen) })
    expect(done).toEqual({ seen: 21, rewrapped: 10, missed: 1, broken: 1 })
    expect(seen.at(-1)).toBe(21)
    await keys.setMinimumVersion("a", 2)
    expect(await keys.decryptText("a", rows.get(19)!, { row: "19" })).toBe("row 19")
    expect(await codeOf(keys.decrypt("a", rows.get(3)!, { row: "3" }))).toBe("CRYPTO_VERSION_REFUSED")
  })
  test("give data keys, which open for their context only", async () => {
    const { keys } = await stage()
    await keys.create({ name: "a" })
    const { plain, wrapped } = await keys.generateDataKey("a", context)
    expect([plain.length, Buffer.from(await keys.openDataKey("a", wrapped, context)).equals(plain)]).toEqual([32, true])
    const alone = await keys.generateWrappedDataKey("a", context)
    expect((await keys.openDataKey("a", alone, context)).length).toBe(32)
    for (const [work, code] of [
      [keys.openDataKey("a", wrapped, { table: "users", row: "8" }), "CRYPTO_CIPHERTEXT_INVALID"],
      [keys.decrypt("a", wrapped, context), "CRYPTO_CIPHERTEXT_INVALID"],
      [keys.openDataKey("a", await keys.encrypt("a", "x", context), context), "CRYPTO_CIPHERTEXT_INVALID"],
    ] as const)
      expect(await codeOf(work)).toBe(code)
  })
})

describe("keys that sign", () => {
  test.each(["RS256", "PS256", "ES256", "ES384", "EdDSA"] as const)(
    "do it as %s says, version by version",
    async (algorithm) => {
      const { keys, open } = await stage()
      await keys.create({ name: "s", algorithm, modulusBits: 2_048 })
      const first = await keys.sign("s", "text")
      await keys.rotate("s")
      const second = await keys.sign("s", "text")
      expect([first.version, second.version]).toEqual([1, 2])
      const others = await open()
      for (const one of [first, second]) {
        expect(await others.verify("s", "text", one)).toBe(true)
        expect(await keys.verify("s", "texts", one)).toBe(false)
        const flipped = Uint8Array.from(one.bytes)
        flipped[5] = (flipped[5] ?? 0) ^ 1
        expect(await keys.verify("s", "text", { ...one, bytes: flipped })).toBe(false)
        expect(await keys.verify("s", "text", { ...one, version: 3 - one.version })).toBe(false)
        for (const bytes of [new Uint8Array(), one.bytes.slice(1), new Uint8Array(one.bytes.length)])
          expect(await keys.verify("s", "text", { ...one, bytes })).toBe(false)
      }
      const published = await keys.publicKeys("s")
      expect(published.map(({ version }) => version)).toEqual([2, 1])
      expect(JSON.stringify(published)).not.toMatch(/"(d|p|q|dp|dq|qi|k)":|PRIVATE/)
      expect(published[0]).toMatchObject({
        jwk: { alg: algorithm, use: "sig" },
        pem: expect.stringMatching(/^-----BEGIN PUBLIC KEY-----/),
      })
      await keys.setMinimumVersion("s", 2)
      expect(await codeOf(keys.verify("s", "text", first))).toBe("CRYPTO_VERSION_REFUSED")
      expect((await keys.publicKeys("s")).length).toBe(1)
    },
  )
  test.each([
    ["HS256", "sha256"],
    ["HS384", "sha384"],
    ["HS512", "sha512"],
  ] as const)("authenticate with %s", async (algorithm, hash) => {
    const { keys } = await stage()
    await keys.create({ name: "m", algorithm })
    const mac = await keys.mac("m", "text")
    expect(mac.bytes.length).toBe(createHmac(hash, "").digest().length)
    expect([
      await keys.verifyMac("m", "text", mac),
      await keys.verifyMac("m", "other", mac),
      await keys.verifyMac("m", "text", { ...mac, bytes: mac.bytes.slice(1) }),
    ]).toEqual([true, false, false])
  })
})

describe("keys are used for what they are for", () => {
  test("and for nothing else", async () => {
    const { keys } = await stage()
    await keys.create({ name: "only-out", uses: ["decrypt"] })
    await keys.create({ name: "s", algorithm: "ES256" })
    await keys.create({ name: "m", algorithm: "HS256" })
    for (const work of [
      keys.encrypt("only-out", "x", context),
      keys.generateDataKey("only-out", context),
      keys.sign("only-out", "x"),
      keys.encrypt("s", "x", context),
      keys.mac("s", "x"),
      keys.sign("m", "x"),
      keys.verify("m", "x", { bytes: new Uint8Array(64), version: 1 }),
      keys.publicKeys("m"),
      keys.verifyMac("s", "x", { bytes: new Uint8Array(64), version: 1 }),
    ])
      expect(await codeOf(work)).toBe("CRYPTO_KEY_USE_REFUSED")
    for (const bad of [
      { name: "A" },
      { name: "" },
      { name: "a/b" },
      { name: "b", algorithm: "none" as never },
      { name: "b", uses: [] },
      { name: "b", uses: ["sign" as const] },
      { name: "b", algorithm: "RS256" as const, modulusBits: 1_024 },
      { name: "b", rotateEveryDays: 0 },
      { name: "b", algorithm: "ES256" as const, rotateEveryDays: 1 },
      { name: "b", grants: [{ grantee: "a b", uses: ["encrypt" as const] }] },
      { name: "b", grants: [{ grantee: "a", uses: ["sign" as const] }] },
    ])
      expect(await codeOf(keys.create(bad))).toBe("CRYPTO_OPTION_INVALID")
    expect(await codeOf(keys.create({ name: "s" }))).toBe("CRYPTO_KEY_EXISTS")
    expect(await codeOf(keys.get("none"))).toBe("CRYPTO_KEY_NOT_FOUND")
  })
  test("by whom they are granted to, for what and how long", async () => {
    const { keys, clock } = await stage()
    await keys.create({ name: "a" })
    const sealed = await keys.encrypt("a", "x", context)
    const billing = keys.as("service:billing")
    expect(await codeOf(billing.decrypt("a", sealed, context))).toBe("CRYPTO_KEY_USE_REFUSED")
    const until = clock.now() + 1_000
    const grant = {
      grantee: "service:billing",
      uses: ["decrypt"],
      context: { table: "users" },
      expiresAtMs: until,
    } as const
    await keys.setGrants("a", [grant])
    expect(await billing.decryptText("a", sealed, context)).toBe("x")
    const elsewhere = await keys.encrypt("a", "x", { table: "orders" })
    expect(await codeOf(billing.decrypt("a", elsewhere, { table: "orders" }))).toBe("CRYPTO_KEY_USE_REFUSED")
    expect(await codeOf(billing.encrypt("a", "x", context))).toBe("CRYPTO_KEY_USE_REFUSED")
    expect(await codeOf(billing.rewrap("a", sealed, context))).toBe("CRYPTO_KEY_USE_REFUSED")
    expect(await codeOf(keys.as("service:other").decrypt("a", sealed, context))).toBe("CRYPTO_KEY_USE_REFUSED")
    clock.advance(1_000)
    expect(await codeOf(billing.decrypt("a", sealed, context))).toBe("CRYPTO_KEY_USE_REFUSED")
  })
  test("by their own tenant", async () => {
    const { keys } = await stage()
    const [one, two] = [keys.at("project:1"), keys.at("project:2")]
    for (const tenant of [one, two]) await tenant.create({ name: "a" })
    const sealed = await one.encrypt("a", "x", context)
    expect(await codeOf(two.decrypt("a", sealed, context))).toBe("CRYPTO_CIPHERTEXT_INVALID")
    await two.create({ name: "b" })
    expect(await codeOf(one.decrypt("b", sealed, context))).toBe("CRYPTO_KEY_NOT_FOUND")
    expect((await one.list()).items.map(({ name }) => name)).toEqual(["a"])
    const first = await two.list({ limit: 1 })
    expect([first.next, (await two.list({ after: first.next! })).items[0]?.name]).toEqual(["a", "b"])
    expect(() => keys.at("../x")).toThrow(expect.objectContaining({ code: "CRYPTO_OPTION_INVALID" }))
  })
})

describe("the end of a key", () => {
  test("is scheduled, can be cancelled, and comes when its time has", async () => {
    const { keys, clock, open, store } = await stage()
    await keys.create({ name: "a" })
    const sealed = await keys.encrypt("a", "x", context)
    expect(await codeOf(keys.scheduleDeletion("a", { days: 6 }))).toBe("CRYPTO_OPTION_INVALID")
    const info = await keys.scheduleDeletion("a", { days: 7 })
    expect([info.state, info.deletesAtMs]).toEqual(["pending-deletion", clock.now() + 7 * DAY_MS])
    expect(await codeOf(keys.decrypt("a", sealed, context))).toBe("CRYPTO_KEY_DISABLED")
    expect(await codeOf(keys.enable("a"))).toBe("CRYPTO_OPTION_INVALID")
    expect((await keys.cancelDeletion("a")).state).toBe("disabled")
    expect(await codeOf(keys.cancelDeletion("a"))).toBe("CRYPTO_OPTION_INVALID")
    await keys.enable("a")
    expect(await keys.decryptText("a", sealed, context)).toBe("x")
    await keys.scheduleDeletion("a", { days: 7 })
    clock.advance(7 * DAY_MS - 1)
    expect(await keys.destroyDue()).toBe(0)
    clock.advance(1)
    // Nobody has destroyed it yet, and it is gone all the same.
    const others = await open()
    expect(await codeOf(others.cancelDeletion("a"))).toBe("CRYPTO_KEY_DESTROYED")
    expect(await codeOf(others.decrypt("a", sealed, context))).toBe("CRYPTO_KEY_DESTROYED")
    expect([await others.destroyDue(), await keys.destroyDue()]).toEqual([1, 0])
    expect((await store.find("key", "app", "a"))?.body).toContain('"material":null')
    expect(await codeOf(keys.create({ name: "a" }))).toBe("CRYPTO_KEY_EXISTS")
  })
  test("by shredding takes all copies with it", async () => {
    const { keys, open, store, root } = await stage()
    await keys.create({ name: "a" })
    await keys.rotate("a")
    const sealed = await keys.encrypt("a", "x", context)
    const others = await open()
    await others.decrypt("a", sealed, context)
    expect((await keys.shred("a")).state).toBe("destroyed")
    expect((await keys.shred("a")).state).toBe("destroyed")
    for (const one of [keys, others, await open({ root })]) {
      expect(await codeOf(one.decrypt("a", sealed, context))).toBe("CRYPTO_KEY_DESTROYED")
      expect(await codeOf(one.enable("a"))).toBe("CRYPTO_KEY_DESTROYED")
      expect(await codeOf(one.rotate("a"))).toBe("CRYPTO_KEY_DESTROYED")
    }
    expect((await store.find("key", "app", "a"))?.body).not.toMatch(/"material":"/)
  })
  test("disabling stops what is cached, here at once and elsewhere in its time", async () => {
    const { keys, clock, open } = await stage()
    await keys.create({ name: "a" })
    const slow = await open({ recordTtlMs: 5_000 })
    const sealed = await slow.encrypt("a", "x", context)
    await keys.disable("a")
    expect(await codeOf(keys.encrypt("a", "x", context))).toBe("CRYPTO_KEY_DISABLED")
    expect(await slow.decryptText("a", sealed, context)).toBe("x")
    clock.advance(5_000)
    expect(await codeOf(slow.decrypt("a", sealed, context))).toBe("CRYPTO_KEY_DISABLED")
  })
})

describe("the root of keys", () => {
  test("is changed for all of them, and the former one is not needed then", async () => {
    const { keys, store, root, open } = await stage()
    for (const tenant of ["one", "two"])
      for (const algorithm of ["AES-256-GCM", "ES256"] as const)
        await keys.at(tenant).create({ name: algorithm.toLowerCase(), algorithm })
    const sealed = await keys.at("one").encrypt("aes-256-gcm", "x", context)
    await keys.at("one").rotate("aes-256-gcm")
    const fresh = localRootKey(randomBytes(32), "file")
    const alone = await open({ root: fresh, store })
    expect(await codeOf(alone.at("one").decrypt("aes-256-gcm", sealed, context))).toBe("CRYPTO_UNWRAP_FAILED")
    const both = await open({ root: fresh, former: [root], store })
    const seen: number[] = []
    expect(await both.rewrapRoot((progress) => void seen.push(progress.seen))).toEqual({
      seen: 4,
      rewrapped: 4,
      broken: 0,
    })
    expect([await both.rewrapRoot(), seen]).toEqual([{ seen: 4, rewrapped: 0, broken: 0 }, [1, 2, 3, 4]])
    const after = await open({ root: fresh, store })
    expect(await after.at("one").decryptText("aes-256-gcm", sealed, context)).toBe("x")
    expect(await after.at("two").verify("es256", "t", await after.at("two").sign("es256", "t"))).toBe(true)
    expect(await codeOf((await open()).at("two").sign("es256", "t"))).toBe("CRYPTO_UNWRAP_FAILED")
  })
})

describe("what is done with keys", () => {
  test("is written, with what was refused, and without what was encrypted", async () => {
    const { keys, events, open } = await stage()
    await keys.create({ name: "a" })
    await codeOf(keys.create({ name: "a" }))
    await keys.rotate("a")
    const loud = await open({ auditUses: true })
    await loud.encrypt("a", "the very text", context)
    await codeOf(loud.as("mallory").encrypt("a", "x", context))
    expect(events.map(({ action, refused, caller }) => [action, refused, caller])).toEqual([
      ["key.create", null, null],
      ["key.create", "CRYPTO_KEY_EXISTS", null],
      ["key.rotate", null, null],
      ["key.encrypt", null, null],
      ["key.encrypt", "CRYPTO_KEY_USE_REFUSED", "mallory"],
    ])
    expect(JSON.stringify(events)).not.toContain("the very text")
  })
  test("is not handed out when it cannot be written", async () => {
    const { open } = await stage()
    const audit = (): Promise<void> => Promise.reject(new Error("disk full"))
    const keys = await open({ audit, auditUses: true })
    expect(await codeOf(keys.create({ name: "a" }))).toBe("CRYPTO_AUDIT_FAILED")
    expect(await codeOf(keys.encrypt("a", "x", context))).toBe("CRYPTO_AUDIT_FAILED")
  })
  test("is refused after the end, and options that do not fit before the start", async () => {
    const { keys, open } = await stage()
    for (const bad of [{ keyTtlMs: 0 }, { maxKeys: 0 }, { maxMessagesPerDataKey: 2 ** 33 }, { recordTtlMs: -1 }])
      expect(await codeOf(open(bad))).toBe("CRYPTO_OPTION_INVALID")
    await keys.close()
    await keys.close()
    const works = [keys.create({ name: "b" }), keys.get("a"), keys.encrypt("a", "x", context), keys.destroyDue()]
    for (const outcome of await Promise.allSettled(works))
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "CRYPTO_CLOSED" } })
  })
})
