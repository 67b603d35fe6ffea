import { createHash } from "node:crypto"
import { AuthSetupInvalid } from "../errors.ts"
import type { BreachList } from "./breach-list.ts"

export interface BreachFilterOptions {
  /** How many passwords there will be at most: 1 to 2,000,000,000. */
  readonly capacity: number
  /** How often one that did not leak is said to have: 0.000001 to 0.1. Default: 0.001, for 1.8 bytes each. */
  readonly falsePositives?: number
}

const MAGIC = "ABF1"
const HEADER_BYTES = 8
const MAX_CAPACITY = 2_000_000_000

/**
 * Makes a Bloom filter of leaked passwords, to be kept in a file and asked without a network by {@link breachFilter}.
 *
 * @param hashes SHA-1 of each in 40 hexadecimal digits; what follows behind a `:` is left out, so that lines of the downloaded list do.
 * @throws {AUTH_SETUP_INVALID}
 * @example
 * writeFileSync("breaches.abf", await makeBreachFilter(linesOf("pwned-passwords-sha1.txt"), { capacity: 10_000_000 }))
 */
export async function makeBreachFilter(
  hashes: Iterable<string> | AsyncIterable<string>,
  { capacity, falsePositives = 0.001 }: BreachFilterOptions,
): Promise<Uint8Array> {
  if (!(Number.isInteger(capacity) && capacity >= 1 && capacity <= MAX_CAPACITY))
    throw new AuthSetupInvalid(`Expected \`capacity\` to be 1 to ${MAX_CAPACITY}.`)
  if (!(falsePositives >= 1e-6 && falsePositives <= 0.1))
    throw new AuthSetupInvalid("Expected `falsePositives` to be 0.000001 to 0.1.")
  const bits = Math.ceil((-capacity * Math.log(falsePositives)) / Math.LN2 ** 2 / 8) * 8
  const probes = Math.max(1, Math.round((bits / capacity) * Math.LN2))
  const bytes = new Uint8Array(HEADER_BYTES + bits / 8)
  bytes.set(new TextEncoder().encode(MAGIC))
  bytes[4] = probes
  let count = 0
  for await (const line of hashes) {
    const hash = /^[0-9a-f]{40}(?=:|\s|$)/i.exec(line.trim())?.[0]
    if (hash === undefined) throw new AuthSetupInvalid("Expected lines of 40 hexadecimal digits, as SHA-1 has them.")
    if (++count > capacity) throw new AuthSetupInvalid(`Expected at most ${capacity} hashes: raise \`capacity\`.`)
    for (const bit of bitsOf(Buffer.from(hash, "hex"), probes, bits))
      bytes[HEADER_BYTES + Math.floor(bit / 8)]! |= 1 << (bit % 8)
  }
  return bytes
}

/**
 * A list of leaked passwords out of a file that {@link makeBreachFilter} made. Every one that leaked is found, and now and then one that
 * did not.
 * @throws {AUTH_SETUP_INVALID}
 */
export function breachFilter(bytes: Uint8Array): BreachList {
  const probes = bytes[4] ?? 0
  const isOurs =
    bytes.length > HEADER_BYTES &&
    new TextDecoder().decode(bytes.subarray(0, 4)) === MAGIC &&
    probes >= 1 &&
    probes <= 32
  if (!isOurs) throw new AuthSetupInvalid("Expected a file that makeBreachFilter made.")
  const bits = (bytes.length - HEADER_BYTES) * 8
  return {
    async has(password) {
      const hash = createHash("sha1").update(password).digest()
      return bitsOf(hash, probes, bits).every(
        (bit) => (bytes[HEADER_BYTES + Math.floor(bit / 8)]! & (1 << (bit % 8))) !== 0,
      )
    },
  }
}

/** Two parts of the hash make all probes (Kirsch and Mitzenmacher, "Less hashing, same performance", 2006). */
function bitsOf(hash: Buffer, probes: number, bits: number): number[] {
  const [first, second] = [hash.readUIntBE(0, 6), hash.readUIntBE(6, 5) * 2 + 1]
  return Array.from({ length: probes }, (_, at) => (first + at * second) % bits)
}
