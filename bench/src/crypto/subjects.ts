import { createCipheriv, createDecipheriv, generateKeyPairSync, randomBytes, sign } from "node:crypto"
import { openKeys } from "@ashlar/crypto"
import { openRootKey } from "@ashlar/crypto/root-keys"
import type { Cases, Operation } from "../measure-cases.ts"

/** By case, then by subject. `raw` is `node:crypto` alone: one key, a random nonce, the same AAD. */
export interface CryptoSubjects {
  readonly cases: Cases
  close(): Promise<void>
}

const VARIABLE = "ASHLAR_BENCH_ROOT_KEY"
const context = { table: "users", row: "7", column: "iban" }
const aad = Buffer.from(JSON.stringify(context))

export async function openCryptoSubjects(): Promise<CryptoSubjects> {
  process.env[VARIABLE] = randomBytes(32).toString("base64")
  const root = await openRootKey(`env:${VARIABLE}?forget=true`)
  const keys = await openKeys({ root, store: "memory:" })
  await keys.create({ name: "aes" })
  await keys.create({ name: "ed25519", algorithm: "EdDSA" })
  const key = randomBytes(32)
  const { privateKey } = generateKeyPairSync("ed25519")
  const text = randomBytes(256)
  const ownKey = seal(key, randomBytes(32))
  const wrapped = await keys.generateWrappedDataKey("aes", context)
  const cases: Record<string, Record<string, Operation>> = {}
  for (const [name, plain] of [
    ["256 B", text],
    ["16 KB", randomBytes(16_384)],
  ] as const) {
    const sealed = await keys.encrypt("aes", plain, context)
    const own = seal(key, plain)
    cases[`encrypt ${name}`] = {
      ashlar: () => keys.encrypt("aes", plain, context),
      raw: async () => seal(key, plain),
    }
    // Its data key was opened before, as that of anything read within five minutes.
    cases[`decrypt ${name}`] = {
      ashlar: () => keys.decrypt("aes", sealed, context),
      raw: async () => open(key, own),
    }
  }
  cases["open a data key"] = {
    ashlar: () => keys.openDataKey("aes", wrapped, context),
    raw: async () => open(key, ownKey),
  }
  cases["sign EdDSA"] = {
    ashlar: () => keys.sign("ed25519", text),
    raw: async () => sign(null, text, privateKey),
  }
  return { cases, close: () => keys.close() }
}

function seal(key: Uint8Array, plain: Uint8Array): Buffer {
  const nonce = randomBytes(12)
  const cipher = createCipheriv("aes-256-gcm", key, nonce)
  cipher.setAAD(aad)
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

function open(key: Uint8Array, sealed: Buffer): Buffer {
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, 12))
  decipher.setAAD(aad)
  decipher.setAuthTag(sealed.subarray(-16))
  return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()])
}
