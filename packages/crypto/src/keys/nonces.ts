import { randomFillSync } from "node:crypto"

export const NONCE_BYTES = 12
const COUNTER_LIMIT = 2 ** 32

/**
 * Nonces for one data key: 64 random bits, and 32 that count. The counter alone keeps them apart in this process; the random bits, drawn
 * for each, do where its memory lives twice, such as in a copied virtual machine. `docs/decisions` says why.
 *
 * @see NIST SP 800-38D, section 8.2
 */
export class Nonces {
  #counter = 0

  /** How many are left. */
  get left(): number {
    return COUNTER_LIMIT - this.#counter
  }

  /** A nonce that this never gave, or undefined when there is none left. */
  next(): Buffer | undefined {
    if (this.#counter >= COUNTER_LIMIT) return undefined
    const nonce = Buffer.allocUnsafe(NONCE_BYTES)
    randomFillSync(nonce, 0, 8)
    nonce.writeUInt32BE(this.#counter++, 8)
    return nonce
  }
}
