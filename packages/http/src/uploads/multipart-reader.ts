import { Delimiter } from "@ashlar/core/files"
import { MultipartInvalid, MultipartTruncated, PartHeadersTooLarge, PartsTooMany, UploadMisused } from "../errors.ts"
import { type PartHeaders, parsePartHeaders } from "./part-headers.ts"

/** What bounds the frame of a form; what bounds the content of a part is said where it is read. */
export interface FrameLimits {
  readonly maxParts: number
  readonly maxHeaderBytes: number
  readonly maxPaddingBytes: number
}

const [CR, LF, DASH, SPACE, TAB] = [13, 10, 45, 32, 9]
const LINE_END = new Uint8Array([CR, LF])
const HEADERS_END = new Delimiter(new Uint8Array([CR, LF, CR, LF]))
const NOTHING = new Uint8Array(0)
/** More than a boundary, and as much as the headers of a part usually are. */
const JOINED_BYTES = 1024

/** A step's answer when it cannot go on before the next chunk of the source. */
const MORE: unique symbol = Symbol("more")
type Step<T> = T | typeof MORE

/**
 * Where the reader stands: before the first boundary; behind a boundary; in the headers of a part; at the first byte of
 * its content, or in it; behind the last boundary; or past the end.
 */
type State = "preamble" | "boundary" | "headers" | "start" | "content" | "epilogue" | "done"

/**
 * Reads a form part by part, and a part chunk by chunk. It holds one chunk of the source at most, gives out views of it,
 * and asks for the next only when somebody asks for more than it holds.
 *
 * Each step works on what is there and never waits, so that what came in one chunk costs one promise: only
 * {@link MultipartReader.run} waits.
 *
 * @see https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1 and https://www.rfc-editor.org/rfc/rfc7578
 */
export class MultipartReader {
  readonly #source: AsyncIterator<Uint8Array>
  readonly #limits: FrameLimits
  readonly #delimiter: Delimiter
  /** What has come and was not given out. A line end stands before the body, so that its first boundary is like the others. */
  #buffer: Uint8Array = LINE_END
  #at = 0
  /** The chunk that the end of the buffer is the beginning of, and where in the buffer it begins. */
  #joint: { readonly chunk: Uint8Array; readonly offset: number } | undefined
  #state: State = "preamble"
  #isEnded = false
  #isReading = false
  #padding = -LINE_END.length
  /** How many parts have begun. */
  parts = 0

  constructor(source: AsyncIterable<Uint8Array>, boundary: string, limits: FrameLimits) {
    this.#source = source[Symbol.asyncIterator]()
    this.#limits = limits
    this.#delimiter = new Delimiter(new TextEncoder().encode(`\r\n--${boundary}`))
  }

  /**
   * The headers of the next part, or undefined at the end of the form. What is left of the part before is read and
   * thrown away.
   */
  nextPart(): PartHeaders | undefined | Promise<PartHeaders | undefined> {
    return this.#run(this.#stepToPart)
  }

  /** The next bytes of the present part, or undefined at its end. Never empty. */
  nextChunk(): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    return this.#run(this.#stepInContent)
  }

  /** Lets the source go, wherever it stands. */
  async close(): Promise<void> {
    this.#state = "done"
    this.#take(NOTHING, 0)
    this.#joint = undefined
    await this.#source.return?.()
  }

  #run<T>(step: () => Step<T>): T | Promise<T> {
    // Two that read at once would each get a part of the body.
    if (this.#isReading) {
      throw new UploadMisused("A part was still being read when more was asked for. Await what reads it first")
    }
    const result = step.call(this)
    return result === MORE ? this.#wait(step) : result
  }

  async #wait<T>(step: () => Step<T>): Promise<T> {
    this.#isReading = true
    try {
      for (;;) {
        await this.#fill()
        const result = step.call(this)
        if (result !== MORE) return result
      }
    } finally {
      this.#isReading = false
    }
  }

  /**
   * Puts what comes next behind what is there, or notes that nothing does. Of a chunk that continues a few bytes of the one
   * before, only its beginning is copied behind them; when they are passed, the chunk itself takes their place.
   */
  async #fill(): Promise<void> {
    const joint = this.#joint
    this.#joint = undefined
    if (joint !== undefined && this.#at >= joint.offset) return this.#take(joint.chunk, this.#at - joint.offset)
    const rest = this.#buffer.subarray(this.#at)
    if (joint !== undefined) return this.#take(joined(rest, joint.chunk.subarray(JOINED_BYTES)), 0)
    const chunk = await this.#nextOfSource()
    if (chunk === undefined) this.#isEnded = true
    else if (rest.length === 0) this.#take(chunk, 0)
    else {
      this.#take(joined(rest, chunk.subarray(0, JOINED_BYTES)), 0)
      if (chunk.length > JOINED_BYTES) this.#joint = { chunk, offset: rest.length }
    }
  }

  #take(buffer: Uint8Array, at: number): void {
    this.#buffer = buffer
    this.#at = at
  }

  async #nextOfSource(): Promise<Uint8Array | undefined> {
    for (;;) {
      const { done, value } = await this.#source.next()
      if (done === true) return undefined
      if (value.length > 0) return value
    }
  }

  #more(): typeof MORE {
    if (this.#isEnded) throw this.#truncated()
    return MORE
  }

  #stepToPart(): Step<PartHeaders | undefined> {
    for (;;) {
      const result = this.#stepOf(this.#state)
      if (result === MORE || this.#state === "done") return result as Step<undefined>
      if (this.#state === "start" && typeof result === "object" && "name" in result) return result
    }
  }

  /** One step of the way to the next part; the state says which. */
  #stepOf(state: State): Step<PartHeaders | Uint8Array | undefined> {
    if (state === "content" || state === "start") return this.#stepInContent()
    if (state === "headers") return this.#stepHeaders()
    if (state === "boundary") return this.#stepBoundary()
    return state === "preamble" ? this.#stepPreamble() : this.#stepEpilogue()
  }

  #stepInContent(): Step<Uint8Array | undefined> {
    if (this.#state === "start") {
      const isEmpty = this.#stepStart()
      if (isEmpty !== false) return isEmpty === MORE ? MORE : undefined
    }
    if (this.#state !== "content") return undefined
    const buffer = this.#buffer
    const from = this.#at
    const found = this.#delimiter.find(buffer, from)
    if (found === from) return this.#passDelimiter()
    const end = found === -1 ? this.#delimiter.decidedEnd(buffer, from) : found
    if (end === from) return this.#more()
    this.#at = end
    return buffer.subarray(from, end)
  }

  /**
   * Whether the part is empty. The line end before a boundary belongs to the boundary, so a part without content may end
   * with the line end of its headers: that one was not passed yet, and is taken here for the one or for the other.
   */
  #stepStart(): Step<boolean> {
    const isOpen = this.#delimiter.mayBeginAt(this.#buffer, this.#at)
    if (isOpen && this.#buffer.length - this.#at < this.#delimiter.length) return this.#more()
    if (isOpen) {
      this.#passDelimiter()
      return true
    }
    this.#at += LINE_END.length
    this.#state = "content"
    return false
  }

  #passDelimiter(): undefined {
    this.#at += this.#delimiter.length
    this.#state = "boundary"
  }

  #stepPreamble(): Step<undefined> {
    const found = this.#delimiter.find(this.#buffer, this.#at)
    const end = found === -1 ? this.#delimiter.decidedEnd(this.#buffer, this.#at) : found
    this.#pad(end - this.#at, "before the first boundary")
    this.#at = end
    return found === -1 ? this.#more() : this.#passDelimiter()
  }

  /** Passes the rest of a boundary's line, and says what follows it. */
  #stepBoundary(): Step<undefined> {
    const buffer = this.#buffer
    if (buffer.length < this.#at + 2) return this.#more()
    const isLast = buffer[this.#at] === DASH && buffer[this.#at + 1] === DASH
    let end = isLast ? this.#at + 2 : this.#at
    while (buffer[end] === SPACE || buffer[end] === TAB) end++
    if (end - this.#at > this.#limits.maxPaddingBytes) throw this.#padded("behind a boundary")
    // Nothing has to follow the last boundary, not even the end of its line.
    const isBare = isLast && this.#isEnded && end === buffer.length
    if (!isBare && end + 2 > buffer.length) return this.#more()
    if (!isBare && (buffer[end] !== CR || buffer[end + 1] !== LF)) throw this.#notBoundary()
    this.#at = isBare ? end : end + 2
    this.#padding = 0
    this.#state = isLast ? "epilogue" : "headers"
    if (!isLast) this.#countPart()
  }

  #stepEpilogue(): Step<undefined> {
    this.#pad(this.#buffer.length - this.#at, "after the last boundary")
    this.#at = this.#buffer.length
    if (!this.#isEnded) return MORE
    this.#state = "done"
  }

  #countPart(): void {
    const { maxParts } = this.#limits
    if (this.parts === maxParts) {
      throw new PartsTooMany(`The form has more than ${maxParts} parts`, { details: { maxParts } })
    }
    this.parts++
  }

  #stepHeaders(): Step<PartHeaders> {
    const { maxHeaderBytes } = this.#limits
    const buffer = this.#buffer
    const from = this.#at
    const end = buffer[from] === CR && buffer[from + 1] === LF ? from : HEADERS_END.find(buffer, from)
    const length = end === -1 ? buffer.length - from - HEADERS_END.length : end - from
    const place = `Part ${this.parts}`
    if (length > maxHeaderBytes) {
      const details = { maxHeaderBytes }
      throw new PartHeadersTooLarge(`${place} has more than ${maxHeaderBytes} bytes of headers`, { details })
    }
    if (end === from) throw new MultipartInvalid(`${place} has no headers. Expected a Content-Disposition`)
    if (end === -1) return this.#more()
    const headers = parsePartHeaders(buffer.subarray(from, end), place)
    this.#at = end + LINE_END.length
    this.#state = "start"
    return headers
  }

  #pad(bytes: number, where: string): void {
    this.#padding += bytes
    if (this.#padding > this.#limits.maxPaddingBytes) throw this.#padded(where)
  }

  #truncated(): Error {
    const where = this.parts === 0 ? "before its first boundary" : `in part ${this.parts}`
    return new MultipartTruncated(`The form ended ${where}, without its last boundary`)
  }

  #notBoundary(): Error {
    return new MultipartInvalid(`Expected the end of the line, or --, behind the boundary after part ${this.parts}`)
  }

  #padded(where: string): Error {
    return new MultipartInvalid(`Expected at most ${this.#limits.maxPaddingBytes} bytes ${where}, got more`)
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length)
  whole.set(first)
  whole.set(second, first.length)
  return whole
}
