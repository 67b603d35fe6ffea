import { secp256k1 } from "@noble/curves/secp256k1.js"
import { keccak_256 } from "@noble/hashes/sha3.js"
import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js"
import { checksumAddress } from "./address.ts"

/** What a wallet signs of a text (`personal_sign`). @see https://eips.ethereum.org/EIPS/eip-191 */
export function personalHash(text: string): Uint8Array {
  const bytes = utf8ToBytes(text)
  return keccak_256(new Uint8Array([...utf8ToBytes(`\x19Ethereum Signed Message:\n${bytes.length}`), ...bytes]))
}

/**
 * The address whose key signed a hash; undefined where nobody's did. Each signature has one form: 65 bytes, the lower `s`, `v` of 27 or
 * 28 (or 0 or 1, as some wallets write it).
 */
export function signerOf(hash: Uint8Array, signature: string): string | undefined {
  if (!/^0x[0-9a-fA-F]{130}$/.test(signature)) return undefined
  const bytes = hexToBytes(signature.slice(2))
  const v = bytes[64]!
  const recovery = v >= 27 ? v - 27 : v
  if (recovery !== 0 && recovery !== 1) return undefined
  try {
    const parsed = secp256k1.Signature.fromBytes(bytes.subarray(0, 64), "compact")
    if (parsed.hasHighS()) return undefined
    const point = parsed.addRecoveryBit(recovery).recoverPublicKey(hash)
    return checksumAddress(`0x${bytesToHex(keccak_256(point.toBytes(false).subarray(1)).subarray(12))}`)
  } catch {
    return undefined
  }
}
