import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import type { KeyKind } from "./access.ts"

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
/** 96 bits: no two keys meet by chance. */
const ID_BYTES = 12
/** 256 bits: nobody guesses one, so a plain hash keeps it. */
const SECRET_BYTES = 32
const HINT_CHARACTERS = 4
const KEY = /^ak_(publishable|secret)_([0-9A-Za-z]{17})_([0-9A-Za-z]{43})$/

/** A key as its holder sends it: `ak_<kind>_<id>_<secret>`. */
export interface KeyParts {
  readonly kind: KeyKind
  readonly id: string
  readonly secretHash: Uint8Array
}

/** A key at the only moment when its text exists. */
export interface FreshKey {
  readonly id: string
  readonly text: string
  /** The last four characters, by which people tell their keys apart. */
  readonly hint: string
  readonly secretHash: Uint8Array
}

/** The id comes before the kind is known, as a rotation learns the kind in its transaction; so the text is made last. */
export function createKey(): Omit<FreshKey, "text"> & { textOf(kind: KeyKind): string } {
  const id = toBase62(randomBytes(ID_BYTES))
  const secret = toBase62(randomBytes(SECRET_BYTES))
  return {
    id,
    hint: secret.slice(-HINT_CHARACTERS),
    secretHash: hash(secret),
    textOf: (kind) => `ak_${kind}_${id}_${secret}`,
  }
}

/** Undefined for whatever has not the form of a key. */
export function parseKey(text: string): KeyParts | undefined {
  const match = KEY.exec(text)
  return match ? { kind: match[1] as KeyKind, id: match[2]!, secretHash: hash(match[3]!) } : undefined
}

export function isSameHash(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && timingSafeEqual(a, b)
}

function hash(secret: string): Uint8Array {
  return new Uint8Array(createHash("sha256").update(secret).digest())
}

/** Letters and digits only, so that a double click selects the whole key. As long for every value of one length. */
function toBase62(bytes: Uint8Array): string {
  const length = Math.ceil((bytes.byteLength * 8) / Math.log2(DIGITS.length))
  let rest = BigInt(`0x${Buffer.from(bytes).toString("hex")}`)
  let text = ""
  for (let place = 0; place < length; place++) {
    text = DIGITS[Number(rest % 62n)]! + text
    rest /= 62n
  }
  return text
}
