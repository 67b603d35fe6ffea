import { randomBytes, timingSafeEqual } from "node:crypto"

/**
 * A secret as another text each time: a page that is compressed together with what an attacker chose would tell it letter by letter
 * otherwise.
 * @see https://www.breachattack.com
 */
export function mask(secret: Uint8Array): string {
  const pad = randomBytes(secret.length)
  return Buffer.concat([pad, xor(secret, pad)]).toString("base64url")
}

/** Whether a text is a masked form of the secret. Takes as long, however much of it is right. */
export function isMasked(text: string, secret: Uint8Array): boolean {
  const bytes = Buffer.from(text, "base64url")
  if (bytes.length !== 2 * secret.length) return false
  return timingSafeEqual(xor(bytes.subarray(secret.length), bytes.subarray(0, secret.length)), secret)
}

function xor(left: Uint8Array, right: Uint8Array): Uint8Array {
  return left.map((byte, at) => byte ^ right[at]!)
}
