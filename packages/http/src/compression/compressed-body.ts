import type { Transform } from "node:stream"
import type { Source } from "../reply/source.ts"

const DONE = { done: true, value: undefined } as const

/**
 * A body that is compressed piece by piece: what one piece becomes is passed on before the next is asked for. It is no
 * generator, because a generator cannot return while its source waits.
 */
export class CompressedBody implements AsyncIterableIterator<Uint8Array> {
  readonly #openSource: () => Source
  readonly #openTransform: () => Transform
  #source: Source | undefined
  #transform: Transform | undefined
  #out: Uint8Array[]
  #isOver: boolean
  #isStopped: boolean

  /** Both are opened when the first piece is asked for. */
  constructor(openSource: () => Source, openTransform: () => Transform) {
    this.#openSource = openSource
    this.#openTransform = openTransform
    this.#source = undefined
    this.#transform = undefined
    this.#out = []
    this.#isOver = false
    this.#isStopped = false
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#isOver) return DONE
    this.#source ??= this.#openSource()
    this.#transform ??= this.#open()
    try {
      return await this.#read(this.#source, this.#transform)
    } catch (error) {
      if (this.#isStopped) return DONE // what broke off was broken off by the caller
      this.#stop()
      throw error
    }
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    if (!this.#isOver) this.#stop()
    return DONE
  }

  async #read(source: Source, transform: Transform): Promise<IteratorResult<Uint8Array>> {
    for (;;) {
      const { done, value } = await source.next()
      if (this.#isOver) return DONE
      if (done) {
        await finish(transform)
        this.#isOver = true
        return this.#out.length === 0 ? DONE : { done: false, value: this.#take() }
      }
      if (value === undefined || value.length === 0) continue
      await write(transform, value)
      if (this.#out.length > 0) return { done: false, value: this.#take() }
    }
  }
  #open(): Transform {
    const transform = this.#openTransform()
    transform.on("data", (bytes: Uint8Array) => this.#out.push(bytes))
    transform.on("error", () => undefined) // the write that caused it rejects
    return transform
  }
  #take(): Uint8Array {
    const pieces = this.#out
    this.#out = []
    if (pieces.length === 1) return pieces[0]!
    const whole = new Uint8Array(pieces.reduce((size, piece) => size + piece.byteLength, 0))
    let at = 0
    for (const piece of pieces) {
      whole.set(piece, at)
      at += piece.byteLength
    }
    return whole
  }
  #stop(): void {
    this.#isOver = true
    this.#isStopped = true
    const source = this.#source ?? this.#openSource()
    source.stop()
    this.#transform?.destroy()
  }
}

/** Until the transform has taken the piece, and given out what became of it. */
function write(transform: Transform, piece: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    transform.write(piece, (error) => (error ? reject(error) : setImmediate(resolve)))
  })
}

function finish(transform: Transform): Promise<void> {
  return new Promise((resolve, reject) => {
    transform.once("end", resolve)
    transform.once("error", reject)
    transform.end()
  })
}
