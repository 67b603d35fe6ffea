/** What {@link ResponseParser.feed} found: the answer goes on, or is whole. */
export type Progress = "more" | "whole"

/** A server that breaks the protocol, or does not answer as it must. */
export class AnswerWrong extends Error {
  override readonly name = "AnswerWrong"
}

const HEAD_END = Buffer.from("\r\n\r\n")
const MAX_HEAD_BYTES = 64 * 1024
const CR = 13
const LF = 10
const SEMICOLON = 59
const STATUS_END = 12

/**
 * Finds the ends of HTTP/1.1 answers on one connection that asks one question at a time. It looks at as few bytes as it
 * can, for its time is taken from the server that is measured: of the head the status and what frames the body, of the
 * body nothing but the sizes of chunks.
 */
export class ResponseParser {
  /** The status of the answer that came last. */
  status = 0
  /** The start of an answer whose head has not ended yet. */
  #pending: Buffer | undefined
  #where: "head" | "body" | "size" | "extension" | "chunk" | "trailer" = "head"
  /** The bytes of the body, or of the chunk with its line end, that are still to come. */
  #left = 0
  #size = 0
  #line = 0
  #framedByLength = false
  /** The length of an answer that came in one piece: the next one most likely has it too. */
  #usual = -1

  /** @throws {AnswerWrong} when these bytes are no answer, or more than one. */
  feed(bytes: Buffer): Progress {
    if (this.#where === "head" && this.#pending === undefined) {
      if (bytes.length === this.#usual && statusOf(bytes) === this.status) return "whole"
      const progress = this.#head(bytes)
      this.#usual = progress === "whole" && this.#left === 0 && this.#framedByLength ? bytes.length : -1
      return progress
    }
    if (this.#where === "head") return this.#head(Buffer.concat([this.#pending ?? Buffer.alloc(0), bytes]))
    return this.#body(bytes, 0)
  }

  #head(bytes: Buffer): Progress {
    const end = bytes.indexOf(HEAD_END)
    if (bytes.length >= STATUS_END) this.status = statusOf(bytes)
    if (end === -1) {
      if (bytes.length > MAX_HEAD_BYTES) throw new AnswerWrong(`A head of more than ${MAX_HEAD_BYTES} bytes came`)
      this.#pending = Buffer.from(bytes)
      return "more"
    }
    this.#pending = undefined
    const head = bytes.toString("latin1", 0, end).toLowerCase()
    const start = end + HEAD_END.length
    if (this.status === 204 || this.status === 304) return this.#whole(bytes, start)
    const length = headerOf(head, "content-length")
    this.#framedByLength = length !== undefined
    if (length !== undefined) {
      this.#where = "body"
      this.#left = Number(length)
    } else if (headerOf(head, "transfer-encoding") === "chunked") {
      this.#where = "size"
      this.#size = 0
      this.#line = 0
    } else throw new AnswerWrong(`Neither content-length nor chunks frame this answer:\n${head}`)
    return this.#body(bytes, start)
  }

  #body(bytes: Buffer, from: number): Progress {
    if (this.#where === "body") {
      const come = bytes.length - from
      if (come < this.#left) {
        this.#left -= come
        return "more"
      }
      const end = from + this.#left
      this.#left = 0
      return this.#whole(bytes, end)
    }
    return this.#chunks(bytes, from)
  }

  #chunks(bytes: Buffer, from: number): Progress {
    let at = from
    while (at < bytes.length) {
      if (this.#where === "chunk") {
        const come = Math.min(this.#left, bytes.length - at)
        this.#left -= come
        at += come
        if (this.#left === 0) this.#where = "size"
      } else if (this.#where === "size") {
        const byte = bytes[at++]!
        if (byte === LF) this.#sizeEnded()
        else if (byte === SEMICOLON) this.#where = "extension"
        else if (byte !== CR) this.#size = this.#size * 16 + digitOf(byte)
      } else if (this.#where === "extension") {
        if (bytes[at++] === LF) this.#sizeEnded()
      } else {
        // A trailer ends with an empty line: `#line` counts the bytes of the one that is read.
        const byte = bytes[at++]!
        if (byte === LF && this.#line === 0) return this.#whole(bytes, at)
        if (byte === LF) this.#line = 0
        else if (byte !== CR) this.#line++
      }
    }
    return "more"
  }

  #sizeEnded(): void {
    this.#where = this.#size === 0 ? "trailer" : "chunk"
    this.#left = this.#size + 2
    this.#size = 0
    this.#line = 0
  }

  #whole(bytes: Buffer, end: number): Progress {
    if (end !== bytes.length) throw new AnswerWrong(`${bytes.length - end} bytes came after the end of an answer`)
    this.#where = "head"
    return "whole"
  }
}

function statusOf(bytes: Buffer): number {
  const isHttp = bytes[0] === 72 && bytes[7] === 49 && bytes[8] === 32 // "H", the 1 of "HTTP/1.1", a space
  if (!isHttp) throw new AnswerWrong(`Expected an answer, got: ${bytes.toString("latin1", 0, 200)}`)
  return (bytes[9]! - 48) * 100 + (bytes[10]! - 48) * 10 + (bytes[11]! - 48)
}

function headerOf(head: string, name: string): string | undefined {
  const start = head.indexOf(`\r\n${name}:`)
  if (start === -1) return undefined
  const from = start + name.length + 3
  const end = head.indexOf("\r\n", from)
  return head.slice(from, end === -1 ? head.length : end).trim()
}

function digitOf(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48
  const letter = byte | 32
  if (letter >= 97 && letter <= 102) return letter - 87
  throw new AnswerWrong(`Expected the size of a chunk, got byte ${byte}`)
}
