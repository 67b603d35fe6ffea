import { describe, expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { manualClock } from "@ashlar/core"
import type { KeyEvent } from "../audit.ts"
import { openKeys } from "../keys/open-keys.ts"
import { localRootKey } from "../root-keys/local.ts"
import { memoryStore } from "../stores/memory.ts"
import { createSecrets } from "./live-secrets.ts"

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "no error",
    (error: { code?: unknown }) => String(error.code),
  )
async function stage(more: { readonly audit?: () => never } = {}) {
  const clock = manualClock()
  const store = memoryStore()
  const events: KeyEvent[] = []
  const keys = await openKeys({ root: localRootKey(randomBytes(32), "file"), store, clock, recordTtlMs: 0 })
  const secrets = createSecrets({ keys, store, clock, audit: (event) => void events.push(event), ...more })
  return { clock, store, events, keys, secrets }
}

describe("secrets", () => {
  test("are kept in versions, and read by those who may", async () => {
    const { secrets, clock } = await stage()
    expect(await secrets.set("stripe", "sk_1", { readers: ["fn:pay"] })).toMatchObject({
      version: 1,
      expiresAtMs: null,
    })
    clock.advance(10)
    expect(await secrets.set("stripe", "sk_2")).toMatchObject({ version: 2, readers: ["fn:pay"] })
    expect(await secrets.get("stripe")).toEqual({ value: "sk_2", version: 2 })
    expect(await secrets.as("fn:pay").get("stripe", { version: 1 })).toEqual({ value: "sk_1", version: 1 })
    for (const work of [
      secrets.as("fn:other").get("stripe"),
      secrets.as("fn:pa").get("stripe"),
      secrets.at("other").get("stripe"),
      secrets.get("none"),
      secrets.get("stripe", { version: 3 }),
      secrets.setReaders("none", []),
      secrets.remove("none"),
      secrets.history("none"),
    ])
      expect(await codeOf(work)).toBe("CRYPTO_SECRET_NOT_FOUND")
    await secrets.setReaders("stripe", [])
    expect(await codeOf(secrets.as("fn:pay").get("stripe"))).toBe("CRYPTO_SECRET_NOT_FOUND")
    expect((await secrets.history("stripe")).map(({ version }) => version)).toEqual([2, 1])
    await secrets.remove("stripe")
    expect(await codeOf(secrets.get("stripe"))).toBe("CRYPTO_SECRET_NOT_FOUND")
  })
  test("expire, and are rotated by what makes them", async () => {
    const { secrets, clock } = await stage()
    await secrets.set("a", "one", { expiresAtMs: clock.now() + 1_000, readers: ["fn:a"] })
    expect(await secrets.rotate("a", (former) => `${former} and two`)).toMatchObject({
      version: 2,
      readers: ["fn:a"],
      expiresAtMs: clock.now() + 1_000,
    })
    expect((await secrets.get("a")).value).toBe("one and two")
    const race = secrets.rotate("a", async () => {
      await secrets.set("a", "meanwhile")
      return "too late"
    })
    expect(await codeOf(race)).toBe("CRYPTO_CONFLICT")
    expect((await secrets.get("a")).value).toBe("meanwhile")
    await secrets.set("a", "again", { expiresAtMs: clock.now() + 1 })
    clock.advance(1)
    expect(await codeOf(secrets.get("a"))).toBe("CRYPTO_SECRET_EXPIRED")
  })
  test("are written with each read, and each that is refused, and never with their values", async () => {
    const { secrets, events, store } = await stage()
    await secrets.set("a", "the very value")
    await secrets.get("a")
    await codeOf(secrets.as("fn:x").get("a"))
    expect(events.map(({ action, caller, refused }) => [action, caller, refused])).toEqual([
      ["secret.set", null, null],
      ["secret.read", null, null],
      ["secret.read", "fn:x", "CRYPTO_SECRET_NOT_FOUND"],
    ])
    const stored = JSON.stringify([events, await store.find("secret", "app", "a")])
    expect(stored).not.toContain("the very value")
    expect(stored).not.toContain(Buffer.from("the very value").toString("base64").slice(0, 16))
  })
  test("are not handed out when the read cannot be written", async () => {
    const { keys, store, secrets } = await stage()
    await secrets.set("a", "x")
    const mute = createSecrets({ keys, store, audit: () => Promise.reject(new Error("full")) })
    expect(await codeOf(mute.get("a"))).toBe("CRYPTO_AUDIT_FAILED")
  })
  test("moved to another's place do not open", async () => {
    const { secrets, store } = await stage()
    await secrets.set("a", "x")
    await secrets.set("b", "y")
    const [a, b] = [(await store.find("secret", "app", "a"))!, (await store.find("secret", "app", "b"))!]
    await store.replace({ ...b, revision: b.revision + 1, body: a.body })
    expect(await codeOf(secrets.get("b"))).toBe("CRYPTO_CIPHERTEXT_INVALID")
    const older = JSON.parse(a.body)
    older.versions[0].version = 2
    await store.replace({ ...a, revision: a.revision + 1, body: JSON.stringify(older) })
    expect(await codeOf(secrets.get("a"))).toBe("CRYPTO_CIPHERTEXT_INVALID")
  })
  test("follow their key: rewrapped after a rotation, and gone with it", async () => {
    const { secrets, keys } = await stage()
    for (const name of ["a", "b"]) await secrets.set(name, name)
    await keys.rotate("ashlar.secrets")
    await secrets.set("c", "c")
    const seen: number[] = []
    expect([await secrets.rewrap((done) => void seen.push(done)), await secrets.rewrap(), seen]).toEqual([2, 0, [1, 2]])
    await keys.setMinimumVersion("ashlar.secrets", 2)
    expect((await secrets.get("a")).value).toBe("a")
    await keys.shred("ashlar.secrets")
    expect(await codeOf(secrets.get("a"))).toBe("CRYPTO_KEY_DESTROYED")
  })
  test("many at once lose nothing", async () => {
    const { secrets } = await stage()
    await Promise.all(Array.from({ length: 15 }, (_, at) => secrets.set("a", String(at))))
    const history = await secrets.history("a")
    expect(history.map(({ version }) => version)).toEqual(Array.from({ length: 15 }, (_, at) => 15 - at))
    const values = await Promise.all(history.map(async ({ version }) => (await secrets.get("a", { version })).value))
    expect(new Set(values).size).toBe(15)
    for (let at = 0; at < 100; at++) await secrets.set("a", "x")
    expect((await secrets.history("a")).length).toBe(100)
  })
  test("are refused when they do not fit", async () => {
    const { secrets, clock } = await stage()
    for (const [work, code] of [
      [secrets.set("A", "x"), "CRYPTO_OPTION_INVALID"],
      [secrets.set("a", ""), "CRYPTO_OPTION_INVALID"],
      [secrets.set("a", "\ud800"), "CRYPTO_OPTION_INVALID"],
      [secrets.set("a", "x".repeat(65_537)), "CRYPTO_LIMIT_REACHED"],
      [secrets.set("a", "x", { expiresAtMs: clock.now() }), "CRYPTO_OPTION_INVALID"],
      [secrets.set("a", "x", { readers: ["a b"] }), "CRYPTO_OPTION_INVALID"],
      [secrets.set("a", "x", { readers: ["a", "a"] }), "CRYPTO_OPTION_INVALID"],
      [secrets.list({ limit: 0 }), "CRYPTO_OPTION_INVALID"],
    ] as const)
      expect(await codeOf(work)).toBe(code)
    for (const name of ["c", "a", "b"]) await secrets.set(name, "x")
    const first = await secrets.list({ limit: 2 })
    expect([first.items.map(({ name }) => name), first.next]).toEqual([["a", "b"], "b"])
    expect((await secrets.list({ after: "b" })).items.map(({ name }) => name)).toEqual(["c"])
  })
  test("that cannot be read, or do not open, keep no other from a new version of their key", async () => {
    const { secrets, keys, store, events } = await stage()
    for (const name of ["a", "b", "c"]) await secrets.set(name, name)
    const [unreadable, spoiled] = [await store.find("secret", "app", "a"), await store.find("secret", "app", "b")]
    await store.replace({ ...unreadable!, revision: 2, body: "{" })
    await store.replace({ ...spoiled!, revision: 2, body: spoiled!.body.replace(/.{4}"\}\]\}$/, 'AAAA"}]}') })
    await keys.rotate("ashlar.secrets")
    expect(await secrets.rewrap()).toBe(1)
    expect(events.slice(-1)).toMatchObject([
      { action: "secret.rewrap", name: "b", refused: "CRYPTO_CIPHERTEXT_INVALID" },
    ])
    expect((await secrets.list()).items.map(({ name }) => name)).toEqual(["b", "c"])
    expect(await codeOf(secrets.get("a"))).toBe("CRYPTO_RECORD_INVALID")
    expect((await secrets.get("c")).value).toBe("c")
  })
})
