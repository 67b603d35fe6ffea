/**
 * Frames on the one channel between the platform and a function's process:
 *
 *     u32 length | u8 type | u32 id | payload            (little-endian; length counts what follows it)
 *
 * The top bit of `type` says that the sender's body of this id ends with this frame. `open` and `reply` carry
 * `u32 headLength | head as JSON | first bytes of the body`.
 */

import { ProtocolError } from "./errors.ts"

export const frameType = { open: 1, reply: 2, data: 3, cancel: 4, credit: 5, log: 6, ready: 7 } as const
export type FrameType = (typeof frameType)[keyof typeof frameType]

/** No frame may be longer; what is longer is sent as a body in chunks. */
export const maxFrameBytes: number = 1024 * 1024
/** A line of a log is no place for data: the runner shortens it to this, and what is longer is no runner's. */
export const maxLogBytes: number = 32 * 1024
/** Bodies travel in chunks of at most this size. */
export const chunkBytes: number = 64 * 1024

const HEADER_BYTES = 9
const ID_AND_TYPE_BYTES = 5
const END = 0x80
const knownTypes: ReadonlySet<number> = new Set(Object.values(frameType))
const encoder = new TextEncoder()
const decoder = new TextDecoder("utf-8", { fatal: true })
const nothing = new Uint8Array(0)

export interface Frame {
  readonly type: FrameType
  readonly id: number
  /** The sender's body of this id is complete. */
  readonly end: boolean
  /** A view into the reader's buffer: valid until the next `push`. */
  readonly payload: Uint8Array
}

export interface HeadAndBody {
  /** An object; what is in it nobody has checked. */
  readonly head: unknown
  readonly body: Uint8Array
}

/** Encodes one frame. */
export function encodeFrame(type: FrameType, id: number, payload: Uint8Array = nothing, end = false): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length)
  writeHeader(bytes, type, id, end)
  bytes.set(payload, HEADER_BYTES)
  return bytes
}

/** Encodes an `open` or `reply` frame: a JSON head, and as much of the body as is at hand. */
export function encodeHead(type: FrameType, id: number, message: HeadAndBody, end: boolean): Uint8Array {
  const head = encoder.encode(JSON.stringify(message.head))
  const bytes = new Uint8Array(HEADER_BYTES + 4 + head.length + message.body.length)
  writeHeader(bytes, type, id, end)
  new DataView(bytes.buffer).setUint32(HEADER_BYTES, head.length, true)
  bytes.set(head, HEADER_BYTES + 4)
  bytes.set(message.body, HEADER_BYTES + 4 + head.length)
  return bytes
}

/** Encodes a `credit` frame: the sender may send `bytes` more. */
export function encodeCredit(id: number, bytes: number): Uint8Array {
  const payload = new Uint8Array(4)
  new DataView(payload.buffer).setUint32(0, bytes, true)
  return encodeFrame(frameType.credit, id, payload)
}

/**
 * The head and the first bytes of an `open` or `reply` frame.
 *
 * @throws {FUNCTIONS_PROTOCOL_ERROR} when the lengths do not fit or the head is no JSON.
 */
export function decodeHead(payload: Uint8Array): HeadAndBody {
  const length = payload.length < 4 ? -1 : viewOf(payload).getUint32(0, true)
  if (length < 0 || 4 + length > payload.length) throw new ProtocolError("A frame's head is longer than the frame.")
  const head = decodeJson(payload.subarray(4, 4 + length))
  if (typeof head !== "object" || head === null) throw new ProtocolError("A frame's head is no object.")
  return { head, body: payload.subarray(4 + length) }
}

/** @throws {FUNCTIONS_PROTOCOL_ERROR} when the payload is not one number. */
export function decodeCredit(payload: Uint8Array): number {
  if (payload.length !== 4) throw new ProtocolError("A credit frame has a wrong length.")
  return viewOf(payload).getUint32(0, true)
}

/** @throws {FUNCTIONS_PROTOCOL_ERROR} when the bytes are no JSON. */
export function decodeJson(payload: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(payload))
  } catch (cause) {
    throw new ProtocolError("A frame holds text that is no JSON.", { cause })
  }
}

/** Cuts a stream of bytes into frames, whatever the pieces in which it arrives. Holds at most one frame. */
export class FrameReader {
  #pending: Uint8Array = nothing
  #length = 0

  /**
   * Takes the next bytes and calls `deliver` for each frame that is complete.
   *
   * @throws {FUNCTIONS_PROTOCOL_ERROR} at the first frame that is too long, too short or of no known type. The reader is
   *   of no use after that.
   */
  push(bytes: Uint8Array, deliver: (frame: Frame) => void): void {
    let rest = bytes
    while (this.#length > 0 && rest.length > 0) rest = this.#fill(rest, deliver)
    let at = 0
    while (rest.length - at >= HEADER_BYTES) {
      const size = frameSize(rest.subarray(at))
      if (at + size > rest.length) break
      deliver(decodeFrame(rest.subarray(at, at + size)))
      at += size
    }
    if (at < rest.length) this.#keep(rest.subarray(at))
  }

  /** Completes the frame that was cut, and returns the bytes after it. */
  #fill(bytes: Uint8Array, deliver: (frame: Frame) => void): Uint8Array {
    const size = this.#length < HEADER_BYTES ? HEADER_BYTES : this.#size()
    const taken = Math.min(size - this.#length, bytes.length)
    this.#pending.set(bytes.subarray(0, taken), this.#length)
    this.#length += taken
    if (this.#length >= HEADER_BYTES) {
      const whole = this.#size()
      if (this.#length === whole) {
        const frame = this.#pending.subarray(0, whole)
        this.#pending = nothing
        this.#length = 0
        deliver(decodeFrame(frame))
      } else if (this.#pending.length < whole) {
        const grown = new Uint8Array(whole)
        grown.set(this.#pending.subarray(0, this.#length))
        this.#pending = grown
      }
    }
    return bytes.subarray(taken)
  }

  #size(): number {
    return frameSize(this.#pending)
  }

  #keep(bytes: Uint8Array): void {
    this.#pending = new Uint8Array(bytes.length < HEADER_BYTES ? HEADER_BYTES : frameSize(bytes))
    this.#pending.set(bytes)
    this.#length = bytes.length
  }
}

function writeHeader(bytes: Uint8Array, type: FrameType, id: number, end: boolean): void {
  const view = new DataView(bytes.buffer)
  view.setUint32(0, bytes.length - 4, true)
  view.setUint8(4, end ? type | END : type)
  view.setUint32(5, id, true)
}

function frameSize(bytes: Uint8Array): number {
  const length = viewOf(bytes).getUint32(0, true)
  if (length < ID_AND_TYPE_BYTES || length > maxFrameBytes)
    throw new ProtocolError(`Expected a frame of ${ID_AND_TYPE_BYTES} to ${maxFrameBytes} bytes, got ${length}.`)
  return 4 + length
}

function decodeFrame(bytes: Uint8Array): Frame {
  const view = viewOf(bytes)
  const type = view.getUint8(4) & ~END
  if (!knownTypes.has(type)) throw new ProtocolError(`Got a frame of the unknown type ${type}.`)
  return {
    type: type as FrameType,
    id: view.getUint32(5, true),
    end: (view.getUint8(4) & END) !== 0,
    payload: bytes.subarray(HEADER_BYTES),
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
