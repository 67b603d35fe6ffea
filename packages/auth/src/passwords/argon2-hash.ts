import { type Argon2Type, argon2 } from "./argon2.ts"
import { equalBytes, fromBase64 } from "./bytes.ts"

/** A hash as the password hashing competition writes it: `$argon2id$v=19$m=19456,t=2,p=1$salt$tag`. */
export interface Argon2Hash {
  readonly type: Argon2Type
  readonly memoryKib: number
  readonly passes: number
  readonly lanes: number
  readonly salt: Uint8Array
  readonly tag: Uint8Array
}

const FORM =
  /^\$(argon2id|argon2i|argon2d)\$v=19\$m=(\d{1,8}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})$/

/** What a kept hash may ask for: one that was planted must not take the machine down. */
const MAX_MEMORY_KIB = 1_048_576
const MAX_WORK = 32 * 262_144

/** @returns nothing for another text, or one that asks for more than 1 GiB or 32 passes over 256 MiB. */
export function parseArgon2Hash(text: string): Argon2Hash | undefined {
  const found = FORM.exec(text)
  if (found === null) return undefined
  const [memoryKib, passes, lanes] = [Number(found[2]), Number(found[3]), Number(found[4])]
  const [salt, tag] = [fromBase64(found[5]!), fromBase64(found[6]!)]
  const isSane =
    lanes >= 1 && passes >= 1 && memoryKib >= 8 * lanes && memoryKib <= MAX_MEMORY_KIB && memoryKib * passes <= MAX_WORK
  return isSane ? { type: found[1] as Argon2Type, memoryKib, passes, lanes, salt, tag } : undefined
}

export function formatArgon2Hash({ type, memoryKib, passes, lanes, salt, tag }: Argon2Hash): string {
  const [saltText, tagText] = [salt, tag].map((bytes) => Buffer.from(bytes).toString("base64").replace(/=+$/, ""))
  return `$${type}$v=19$m=${memoryKib},t=${passes},p=${lanes}$${saltText}$${tagText}`
}

export async function matchesArgon2(message: Uint8Array, { tag, ...hash }: Argon2Hash): Promise<boolean> {
  return equalBytes(await argon2({ ...hash, message, tagBytes: tag.length }), tag)
}
