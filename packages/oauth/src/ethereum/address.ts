import { keccak_256 } from "@noble/hashes/sha3.js"
import { bytesToHex } from "@noble/hashes/utils.js"

/** An address with the checksum in its capitals. @see https://eips.ethereum.org/EIPS/eip-55 */
export function checksumAddress(address: string): string {
  const digits = address.slice(2).toLowerCase()
  const hash = bytesToHex(keccak_256(new TextEncoder().encode(digits)))
  return `0x${digits.replace(/[a-f]/g, (digit, at: number) => (hash[at]! >= "8" ? digit.toUpperCase() : digit))}`
}

/** Whether a text is an address, written with its checksum. */
export function isChecksumAddress(text: string): boolean {
  return /^0x[0-9a-fA-F]{40}$/.test(text) && checksumAddress(text) === text
}
