import { randomBytes } from "node:crypto"

/**
 * A key as its holder writes it: `prefix_` and 43 characters of 256 random bits, then 6 of a checksum over all before. The prefix and the
 * checksum let scanners of source code find keys, and let a mistyped one be refused without a look into the store.
 */
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
const SECRET_LENGTH = 43
const CHECK_LENGTH = 6

export function newKeyText(prefix: string): string {
  const start = `${prefix}_${toDigits(BigInt(`0x${randomBytes(32).toString("hex")}`), SECRET_LENGTH)}`
  return start + checksum(start)
}

/** Whether a text has the form of a key of this prefix, and a checksum that is right. */
export function isKeyText(text: string, prefix: string): boolean {
  if (text.length !== prefix.length + 1 + SECRET_LENGTH + CHECK_LENGTH || !text.startsWith(`${prefix}_`)) return false
  if (!/^[0-9A-Za-z]+$/.test(text.slice(prefix.length + 1))) return false
  return checksum(text.slice(0, -CHECK_LENGTH)) === text.slice(-CHECK_LENGTH)
}

function checksum(text: string): string {
  return toDigits(BigInt(crc32(text)), CHECK_LENGTH)
}

function toDigits(value: bigint, length: number): string {
  let text = ""
  for (let rest = value; text.length < length; rest /= 62n) text = DIGITS[Number(rest % 62n)]! + text
  return text
}

/** @see ISO/IEC 3309, as zip has it */
function crc32(text: string): number {
  let crc = 0xff_ff_ff_ff
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xed_b8_83_20 : crc >>> 1
  }
  return (crc ^ 0xff_ff_ff_ff) >>> 0
}
