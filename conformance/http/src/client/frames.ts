/** The frames of WebSocket, as bytes. @see https://www.rfc-editor.org/rfc/rfc6455#section-5 */

export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** A frame as a client may send it, wrong ones included. */
export interface FrameOptions {
  readonly opcode: number
  readonly payload?: Uint8Array | string
  /** Default true. */
  readonly fin?: boolean
  /** The three reserved bits, as a number of 0 to 7. Default 0. */
  readonly reserved?: number
  /** Default: a key that is no palindrome. `null`: unmasked, which a client must not send. */
  readonly mask?: Uint8Array | null
  /** What the header says instead of the payload's length. */
  readonly length?: bigint
  /** How many bytes the header spends on the length: 0, 2 or 8. Default: as few as it takes. */
  readonly lengthBytes?: 0 | 2 | 8
}

const MASK = new Uint8Array([0x12, 0x34, 0x56, 0xf7])

/** A frame's bytes. A payload that is text is encoded as UTF-8. */
export function encodeFrame({ opcode, fin = true, reserved = 0, mask = MASK, ...options }: FrameOptions): Buffer {
  const payload = Buffer.from(options.payload ?? "")
  const length = options.length ?? BigInt(payload.length)
  const lengthBytes = options.lengthBytes ?? (length < 126n ? 0 : length < 65_536n ? 2 : 8)
  const header = Buffer.alloc(2 + lengthBytes)
  header[0] = (fin ? 0x80 : 0) | (reserved << 4) | opcode
  header[1] = (mask === null ? 0 : 0x80) | (lengthBytes === 0 ? Number(length) : lengthBytes === 2 ? 126 : 127)
  if (lengthBytes === 2) header.writeUInt16BE(Number(length), 2)
  if (lengthBytes === 8) header.writeBigUInt64BE(length, 2)
  if (mask === null) return Buffer.concat([header, payload])
  const masked = Buffer.alloc(payload.length)
  for (let index = 0; index < payload.length; index++) masked[index] = payload[index]! ^ mask[index & 3]!
  return Buffer.concat([header, mask, masked])
}

/** The payload of a close frame. */
export function closePayload(code: number, reason: Uint8Array | string = ""): Buffer {
  const head = Buffer.alloc(2)
  head.writeUInt16BE(code)
  return Buffer.concat([head, Buffer.from(reason)])
}

/** What a server sent: a whole message, or a control frame. */
export interface Received {
  readonly kind: "text" | "binary" | "close" | "ping" | "pong"
  readonly payload: Buffer
  /** Whether the message was compressed (RSV1). */
  readonly compressed: boolean
}

/** What a server must not send. The text says which rule it breaks. */
export class FrameMalformed extends Error {}

/**
 * Reads the frames of a server, fragments put together; `rest` is what is no whole frame yet.
 * @throws {FrameMalformed} for what a server must not send.
 */
export function decodeFrames(bytes: Buffer): { readonly received: readonly Received[]; readonly rest: Buffer } {
  const received: Received[] = []
  let open: { kind: "text" | "binary"; parts: Buffer[]; compressed: boolean } | undefined
  let at = 0
  for (;;) {
    const frame = readFrame(bytes, at)
    if (frame === undefined) {
      if (open !== undefined && at === bytes.length) throw new FrameMalformed("A fragmented message has no end")
      return { received, rest: bytes.subarray(at) }
    }
    at = frame.end
    if (frame.opcode >= 8) {
      received.push(toControl(frame))
      continue
    }
    if (open === undefined) {
      if (frame.opcode !== 1 && frame.opcode !== 2)
        throw new FrameMalformed(`A message starts with opcode ${frame.opcode}`)
      open = { kind: frame.opcode === 1 ? "text" : "binary", parts: [], compressed: frame.reserved === 4 }
    } else if (frame.opcode !== 0) throw new FrameMalformed("A message starts within another")
    open.parts.push(frame.payload)
    if (!frame.fin) continue
    const payload = Buffer.concat(open.parts)
    received.push({ kind: open.kind, payload, compressed: open.compressed })
    open = undefined
  }
}

interface Frame {
  readonly fin: boolean
  readonly reserved: number
  readonly opcode: number
  readonly payload: Buffer
  readonly end: number
}

function readFrame(bytes: Buffer, at: number): Frame | undefined {
  if (bytes.length < at + 2) return undefined
  const [first, second] = [bytes[at]!, bytes[at + 1]!]
  if ((second & 0x80) !== 0) throw new FrameMalformed("A server must not mask its frames")
  const reserved = (first >> 4) & 7
  if (reserved !== 0 && reserved !== 4) throw new FrameMalformed(`The reserved bits are ${reserved}`)
  const short = second & 0x7f
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0
  if (bytes.length < at + 2 + lengthBytes) return undefined
  const length =
    lengthBytes === 0 ? short : lengthBytes === 2 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
  if ((lengthBytes === 2 && length < 126) || (lengthBytes === 8 && length < 65_536))
    throw new FrameMalformed(`The length ${length} is written in ${lengthBytes} bytes`)
  const start = at + 2 + lengthBytes
  if (bytes.length < start + length) return undefined
  const payload = bytes.subarray(start, start + length)
  return { fin: (first & 0x80) !== 0, reserved, opcode: first & 15, payload, end: start + length }
}

function toControl({ fin, reserved, opcode, payload }: Frame): Received {
  const kind = opcode === 8 ? "close" : opcode === 9 ? "ping" : opcode === 10 ? "pong" : undefined
  if (kind === undefined) throw new FrameMalformed(`Opcode ${opcode} is not defined`)
  if (!fin || reserved !== 0 || payload.length > 125 || (kind === "close" && payload.length === 1))
    throw new FrameMalformed(`A ${kind} frame is fragmented, compressed, too long or cut`)
  return { kind, payload, compressed: false }
}
