import { describe, expect, test } from "bun:test"
import { createHash, createHmac } from "node:crypto"
import { createMac, plainMac } from "./mac.ts"
import { sha256 } from "./sha256.ts"

const bytes = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => (at * 31 + seed * 17 + ((at * seed) >> 3)) & 0xff)
const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "hex"))

describe("SHA-256", () => {
  test("is the standard's for every length around its blocks", () => {
    for (let length = 0; length < 300; length++) {
      const data = bytes(length, length + 1)
      expect(Buffer.from(sha256(data)).toString("hex")).toBe(createHash("sha256").update(data).digest("hex"))
    }
  })
})

/** @see https://www.rfc-editor.org/rfc/rfc4231#section-4 */
const VECTORS: [string, Uint8Array, string, string][] = [
  ["1", hex("0b".repeat(20)), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"],
  [
    "2",
    new TextEncoder().encode("Jefe"),
    "what do ya want for nothing?",
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  ],
  [
    "6",
    hex("aa".repeat(131)),
    "Test Using Larger Than Block-Size Key - Hash Key First",
    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
  ],
]

describe.each([
  ["without help of a runtime", plainMac],
  ["as this runtime makes it", createMac],
])("HMAC-SHA256 %s", (_name, make) => {
  test.each(VECTORS)("gives vector %s of RFC 4231", (_vector, key, text, expected) => {
    expect(make(key)(text)).toBe(Buffer.from(expected, "hex").toString("base64url"))
  })
  test("is the standard's for keys and texts of all lengths", () => {
    for (let length = 0; length < 150; length++) {
      const key = bytes(length, 3)
      const text = `é${"x".repeat(length)}`
      expect(make(key)(text)).toBe(createHmac("sha256", key).update(text).digest("base64url"))
    }
  })
})
