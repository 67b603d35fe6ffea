import type { BaseContext } from "../context/context.ts"
import { BodyInvalid, LineTooLong } from "../errors.ts"

export interface ReadLinesOptions {
  /** The longest line, in bytes, without its end. Default 1 MiB. */
  readonly maxLineBytes?: number
  /** The largest body, in bytes. Default: the route's `maxBodyBytes`. */
  readonly maxBytes?: number
}

const DEFAULT_LINE_BYTES = 1024 * 1024
const NEWLINE = 10
const RETURN = 13

/**
 * The lines of a text body as they come, without their ends (`\n` or `\r\n`). No more is held than one chunk and one line.
 * @throws {HTTP_LINE_TOO_LONG} @throws {HTTP_BODY_TOO_LARGE} @throws {HTTP_BODY_INVALID} when it is not UTF-8, or breaks
 * off; all of them while it is iterated.
 */
export async function* readLines(ctx: BaseContext, options: ReadLinesOptions = {}): AsyncGenerator<string> {
  const { maxLineBytes = DEFAULT_LINE_BYTES, maxBytes } = options
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
  let number = 1
  const text = (bytes: Uint8Array): string => {
    const whole = bytes.at(-1) === RETURN ? bytes.subarray(0, -1) : bytes
    if (whole.byteLength > maxLineBytes) throw tooLong(number, maxLineBytes)
    const line = decode(decoder, whole, number)
    const start = number === 1 && line.startsWith("\ufeff") ? 1 : 0
    number++
    return line.slice(start)
  }
  const begun = new Begun()
  for await (const chunk of ctx.chunks(maxBytes)) {
    let start = 0
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start)
      if (end === -1) break
      yield text(begun.with(chunk.subarray(start, end)))
      start = end + 1
    }
    if (begun.length + chunk.byteLength - start > maxLineBytes + 1) throw tooLong(number, maxLineBytes)
    if (start < chunk.byteLength) begun.add(chunk.subarray(start))
  }
  if (begun.length > 0) yield text(begun.with(NOTHING))
}

const NOTHING = new Uint8Array(0)

/** The line whose end has not come. It grows by doubling: a sender of single bytes costs no more than one of many. */
class Begun {
  #bytes = NOTHING
  length = 0

  add(bytes: Uint8Array): void {
    const length = this.length + bytes.byteLength
    if (length > this.#bytes.byteLength) {
      const larger = new Uint8Array(Math.max(1024, 2 * length))
      larger.set(this.#bytes.subarray(0, this.length))
      this.#bytes = larger
    }
    this.#bytes.set(bytes, this.length)
    this.length = length
  }
  /** The line with its last bytes. What follows begins anew. */
  with(bytes: Uint8Array): Uint8Array {
    if (this.length === 0) return bytes
    this.add(bytes)
    const line = this.#bytes.subarray(0, this.length)
    this.length = 0
    return line
  }
}

function decode(decoder: TextDecoder, bytes: Uint8Array, line: number): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new BodyInvalid(`Line ${line} is not valid UTF-8`, { details: { line } })
  }
}

function tooLong(line: number, maxLineBytes: number): InstanceType<typeof LineTooLong> {
  return new LineTooLong(`Line ${line} is longer than ${maxLineBytes} bytes`, { details: { line, maxLineBytes } })
}
