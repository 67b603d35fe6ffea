import { CookieKeysInvalid } from "../errors.ts"
import { createMac, type Mac } from "./mac.ts"

/** The characters of a signature: SHA-256 in base64url. */
const SIGNATURE_LENGTH = 43
const MIN_KEY_BYTES = 32
/** Each is tried on a forged cookie, so there cannot be many. */
const MAX_KEYS = 8

/** What a signed cookie says, and whether an old key said it. */
export interface Signed {
  readonly value: string
  readonly isOld: boolean
}

/** The keys of signed cookies, the newest first: it signs, and all verify. */
export class CookieKeys {
  readonly #macs: readonly Mac[]

  /** @throws {HTTP_COOKIE_KEYS_INVALID} */
  constructor(keys: readonly (string | Uint8Array)[]) {
    if (keys.length === 0 || keys.length > MAX_KEYS)
      throw new CookieKeysInvalid(`Expected 1 to ${MAX_KEYS} cookie keys, got ${keys.length}`)
    this.#macs = keys.map((key, index) => {
      const bytes = typeof key === "string" ? new TextEncoder().encode(key) : key
      if (bytes.length >= MIN_KEY_BYTES) return createMac(bytes)
      throw new CookieKeysInvalid(
        `Expected cookie keys of ${MIN_KEY_BYTES} bytes or more, key ${index + 1} has ${bytes.length}`,
      )
    })
  }

  /** The value with its signature. The name is signed too: no cookie's value passes for another's. */
  sign(name: string, value: string): string {
    return `${value}.${this.#macs[0]!(`${name}=${value}`)}`
  }

  /** The value without its signature, or undefined when no key made that. */
  verify(name: string, signed: string): Signed | undefined {
    const dot = signed.length - SIGNATURE_LENGTH - 1
    if (dot < 0 || signed[dot] !== ".") return undefined
    const value = signed.slice(0, dot)
    const text = `${name}=${value}`
    for (const [index, mac] of this.#macs.entries())
      if (isSame(mac(text), signed, dot + 1)) return { value, isOld: index > 0 }
    return undefined
  }
}

/** Compares in a time that does not tell how much was right. */
function isSame(signature: string, text: string, from: number): boolean {
  let difference = 0
  for (let at = 0; at < SIGNATURE_LENGTH; at++) difference |= signature.charCodeAt(at) ^ text.charCodeAt(from + at)
  return difference === 0
}
