const PAGE_BYTES = 65536

/** A part of the memory that nothing ever writes: it stays zero, and is neither copied nor cleared. */
export interface Ballast {
  readonly start: number
  readonly end: number
}

/**
 * A copy of a WebAssembly memory, and the way back to it.
 *
 * The module wants 16 MiB to begin with and uses six. The free rest is given away once, as ballast: what the guest then
 * needs beyond its share lies behind the ballast, in memory that was grown. So a call that grew nothing is undone by
 * copying its share back, and the clearing costs nothing.
 */
export class MemoryImage {
  readonly #memory: WebAssembly.Memory
  readonly #ballast: Ballast
  #low: Uint8Array
  #high = new Uint8Array(0)

  constructor(memory: WebAssembly.Memory, ballast: Ballast) {
    this.#memory = memory
    this.#ballast = ballast
    this.#low = new Uint8Array(ballast.start)
  }

  /** Copies the memory as it is now. */
  keep(): void {
    const bytes = new Uint8Array(this.#memory.buffer)
    this.#low.set(bytes.subarray(0, this.#ballast.start))
    this.#high = bytes.slice(this.#ballast.end, usedEnd(bytes, this.#ballast.end))
  }

  /** Puts the memory back. What was grown since stays, cleared. */
  restore(): void {
    const bytes = new Uint8Array(this.#memory.buffer)
    bytes.set(this.#low)
    bytes.set(this.#high, this.#ballast.end)
    bytes.fill(0, this.#ballast.end + this.#high.length)
  }
}

/** Where the zeros at the end begin, to within a page. */
function usedEnd(bytes: Uint8Array, from: number): number {
  const zeros = Buffer.alloc(PAGE_BYTES)
  let end = bytes.length
  while (end - PAGE_BYTES >= from && zeros.equals(bytes.subarray(end - PAGE_BYTES, end))) end -= PAGE_BYTES
  return end
}
