import { timingSafeEqual } from "node:crypto"

/** Without telling by its time where they differ. Lengths are no secret. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
export function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "base64"))
}
export function toBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
