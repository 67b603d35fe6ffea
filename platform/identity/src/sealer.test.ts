import { expect, test } from "bun:test"
import { createHmac, randomBytes } from "node:crypto"
import { RootKey } from "./root-key.ts"
import { createSealer } from "./sealer.ts"
import { codeOf } from "./testing/install.ts"

const rootBytes = randomBytes(32)
const sealer = createSealer(new RootKey(rootBytes))
const plain = Buffer.from("the private key of something")

test("what is sealed opens with the same context, also by a sealer made anew from the same root", () => {
  for (const value of [plain, Buffer.alloc(0), randomBytes(100_000)]) {
    const sealed = sealer.seal(value, "thing:1")
    const again = createSealer(new RootKey(rootBytes))
    expect(Buffer.from(again.open(sealed, "thing:1")).equals(value)).toBe(true)
  }
})

test("sealing hides the value, and the same value twice looks different", () => {
  const a = Buffer.from(sealer.seal(plain, "thing:1"))
  const b = Buffer.from(sealer.seal(plain, "thing:1"))
  expect(a.includes(plain)).toBe(false)
  expect(a.equals(b)).toBe(false)
  expect(a.byteLength).toBe(plain.byteLength + 29)
})

const sealed = sealer.seal(plain, "thing:1")
test.each<[string, () => unknown]>([
  ["another context", () => sealer.open(sealed, "thing:2")],
  ["an empty context", () => sealer.open(sealed, "")],
  ["sealing without a context", () => sealer.seal(plain, "")],
  ["another root key", () => createSealer(new RootKey(randomBytes(32))).open(sealed, "thing:1")],
  ["a cut envelope", () => sealer.open(sealed.subarray(0, sealed.length - 1), "thing:1")],
  ["a lengthened envelope", () => sealer.open(Buffer.concat([sealed, Buffer.of(0)]), "thing:1")],
  ["an empty envelope", () => sealer.open(new Uint8Array(0), "thing:1")],
  ["an unknown version", () => sealer.open(Uint8Array.of(2, ...sealed.subarray(1)), "thing:1")],
])("%s is refused", async (_name, attempt) => {
  expect(await codeOf(attempt)).toBe("IDENTITY_SEAL_BROKEN")
})

test("a single flipped bit anywhere is refused", async () => {
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const changed = sealed.slice()
    changed[bit >> 3]! ^= 1 << (bit & 7)
    expect(await codeOf(() => sealer.open(changed, "thing:1"))).toBe("IDENTITY_SEAL_BROKEN")
  }
})

test("keys of two purposes are unrelated, and none is the root", () => {
  const keys = ["a", "b", "seal/a"].map((purpose) => Buffer.from(sealer.deriveKey(purpose)).toString("hex"))
  expect(new Set([...keys, rootBytes.toString("hex")]).size).toBe(4)
})

test("derivation is HKDF with SHA-256 as RFC 5869 has it", () => {
  const root = Buffer.alloc(32, 7)
  // Extract with an empty salt, then one block of expand, written out.
  const extracted = createHmac("sha256", Buffer.alloc(32)).update(root).digest()
  const block = createHmac("sha256", extracted).update("ashlar/1/purpose").update(Buffer.of(1)).digest()
  expect(Buffer.from(new RootKey(root).derive("purpose")).equals(block)).toBe(true)
})
