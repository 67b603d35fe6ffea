import { afterAll, describe, expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import type { KeyContext } from "../context.ts"
import type { RootKey } from "../root-keys/root-key.ts"

export interface RootKeySuiteOptions {
  /** Opens the same root key once more, as another process would. */
  readonly open: () => Promise<RootKey>
  /** Opens another root key of the same kind. */
  readonly other: () => Promise<RootKey>
}

const context: KeyContext = { purpose: "suite", key: "a" }
/** Contexts that must not be taken for that one. */
const SWAPPED: readonly KeyContext[] = [
  { purpose: "suite" },
  { purpose: "suite", key: "b" },
  { purpose: "suite", key: "A" },
  { purpose: "suite", key: "a", more: "" },
  { purpose: "a", key: "suite" },
  { purpose: "suitekey", key: "a" },
  { "purpose:suite": "a" },
]

/** The suite that every driver of root keys passes. @example describeRootKey("my HSM", { open: () => openMine(), other }) */
export function describeRootKey(what: string, { open, other }: RootKeySuiteOptions): void {
  describe(`a root key in ${what}`, () => {
    const opened: RootKey[] = []
    const keep = async (opening: Promise<RootKey>): Promise<RootKey> => {
      const root = await opening
      opened.push(root)
      return root
    }
    afterAll(async () => {
      await Promise.all(opened.map((root) => root.close()))
    })
    const refusal = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error)

    test.each([1, 16, 32, 64, 1_217, 2_400])("opens a key of %d bytes, also for another who opens it", async (size) => {
      const [here, there] = [await keep(open()), await keep(open())]
      const key = randomBytes(size)
      const wrapped = await here.wrap(key, context)
      expect(Buffer.from(wrapped).includes(key) && size > 8).toBe(false)
      expect(Buffer.from(await there.unwrap(wrapped, { key: "a", purpose: "suite" }))).toEqual(key)
      expect(here.id).toBe(there.id)
    })
    test("wraps alike never twice, and gives bytes that are the caller's own", async () => {
      const root = await keep(open())
      const key = randomBytes(32)
      const all = await Promise.all(Array.from({ length: 20 }, () => root.wrap(key, context)))
      expect(new Set(all.map((one) => Buffer.from(one).toString("hex"))).size).toBe(20)
      const first = await root.unwrap(all[0]!, context)
      first.fill(0)
      expect(Buffer.from(await root.unwrap(all[0]!, context))).toEqual(key)
    })
    test("opens nothing for another context", async () => {
      const root = await keep(open())
      const wrapped = await root.wrap(randomBytes(32), context)
      for (const swapped of SWAPPED)
        expect(await refusal(root.unwrap(wrapped, swapped))).toMatchObject({ code: "CRYPTO_UNWRAP_FAILED" })
      for (const none of [{}, { key: 7 }, { "a b": "c" }, { key: "\ud800" }, null] as never[])
        for (const said of await Promise.all(
          [root.wrap(randomBytes(32), none), root.unwrap(wrapped, none)].map(refusal),
        ))
          expect(said).toMatchObject({ code: "CRYPTO_CONTEXT_INVALID" })
    })
    test("opens nothing that was changed, cut, made longer, or wrapped by another", async () => {
      const [root, stranger] = [await keep(open()), await keep(other())]
      const wrapped = Uint8Array.from(await root.wrap(randomBytes(32), context))
      const changed = [0, 1, 12, 13, 20, wrapped.length >> 1, wrapped.length - 17, wrapped.length - 1].map((at) => {
        const copy = Uint8Array.from(wrapped)
        copy[at] = (copy[at] ?? 0) ^ 1
        return copy
      })
      const cut = [0, 1, 13, 16, wrapped.length - 1].map((length) => wrapped.slice(0, length))
      for (const bad of [...changed, ...cut, Buffer.concat([wrapped, Buffer.of(0)]), randomBytes(64)])
        expect(await refusal(root.unwrap(bad, context))).toMatchObject({ code: "CRYPTO_UNWRAP_FAILED" })
      expect(stranger.id).not.toBe(root.id)
      expect(await refusal(stranger.unwrap(wrapped, context))).toMatchObject({ code: "CRYPTO_UNWRAP_FAILED" })
    })
    test("shows itself nowhere", async () => {
      const root = await keep(open())
      expect(JSON.stringify(root)).not.toMatch(/[A-Za-z0-9+/]{43}/)
      expect(root.id).toMatch(/^[a-z0-9]+:[^\s]{1,256}$/)
    })
  })
}
