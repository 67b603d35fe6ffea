import { withDeadline } from "@ashlar/core"
import { bytesToHex } from "@noble/hashes/utils.js"
import { EthereumSignInInvalid } from "../errors.ts"

/**
 * Asks a node (`eth_call`, at the latest block), and gives the hexadecimal answer. A call that reverts may give `0x`, or throw.
 * @example (call) => provider.request({ method: "eth_call", params: [{ to: call.to, data: call.data }, "latest"] })
 */
export type EthereumCall = (call: {
  readonly chainId: number
  readonly to: string
  readonly data: string
}) => Promise<string>

const SELECTOR = "1626ba7e"
const ACCEPTED = `0x${SELECTOR}${"0".repeat(56)}`
const MAX_SIGNATURE = 8_192
const TIMEOUT_MS = 10_000

/** Whether a contract says that a signature is its own. @see https://eips.ethereum.org/EIPS/eip-1271 */
export async function isContractSignature(
  call: EthereumCall,
  signed: { readonly chainId: number; readonly address: string; readonly hash: Uint8Array; readonly signature: string },
): Promise<boolean> {
  const digits = signed.signature.slice(2)
  if (!/^0x(?:[0-9a-fA-F]{2})+$/.test(signed.signature) || digits.length > MAX_SIGNATURE) return false
  const length = digits.length / 2
  const word = (value: number): string => value.toString(16).padStart(64, "0")
  const padded = digits.toLowerCase().padEnd(Math.ceil(length / 32) * 64, "0")
  const data = `0x${SELECTOR}${bytesToHex(signed.hash)}${word(64)}${word(length)}${padded}`
  const answer = await withDeadline(
    async () => await call({ chainId: signed.chainId, to: signed.address, data }).catch(() => "0x"),
    TIMEOUT_MS,
    () => new EthereumSignInInvalid("The chain did not answer in time.", { details: { reason: "signature" } }),
  )
  return typeof answer === "string" && answer.toLowerCase() === ACCEPTED
}
