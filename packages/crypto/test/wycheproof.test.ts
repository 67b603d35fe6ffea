import { describe, expect, test } from "bun:test"
import { createCipheriv, createPublicKey } from "node:crypto"
import { isSame, macWith, verifyWith } from "../src/keys/algorithms.ts"
import { openMessage, sealMessage, unwrapDataKey, WRAPPED_BYTES } from "../src/keys/envelope.ts"
import type { MacAlgorithm, SignatureAlgorithm } from "../src/keys/key.ts"
import data from "./wycheproof.json" with { type: "json" }

/** Project Wycheproof's vectors, against what is wrapped here: `wycheproof.json` says where they are from, and their licence. */
const hex = (text: string): Buffer<ArrayBuffer> => Buffer.from(text, "hex")
const { vectors } = data
const HEAD = Buffer.alloc(WRAPPED_BYTES)

test("they are there, with where they are from and their licence", () => {
  expect(data.source).toStartWith("https://github.com/C2SP/wycheproof/tree/")
  expect([data.licence, Object.keys(vectors).length]).toEqual(["Apache-2.0", 9])
})

describe("AES-256-GCM", () => {
  test.each(vectors["AES-256-GCM"])("vector $tcId is $result", ({ key, iv, aad, msg, ct, tag, result }) => {
    // The whole head is authenticated before the context, so vectors run where there is none: on the cipher itself.
    const cipher = createCipheriv("aes-256-gcm", hex(key), hex(iv), { authTagLength: 16 }).setAAD(hex(aad))
    const text = Buffer.concat([cipher.update(hex(msg)), cipher.final()])
    const isRight = text.equals(hex(ct)) && cipher.getAuthTag().equals(hex(tag))
    expect(isRight).toBe(result === "valid")
    // And what is made here opens here, with the same key, nonce and text.
    const message = { wrapped: HEAD, nonce: hex(iv), plain: hex(msg), context: hex(aad) }
    const sealed = sealMessage(hex(key), message)
    expect(openMessage(hex(key), sealed, hex(aad))).toEqual(hex(msg))
    expect(() => openMessage(hex(key), sealed, Buffer.concat([hex(aad), Buffer.of(0)]))).toThrow()
    expect(() => unwrapDataKey(hex(key), sealed.subarray(0, WRAPPED_BYTES), hex(aad))).toThrow()
  })
})

const KINDS: Readonly<Record<SignatureAlgorithm, RsaHashedImportParams | EcKeyImportParams | { name: "Ed25519" }>> = {
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  PS256: { name: "RSA-PSS", hash: "SHA-256" },
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  ES384: { name: "ECDSA", namedCurve: "P-384" },
  EdDSA: { name: "Ed25519" },
}
for (const algorithm of ["RS256", "PS256", "ES256", "ES384", "EdDSA"] as const)
  describe(algorithm, () => {
    for (const { spki, tests } of vectors[algorithm])
      test.each(tests)("vector $tcId is $result", async ({ msg, sig, result }) => {
        createPublicKey({ key: hex(spki), format: "der", type: "spki" })
        const key = await crypto.subtle.importKey("spki", hex(spki), KINDS[algorithm], true, ["verify"])
        const isRight = await verifyWith(algorithm, key, { data: hex(msg), signature: hex(sig) })
        // What is acceptable may be taken or not: a lenient encoding of a right signature.
        if (result !== "acceptable") expect(isRight).toBe(result === "valid")
      })
  })

for (const algorithm of ["HS256", "HS384", "HS512"] as const satisfies readonly MacAlgorithm[])
  describe(algorithm, () => {
    test.each(vectors[algorithm])("vector $tcId is $result", ({ key, msg, tag, result }) => {
      expect(isSame(macWith(algorithm, hex(key), hex(msg)), hex(tag))).toBe(result === "valid")
    })
  })
