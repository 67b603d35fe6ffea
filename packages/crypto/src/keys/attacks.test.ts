import { describe, expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { manualClock } from "@ashlar/core"
import fc from "fast-check"
import type { KeyContext } from "../context.ts"
import { encodeContext } from "../context.ts"
import { localRootKey } from "../root-keys/local.ts"
import type { RootKey } from "../root-keys/root-key.ts"
import { memoryStore } from "../stores/memory.ts"
import type { KeyStore, StoredRecord } from "../stores/store.ts"
import { KeyCore, type KeysOptions } from "./core.ts"
import { OVERHEAD_BYTES, readHead } from "./envelope.ts"
import type { KeyBody } from "./key.ts"
import { LiveKeys } from "./live-keys.ts"
import { Nonces } from "./nonces.ts"
import { openKeys } from "./open-keys.ts"

const context = { table: "users", row: "7" }
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "no error",
    (error: { code?: unknown }) => String(error.code),
  )
function stage(options: Partial<KeysOptions> = {}, store: KeyStore = memoryStore()) {
  const clock = manualClock()
  const bytes = randomBytes(32)
  let unwraps = 0
  const counting = (): RootKey => {
    const root = localRootKey(bytes, "file")
    return { ...root, unwrap: (...args) => root.unwrap(...args).finally(() => void unwraps++) }
  }
  const open = (): { readonly core: KeyCore; readonly keys: LiveKeys } => {
    const core = new KeyCore({ root: "", store, clock, recordTtlMs: 0, ...options }, [counting()], store)
    return { core, keys: new LiveKeys(core, "app") }
  }
  return { clock, store, open, ...open(), unwraps: () => unwraps }
}

describe("what was encrypted opens as it was, or not at all", () => {
  test("with any bit of any byte changed", async () => {
    const { keys } = stage()
    await keys.create({ name: "a" })
    await keys.rotate("a")
    const sealed = await keys.encrypt("a", "twelve bytes", context)
    expect(sealed.length).toBe(12 + OVERHEAD_BYTES)
    for (let at = 0; at < sealed.length; at++)
      for (const bit of [1, 128]) {
        const changed = Uint8Array.from(sealed)
        changed[at] = (changed[at] ?? 0) ^ bit
        expect(["CRYPTO_CIPHERTEXT_INVALID", "CRYPTO_VERSION_REFUSED"]).toContain(
          await codeOf(keys.decrypt("a", changed, context)),
        )
      }
  })
  test("cut anywhere, made longer, or put together of two", async () => {
    const { keys } = stage()
    await keys.create({ name: "a" })
    const [one, two] = [
      await keys.encrypt("a", "first message", context),
      await keys.encrypt("a", "other message", context),
    ]
    for (let length = 0; length < one.length; length++)
      expect(await codeOf(keys.decrypt("a", one.slice(0, length), context))).toBe("CRYPTO_CIPHERTEXT_INVALID")
    for (const bad of [
      Buffer.concat([one, Buffer.of(0)]),
      Buffer.concat([one, one]),
      Buffer.concat([Buffer.of(0), one]),
      // The head of one with the nonce, text and tag of the other, in every mixture: they share their data key.
      Buffer.concat([one.slice(0, 81), two.slice(81, 93), one.slice(93)]),
      Buffer.concat([one.slice(0, 93), two.slice(93)]),
      Buffer.concat([one.slice(0, -16), two.slice(-16)]),
    ])
      expect(await codeOf(keys.decrypt("a", bad, context))).toBe("CRYPTO_CIPHERTEXT_INVALID")
  })
  test("under another key, version, tenant or store, whatever its head says", async () => {
    const { keys } = stage()
    for (const name of ["a", "b"]) await keys.create({ name })
    const other = keys.at("other")
    await other.create({ name: "a" })
    const sealed = await keys.encrypt("a", "x", context)
    const of = async (name: string, owner = keys): Promise<Uint8Array> =>
      Uint8Array.from(await owner.encrypt(name, "y", context))
    const headOf = async (donor: Uint8Array): Promise<Uint8Array> =>
      Buffer.concat([donor.slice(0, 17), sealed.slice(17)])
    expect(await codeOf(keys.decrypt("b", sealed, context))).toBe("CRYPTO_CIPHERTEXT_INVALID")
    expect(await codeOf(other.decrypt("a", sealed, context))).toBe("CRYPTO_CIPHERTEXT_INVALID")
    expect(await codeOf(keys.decrypt("b", await headOf(await of("b")), context))).toBe("CRYPTO_CIPHERTEXT_INVALID")
    await keys.rotate("a")
    const relabelled = Uint8Array.from(sealed)
    expect(readHead(relabelled).version).toBe(1)
    relabelled[20] = 2
    expect(await codeOf(keys.decrypt("a", relabelled, context))).toBe("CRYPTO_CIPHERTEXT_INVALID")
    relabelled[20] = 3
    expect(await codeOf(keys.decrypt("a", relabelled, context))).toBe("CRYPTO_VERSION_REFUSED")
    const foreign = stage()
    await foreign.keys.create({ name: "a" })
    expect(await codeOf(foreign.keys.decrypt("a", sealed, context))).toBe("CRYPTO_CIPHERTEXT_INVALID")
  })
  test("for another context, however it is spelled", async () => {
    const { keys } = stage()
    await keys.create({ name: "a" })
    const sealed = await keys.encrypt("a", "x", { a: "b", c: "d" })
    expect(await keys.decryptText("a", sealed, { c: "d", a: "b" })).toBe("x")
    for (const swapped of [
      { a: "b" },
      { a: "b", c: "d", e: "" },
      { a: "d", c: "b" },
      { a: "bc", d: "" },
      { ac: "bd" },
      { A: "b", c: "d" },
      { a: "b", c: "d " },
    ] as KeyContext[])
      expect(await codeOf(keys.decrypt("a", sealed, swapped))).toBe("CRYPTO_CIPHERTEXT_INVALID")
  })
  test("no two contexts are spelled alike", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", ":", "."), minLength: 1, maxLength: 4 })
    const contexts = fc.dictionary(word, fc.string({ maxLength: 5 }), { minKeys: 1, maxKeys: 4 })
    const sorted = (one: KeyContext): string => JSON.stringify(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
    fc.assert(
      fc.property(contexts, contexts, (a, b) => {
        const isWellFormed = [a, b].every((one) => Object.values(one).every((value) => value.isWellFormed()))
        fc.pre(isWellFormed)
        return encodeContext(a).equals(encodeContext(b)) === (sorted(a) === sorted(b))
      }),
      { numRuns: 500 },
    )
  })
  test("anything else is refused, and never an error of another kind", async () => {
    const { keys } = stage()
    await keys.create({ name: "a" })
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        expect(await codeOf(keys.decrypt("a", bytes, context))).toBe("CRYPTO_CIPHERTEXT_INVALID")
        expect(await codeOf(keys.openDataKey("a", bytes, context))).toBe("CRYPTO_CIPHERTEXT_INVALID")
      }),
      { numRuns: 200 },
    )
  })
})

describe("who can write to the store of keys", () => {
  const change = async (store: KeyStore, name: string, edit: (body: KeyBody) => unknown): Promise<void> => {
    const found = (await store.find("key", "app", name))!
    const body = JSON.stringify(edit(JSON.parse(found.body)))
    await store.replace({ ...found, revision: found.revision + 1, body })
  }
  test("cannot put one key, version, tenant or algorithm in another's place", async () => {
    const { store, keys, open } = stage()
    for (const name of ["a", "b"]) await keys.create({ name })
    await keys.create({ name: "m", algorithm: "HS256" })
    await keys.rotate("a")
    const sealed = await keys.encrypt("a", "x", context)
    const donor: KeyBody = JSON.parse((await store.find("key", "app", "b"))!.body)
    await change(store, "a", (body) => ({
      ...body,
      versions: body.versions.map((one) => ({ ...one, material: donor.versions[0]!.material })),
    }))
    expect(await codeOf(open().keys.decrypt("a", sealed, context))).toBe("CRYPTO_UNWRAP_FAILED")
    expect(await codeOf(open().keys.encrypt("a", "x", context))).toBe("CRYPTO_UNWRAP_FAILED")
    await change(store, "m", (body) => ({ ...body, algorithm: "AES-256-GCM", uses: ["encrypt"] }))
    expect(await codeOf(open().keys.encrypt("m", "x", context))).toBe("CRYPTO_UNWRAP_FAILED")
  })
  test("cannot change grants, states, uses, versions or deadlines unseen", async () => {
    const store = memoryStore()
    const keys = await openKeys({ root: localRootKey(randomBytes(32), "file"), store, recordTtlMs: 0 })
    await keys.create({ name: "a", uses: ["encrypt", "decrypt"] })
    const context = { row: "7" }
    const sealed = await keys.encrypt("a", "text", context)
    await keys.rotate("a")
    await keys.setMinimumVersion("a", 2)
    const good = (await store.find("key", "app", "a"))!
    const put = async (change: (body: Record<string, unknown>) => object, more: object = {}): Promise<void> => {
      const { revision } = (await store.find("key", "app", "a"))!
      const body = JSON.stringify(change(JSON.parse(good.body)))
      await store.remove(good.id, revision)
      await store.insert({ ...good, ...more, body })
    }
    const attacks: readonly (readonly [(body: Record<string, unknown>) => object, object?])[] = [
      [(body) => ({ ...body, minimum: 1 })],
      [(body) => ({ ...body, current: 1, minimum: 1 })],
      [(body) => ({ ...body, grants: [{ grantee: "service:evil", uses: ["decrypt"] }] })],
      [(body) => ({ ...body, uses: ["encrypt", "decrypt", "data-key"] })],
      [(body) => ({ ...body, state: "disabled" })],
      [(body) => ({ ...body, rotateEveryMs: 1 })],
      [(body) => ({ ...body, seal: null })],
      [(body) => ({ ...body, seal: undefined })],
      [(body) => ({ ...body, seal: "" })],
      [(body) => body, { revision: good.revision + 1 }],
      [(body) => body, { dueMs: 8e15 }],
      [() => ({})],
      [() => []],
    ]
    for (const [change, more] of attacks) {
      await put(change, more)
      expect(await codeOf(keys.decrypt("a", sealed, context))).toBe("CRYPTO_RECORD_INVALID")
      expect(await codeOf(keys.as("service:evil").decrypt("a", sealed, context))).toBe("CRYPTO_RECORD_INVALID")
      expect(await codeOf(keys.enable("a"))).toBe("CRYPTO_RECORD_INVALID")
    }
    await put((body) => body)
    expect(await codeOf(keys.decrypt("a", sealed, context))).toBe("CRYPTO_VERSION_REFUSED")
    await put((body) => ({ ...body, minimum: 1 }))
    expect((await keys.shred("a")).state).toBe("destroyed")
  })
  test("and a key that cannot be read keeps no other from its end, or from a new root", async () => {
    const [store, clock] = [memoryStore(), manualClock()]
    const events: string[] = []
    const audit = ({ action, name, refused }: { action: string; name: string; refused: string | null }): void =>
      void events.push(`${action} ${name} ${refused}`)
    const former = localRootKey(randomBytes(32), "file")
    const before = await openKeys({ root: former, store, clock, audit, recordTtlMs: 0 })
    for (const name of ["a", "b", "c"]) await before.create({ name })
    const broken = (await store.find("key", "app", "a"))!
    await store.replace({ ...broken, revision: 2, body: "{", dueMs: clock.now() + 1 })
    expect((await before.list()).items.map(({ name }) => name)).toEqual(["b", "c"])
    const keys = await openKeys({ root: localRootKey(randomBytes(32), "file"), former: [former], store, clock, audit })
    expect(await keys.rewrapRoot()).toEqual({ seen: 3, rewrapped: 2, broken: 1 })
    await keys.scheduleDeletion("b", { days: 7 })
    clock.advance(8 * 86_400_000)
    expect(await keys.destroyDue()).toBe(1)
    expect(events.slice(-2)).toEqual(["key.destroy a CRYPTO_RECORD_INVALID", "key.destroy b null"])
    expect((await keys.get("b")).state).toBe("destroyed")
  })
  test("cannot bring a destroyed key back without its bytes", async () => {
    const { store, keys, open } = stage()
    await keys.create({ name: "a" })
    const sealed = await keys.encrypt("a", "x", context)
    await keys.shred("a")
    await change(store, "a", (body) => ({ ...body, state: "enabled" }))
    expect(await codeOf(open().keys.decrypt("a", sealed, context))).toBe("CRYPTO_KEY_DESTROYED")
  })
  test("never sees a key, nor does a backup of the store hold what opens it", async () => {
    const store = memoryStore()
    const seen: string[] = []
    const see = (record: StoredRecord): StoredRecord => {
      seen.push(JSON.stringify(record))
      return record
    }
    const spying: KeyStore = {
      ...store,
      insert: (record) => store.insert(see(record)),
      replace: (record) => store.replace(see(record)),
    }
    const bytes = randomBytes(32)
    const core = new KeyCore({ root: "", store: spying }, [localRootKey(bytes, "file")], spying)
    const keys = new LiveKeys(core, "app")
    await keys.create({ name: "a" })
    const { plain } = await keys.generateDataKey("a", context)
    for (const secret of [bytes, plain])
      for (const form of ["hex", "base64", "base64url", "latin1"] as const)
        expect(seen.join("\n")).not.toContain(Buffer.from(secret).toString(form))
    const thief = new LiveKeys(new KeyCore({ root: "", store }, [localRootKey(randomBytes(32), "file")], store), "app")
    expect(await codeOf(thief.encrypt("a", "x", context))).toBe("CRYPTO_UNWRAP_FAILED")
  })
})

describe("nonces and limits", () => {
  test("ten million nonces of a data key differ, by their counter and by their random part", () => {
    const COUNT = 10_000_000
    const nonces = new Nonces()
    const counters = new Uint8Array(Math.ceil(COUNT / 8))
    const randoms = new BigUint64Array(COUNT)
    let repeated = 0
    for (let at = 0; at < COUNT; at++) {
      const nonce = nonces.next()!
      const counter = nonce.readUInt32BE(8)
      const bit = 1 << (counter & 7)
      if (counter >= COUNT || (counters[counter >> 3]! & bit) !== 0) repeated++
      else counters[counter >> 3]! |= bit
      randoms[at] = nonce.readBigUInt64BE(0)
    }
    expect(repeated).toBe(0)
    randoms.sort()
    let same = 0
    for (let at = 1; at < COUNT; at++) if (randoms[at] === randoms[at - 1]) same++
    // Two of 10^7 random numbers of 64 bits are alike once in 370,000 runs.
    expect(same).toBeLessThan(2)
    expect(nonces.left).toBe(2 ** 32 - COUNT)
  }, 120_000)
  test("a data key encrypts so many messages, and a version wraps so many data keys, and no more", async () => {
    const { keys, open } = stage({ maxMessagesPerDataKey: 3, maxDataKeysPerVersion: 4 })
    await keys.create({ name: "a" })
    const all: Uint8Array[] = []
    for (let at = 0; at < 60; at++) all.push(await keys.encrypt("a", String(at), context))
    const byKey = Map.groupBy(all, (one) => Buffer.from(one.subarray(0, 81)).toString("hex"))
    expect([...byKey.values()].map((some) => some.length)).toEqual(Array.from({ length: 20 }, () => 3))
    const byVersion = Map.groupBy(byKey.keys(), (head) => Number.parseInt(head.slice(34, 42), 16))
    expect([...byVersion.values()].map((some) => some.length)).toEqual([4, 4, 4, 4, 4])
    const nonces = all.map((one) => Buffer.from(one.subarray(0, 93)).toString("hex"))
    expect(new Set(nonces).size).toBe(60)
    // Another process does not know what this one still had set aside: the version is full for it.
    await open().keys.encrypt("a", "x", context)
    expect((await keys.get("a")).version).toBe(6)
    for (const [at, one] of all.entries()) expect(await keys.decryptText("a", one, context)).toBe(String(at))
  })
  test("many at once stay within the limit too", async () => {
    const { keys, open } = stage({ maxMessagesPerDataKey: 1, maxDataKeysPerVersion: 5 })
    await keys.create({ name: "a" })
    const both = [keys, open().keys]
    const all = await Promise.all(Array.from({ length: 60 }, (_, at) => both[at % 2]!.encrypt("a", "x", context)))
    const perVersion = Map.groupBy(all, (one) => readHead(one).version)
    for (const some of perVersion.values()) expect(some.length).toBeLessThanOrEqual(5)
    expect(new Set(all.map((one) => Buffer.from(one.subarray(0, 81)).toString("hex"))).size).toBe(60)
  })
  test("a key of an age is rotated when it is used next", async () => {
    const { keys, clock } = stage({ keyTtlMs: 1_000 })
    await keys.create({ name: "a", rotateEveryDays: 30 })
    const first = await keys.encrypt("a", "x", context)
    clock.advance(30 * 86_400_000)
    expect(readHead(await keys.encrypt("a", "x", context)).version).toBe(2)
    expect(await keys.decryptText("a", first, context)).toBe("x")
  })
  test("opened keys are kept for a time and in a number, and the root is asked once for many who wait", async () => {
    const { core, keys, clock, unwraps, open } = stage({ keyTtlMs: 60_000, maxKeys: 3 })
    const names = ["a", "b", "c", "d", "e"]
    const sealed: Uint8Array[] = []
    for (const name of names) {
      await keys.create({ name })
      sealed.push(await keys.encrypt(name, "x", context))
    }
    expect(core.dataKeys.size).toBe(3)
    const before = unwraps()
    await Promise.all(Array.from({ length: 50 }, () => keys.decrypt("e", sealed[4]!, context)))
    expect(unwraps() - before).toBeLessThanOrEqual(1)
    clock.advance(60_000)
    core.sweep()
    expect(core.dataKeys.size).toBe(0)
    const fresh = open()
    const start = unwraps()
    await Promise.all(Array.from({ length: 50 }, () => fresh.keys.decrypt("a", sealed[0]!, context)))
    expect(unwraps() - start).toBe(1)
    await Promise.all(names.map((name, at) => fresh.keys.decrypt(name, sealed[at]!, context)))
    expect(fresh.core.dataKeys.size).toBeLessThanOrEqual(6)
    await fresh.keys.close()
    expect(fresh.core.dataKeys.size).toBe(0)
  })
})
