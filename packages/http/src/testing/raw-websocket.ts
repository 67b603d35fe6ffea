import { connect, type Socket } from "node:net"

/** A WebSocket client for tests that must break the rules: it sends what it is told, and shows what came. */

export interface Frame {
  /** 0 continuation, 1 text, 2 binary, 8 close, 9 ping, 10 pong; others are reserved. */
  readonly opcode: number
  readonly payload?: string | Uint8Array
  /** Default true. */
  readonly fin?: boolean
  /** The three reserved bits, 0 to 7. Default 0. */
  readonly rsv?: number
  /** Default true: a client must. */
  readonly masked?: boolean
  /** How the length is written; by default in the shortest way. */
  readonly length?: "16" | "64" | "negative"
}

export interface ReceivedFrame {
  readonly opcode: number
  readonly fin: boolean
  readonly rsv: number
  readonly masked: boolean
  readonly payload: Buffer
}

/** @see https://www.rfc-editor.org/rfc/rfc6455#section-5.2 */
export function encodeFrame({ opcode, payload = "", fin = true, rsv = 0, masked = true, length }: Frame): Buffer {
  const data = Buffer.from(payload as string)
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode
  const mask = masked ? 0x80 : 0
  const head = [Buffer.from([first, mask | shortLength(data.length, length)])]
  if (head[0]![1] === (mask | 126)) head.push(Buffer.from([data.length >> 8, data.length & 0xff]))
  if (head[0]![1] === (mask | 127)) {
    const long = Buffer.alloc(8)
    long.writeBigUInt64BE(BigInt(data.length) | (length === "negative" ? 1n << 63n : 0n))
    head.push(long)
  }
  if (!masked) return Buffer.concat([...head, data])
  const key = Buffer.from([0x37, 0xfa, 0x21, 0x3d])
  for (let index = 0; index < data.length; index++) data[index]! ^= key[index & 3]!
  return Buffer.concat([...head, key, data])
}

function shortLength(size: number, as: Frame["length"]): number {
  if (as === "64" || as === "negative" || size > 0xffff) return 127
  return as === "16" || size > 125 ? 126 : size
}

/** A close frame's payload. */
export function closePayload(code: number, reason: string | Uint8Array = ""): Buffer {
  return Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason as string)])
}

export interface RawOptions {
  /** Headers of the handshake, in place of or beside the usual ones; `null` leaves one out. */
  readonly headers?: Readonly<Record<string, string | null>>
  /** Default 5,000: how long anything may take. */
  readonly timeoutMs?: number
}

/** Connects and shakes hands. An answer that is no 101 is there to look at: `status`, `headers`, `body`. */
export async function connectRaw(url: string, options: RawOptions = {}): Promise<RawWebSocket> {
  const { hostname, port, pathname, search, host } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  const headers: Record<string, string | null> = {
    host,
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...options.headers,
  }
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`]))
  socket.write(`GET ${pathname}${search} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`)
  const raw = new RawWebSocket(socket, options.timeoutMs ?? 5000)
  await raw.shaken
  return raw
}

export class RawWebSocket {
  readonly socket: Socket
  readonly #timeoutMs: number
  #chunks: Buffer[] = []
  #size = 0
  /** How many bytes it takes to go on: a large frame comes in many pieces, which are joined once. */
  #wanted = 0
  #isEnded = false
  #wake: (() => void) | undefined
  status = 0
  /** The answer's head, as it came. */
  head = ""
  /** Ends when the answer's head is there. */
  readonly shaken: Promise<void>

  constructor(socket: Socket, timeoutMs: number) {
    this.socket = socket
    this.#timeoutMs = timeoutMs
    const wake = (): void => this.#wake?.()
    const end = (): void => {
      this.#isEnded = true
      wake()
    }
    socket.on("data", (data: Buffer) => {
      this.#chunks.push(data)
      this.#size += data.length
      if (this.#size >= this.#wanted) wake()
    })
    socket.on("end", end)
    socket.on("close", end)
    socket.on("error", end)
    this.shaken = this.#readHead()
  }

  /** What came and was not taken. */
  get #bytes(): Buffer {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0]!
  }
  set #bytes(rest: Buffer) {
    this.#chunks = [rest]
    this.#size = rest.length
    this.#wanted = 0
  }

  /** All lines of a header of the answer. */
  header(name: string): readonly string[] {
    const lines = this.head.split("\r\n").slice(1)
    return lines.flatMap((line) =>
      line.toLowerCase().startsWith(`${name}:`) ? [line.slice(name.length + 1).trim()] : [],
    )
  }
  /** The body of an answer that is no 101: by its length, or in chunks as they came. */
  async body(): Promise<string> {
    const length = Number(this.header("content-length")[0] ?? Number.NaN)
    const isWhole = (): boolean =>
      Number.isNaN(length) ? this.#bytes.includes("\r\n0\r\n\r\n") : this.#bytes.length >= length
    while (!isWhole() && !this.#isEnded) await this.#more()
    return this.#bytes.toString()
  }

  send(...frames: Frame[]): void {
    for (const frame of frames) this.socket.write(encodeFrame(frame))
  }
  text(payload: string): void {
    this.send({ opcode: 1, payload })
  }

  /** The next frame; undefined when the server ended the connection. Throws when neither comes in time. */
  async next(): Promise<ReceivedFrame | undefined> {
    for (;;) {
      const frame = this.#take()
      if (frame !== undefined) return frame
      if (this.#isEnded) return undefined
      await this.#more()
    }
  }
  /** The next frame of a message: a server that waits for long pings meanwhile. */
  async nextData(): Promise<ReceivedFrame | undefined> {
    for (;;) {
      const frame = await this.next()
      if (frame?.opcode !== 9) return frame
    }
  }
  /** The payload of the next frame, as text. */
  async nextText(): Promise<string | undefined> {
    return (await this.next())?.payload.toString()
  }
  /** Reads on to the close frame, and gives its code; 1005 without one, 1006 when the connection ended before it. */
  async closeCode(): Promise<number> {
    for (;;) {
      const frame = await this.next()
      if (frame === undefined) return 1006
      if (frame.opcode === 8) return frame.payload.length < 2 ? 1005 : frame.payload.readUInt16BE(0)
    }
  }
  /** Whether the server has ended the connection by now, or does within the time. */
  async ended(): Promise<boolean> {
    while (!this.#isEnded) await this.#more()
    return true
  }
  destroy(): void {
    this.socket.destroy()
  }

  async #readHead(): Promise<void> {
    let end = -1
    while (end === -1) {
      end = this.#bytes.indexOf("\r\n\r\n")
      if (end === -1 && this.#isEnded) return
      if (end === -1) await this.#more()
    }
    this.head = this.#bytes.toString("latin1", 0, end)
    this.status = Number(this.head.split(" ")[1])
    this.#bytes = this.#bytes.subarray(end + 4)
  }
  #take(): ReceivedFrame | undefined {
    const bytes = this.#bytes
    if (bytes.length < 2) return undefined
    const short = bytes[1]! & 0x7f
    const headSize = short === 127 ? 10 : short === 126 ? 4 : 2
    if (bytes.length < headSize) return undefined
    const size = short === 127 ? Number(bytes.readBigUInt64BE(2)) : short === 126 ? bytes.readUInt16BE(2) : short
    if (bytes.length < headSize + size) {
      this.#wanted = headSize + size
      return undefined
    }
    this.#bytes = bytes.subarray(headSize + size)
    return {
      opcode: bytes[0]! & 0x0f,
      fin: (bytes[0]! & 0x80) !== 0,
      rsv: (bytes[0]! >> 4) & 7,
      masked: (bytes[1]! & 0x80) !== 0,
      payload: bytes.subarray(headSize, headSize + size),
    }
  }
  /** Waits for bytes or the end. A test that waits for ever says nothing, so this throws. */
  #more(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#wake = undefined
        reject(new RangeError(`Nothing came for ${this.#timeoutMs} ms`))
      }, this.#timeoutMs)
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = undefined
        resolve()
      }
    })
  }
}
