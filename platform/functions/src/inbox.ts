import type { AshlarError } from "@ashlar/core"
import { PayloadLimit, ProtocolError } from "./errors.ts"

/** How many bytes of one body may be on their way, sent and not yet read. */
export const windowBytes: number = 256 * 1024

/**
 * The body that the peer sends. What arrives waits here until it is read; reading it gives the peer credit for more, so
 * a slow reader slows the sender down and never fills the memory.
 */
export class Inbox {
  readonly #credit: (bytes: number) => void
  #chunks: Uint8Array[] = []
  #waitingBytes = 0
  #readBytes = 0
  #arrivedBytes = 0
  #ended = false
  #error: AshlarError | undefined
  #wake: (() => void) | undefined

  /** @param credit Tells the peer that it may send so many bytes more. */
  constructor(credit: (bytes: number) => void) {
    this.#credit = credit
  }

  /**
   * Takes what arrived. The bytes are copied: they are a view into a buffer that the next frames overwrite.
   *
   * @throws {FUNCTIONS_PROTOCOL_ERROR} when the peer sends beyond its credit, after its end, or nothing.
   */
  push(chunk: Uint8Array, end: boolean): void {
    if (this.#ended) throw new ProtocolError("Got a body after its end.")
    if (chunk.length === 0 && !end) throw new ProtocolError("Got an empty piece of a body.")
    this.#waitingBytes += chunk.length
    this.#arrivedBytes += chunk.length
    if (this.#waitingBytes + this.#readBytes > windowBytes) throw new ProtocolError("Got a body beyond its credit.")
    if (chunk.length > 0 && !this.#error) this.#chunks.push(new Uint8Array(chunk))
    this.#ended = end
    this.#notify()
  }

  /** Ends the body for its reader with an error, unless all of it has arrived. What was not read is forgotten. */
  fail(error: AshlarError): void {
    if (this.#ended) return
    this.#error ??= error
    this.#chunks = []
    this.#notify()
  }

  /**
   * The next piece, or `undefined` after the last. One reader at a time.
   *
   * @throws whatever the body failed with.
   */
  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      if (this.#error) throw this.#error
      const chunk = this.#chunks.shift()
      if (chunk) {
        this.#account(chunk.length)
        return chunk
      }
      if (this.#ended) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /**
   * Everything, as one piece.
   *
   * @throws {FUNCTIONS_PAYLOAD_LIMIT} when there are more than `limitBytes`.
   */
  async collect(limitBytes: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = []
    let size = 0
    for (let chunk = await this.read(); chunk; chunk = await this.read()) {
      size += chunk.length
      if (size > limitBytes)
        throw new PayloadLimit(`Expected at most ${limitBytes} bytes in one message, got more. Ask for less at a time.`)
      chunks.push(chunk)
    }
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)
  }

  /** The body as a stream that reads on demand. */
  stream(onCancel: () => void): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        pull: async (controller) => {
          const chunk = await this.read()
          if (chunk) controller.enqueue(chunk as Uint8Array<ArrayBuffer>)
          else controller.close()
        },
        cancel: onCancel,
      },
      { highWaterMark: 0 },
    )
  }

  /** How much has arrived, read or not. */
  get arrivedBytes(): number {
    return this.#arrivedBytes
  }

  /** The whole body has arrived. */
  get complete(): boolean {
    return this.#ended
  }

  #account(bytes: number): void {
    this.#waitingBytes -= bytes
    this.#readBytes += bytes
    if (this.#ended || this.#readBytes < windowBytes / 2) return
    const credit = this.#readBytes
    this.#readBytes = 0
    this.#credit(credit)
  }

  #notify(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}
