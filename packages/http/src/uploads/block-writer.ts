/** Large enough that what a write costs beside the copying is little; two of them are held for each file under way. */
const BLOCK_BYTES = 256 * 1024
/** The first block is smaller, for the many files that never fill it. */
const FIRST_BLOCK_BYTES = 32 * 1024

/**
 * Gathers chunks into blocks, and writes one block while the next one fills: a chunk at a time, each chunk would wait for
 * the disk by itself, which costs a turn of the event loop even when the disk is quick.
 */
export class BlockWriter {
  readonly #write: (block: Uint8Array) => Promise<void>
  #block: Uint8Array = new Uint8Array(FIRST_BLOCK_BYTES)
  #used = 0
  /** The block that was written before, to be filled next. */
  #spare: Uint8Array | undefined
  #pending: Promise<void> | undefined

  constructor(write: (block: Uint8Array) => Promise<void>) {
    this.#write = write
  }

  /** The chunk is written or copied when this resolves. Rejects with what went wrong with this write or the one before. */
  async take(chunk: Uint8Array): Promise<void> {
    if (chunk.length >= BLOCK_BYTES) {
      await this.flush()
      return this.#write(chunk)
    }
    for (let at = 0; at < chunk.length; ) {
      if (this.#used === this.#block.length) await this.#rotate()
      const part = chunk.subarray(at, at + this.#block.length - this.#used)
      this.#block.set(part, this.#used)
      this.#used += part.length
      at += part.length
    }
  }

  /** Everything taken is written when this resolves. */
  async flush(): Promise<void> {
    await this.#settle()
    if (this.#used === 0) return
    const block = this.#block.subarray(0, this.#used)
    this.#used = 0
    await this.#write(block)
  }

  /** Resolves when no write is under way any more, however it ended. */
  async idle(): Promise<void> {
    await this.#settle().catch(() => undefined)
  }

  async #rotate(): Promise<void> {
    await this.#settle()
    const full = this.#block
    this.#pending = this.#write(full)
    this.#pending.catch(() => undefined) // whoever comes next awaits it, and is told
    this.#block = this.#spare ?? new Uint8Array(BLOCK_BYTES)
    this.#spare = full.length === BLOCK_BYTES ? full : undefined
    this.#used = 0
  }

  async #settle(): Promise<void> {
    const pending = this.#pending
    this.#pending = undefined
    await pending
  }
}
