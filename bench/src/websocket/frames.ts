/** The WebSocket's wire format, as far as a client that counts needs it. @see RFC 6455, section 5.2 */

const OPENING = [
  "GET /socket HTTP/1.1",
  "host: 127.0.0.1",
  "upgrade: websocket",
  "connection: upgrade",
  "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-version: 13",
].join("\r\n")

/** The request that opens a WebSocket. */
export const OPENING_REQUEST: Buffer = Buffer.from(`${OPENING}\r\n\r\n`)

/** A text of at most 125 bytes as a client's frame. The mask is zero: it hides nothing, and costs nothing to put on. */
export function textFrame(text: string): Buffer {
  const payload = Buffer.from(text)
  if (payload.length > 125) throw new Error(`Expected a text of at most 125 bytes, got ${payload.length}`)
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload])
}

const HEAD_END = Buffer.from("\r\n\r\n")

/**
 * Counts the frames a server sends on one connection by their heads; payloads are passed over. The answer to
 * {@link OPENING_REQUEST} comes first and is no frame.
 */
export class FrameCounter {
  /** Whether the server has agreed to talk WebSocket. */
  isOpen = false
  frames = 0
  #rest: Buffer | undefined
  /** Bytes of a payload that are still to come. */
  #left = 0

  /** Gives how many frames ended in these bytes. @throws when the server refused the opening */
  feed(bytes: Buffer): number {
    const all = this.#rest === undefined ? bytes : Buffer.concat([this.#rest, bytes])
    this.#rest = undefined
    let at = 0
    if (!this.isOpen) {
      const end = all.indexOf(HEAD_END)
      if (end === -1) {
        this.#rest = Buffer.from(all)
        return 0
      }
      const status = all.toString("latin1", 9, 12)
      if (status !== "101") throw new Error(`The server refused a WebSocket with ${status}`)
      this.isOpen = true
      at = end + HEAD_END.length
    }
    return this.#count(all, at)
  }

  #count(bytes: Buffer, from: number): number {
    let at = from
    let ended = 0
    for (;;) {
      if (this.#left > 0) {
        const come = Math.min(this.#left, bytes.length - at)
        this.#left -= come
        at += come
        if (this.#left > 0) break
        ended++
      }
      const head = headOf(bytes, at)
      if (head === undefined) break
      at += head.size
      this.#left = head.payload
      if (head.payload === 0) ended++
    }
    if (at < bytes.length) this.#rest = Buffer.from(bytes.subarray(at))
    this.frames += ended
    return ended
  }
}

/** The sizes of a frame's head and payload; undefined when the head is not all there. */
function headOf(bytes: Buffer, at: number): { readonly size: number; readonly payload: number } | undefined {
  const there = bytes.length - at
  if (there < 2) return undefined
  const length = bytes[at + 1]! & 0x7f
  if (length < 126) return { size: 2, payload: length }
  if (length === 126) return there < 4 ? undefined : { size: 4, payload: bytes.readUInt16BE(at + 2) }
  return there < 10 ? undefined : { size: 10, payload: Number(bytes.readBigUInt64BE(at + 2)) }
}
