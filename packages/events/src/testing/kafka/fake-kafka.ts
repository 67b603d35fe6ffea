import { createServer, type Server, type Socket } from "node:net"
import { type KafkaAnswers, KafkaBroker } from "./kafka-broker.ts"
import { KafkaError } from "./kafka-log.ts"
import { WireReader, WireWriter } from "./wire.ts"

/** A broker of this process alone, for tests: it speaks Kafka's protocol over TCP, and keeps all in memory. */
export interface FakeKafka {
  readonly port: number
  /** Ends all connections. */
  cut(): void
  /** How often each request came, by the number of its API. */
  readonly requests: ReadonlyMap<number, number>
  /** Does what the next request of this API asks for, and hangs up instead of answering. */
  loseAnswer(api: number): void
  /** Keeps nothing from before an offset. */
  trim(topic: string, part: number, offset: bigint): void
  close(): Promise<void>
}

export interface FakeKafkaOptions {
  /** Whoever does not say this is refused: SASL/PLAIN. */
  readonly login?: { readonly user: string; readonly password: string }
}

const MAX_REQUEST_BYTES = 100 * 1024 * 1024
const API_VERSIONS = 18
const SASL_HANDSHAKE = 17
const SASL_AUTHENTICATE = 36

/** Starts it on a free port of 127.0.0.1. */
export async function startFakeKafka({ login }: FakeKafkaOptions = {}): Promise<FakeKafka> {
  const sockets = new Set<Socket>()
  const requests = new Map<number, number>()
  const lost = new Set<number>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on("error", () => undefined)
    socket.on("close", () => sockets.delete(socket))
    new KafkaConnection(socket, broker.answers, { login, requests, lost })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as { port: number }
  const broker = new KafkaBroker("127.0.0.1", port)
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port,
    cut,
    requests,
    loseAnswer: (api) => void lost.add(api),
    trim: (topic, part, offset) => broker.partition(topic, part)?.trim(offset),
    close() {
      cut()
      broker.close()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

interface ConnectionParts {
  readonly login: FakeKafkaOptions["login"]
  readonly requests: Map<number, number>
  readonly lost: Set<number>
}

/** One connection: its requests are answered one after the other, as a broker does. */
class KafkaConnection {
  readonly #socket: Socket
  readonly #answers: KafkaAnswers
  readonly #parts: ConnectionParts
  #received: Buffer = Buffer.alloc(0)
  #last: Promise<void> = Promise.resolve()
  #isIn: boolean

  constructor(socket: Socket, answers: KafkaAnswers, parts: ConnectionParts) {
    this.#socket = socket
    this.#answers = answers
    this.#parts = parts
    this.#isIn = parts.login === undefined
    socket.on("data", (chunk) => this.#take(chunk as Buffer))
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    while (this.#received.length >= 4) {
      const length = this.#received.readInt32BE(0)
      if (length < 8 || length > MAX_REQUEST_BYTES) return void this.#socket.destroy()
      if (this.#received.length < 4 + length) return
      const request = this.#received.subarray(4, 4 + length)
      this.#received = this.#received.subarray(4 + length)
      this.#last = this.#last.then(() => this.#answer(request)).catch(() => void this.#socket.destroy())
    }
  }

  async #answer(request: Buffer): Promise<void> {
    const reader = new WireReader(request)
    const [key, version, correlation, clientId] = [reader.int16(), reader.int16(), reader.int32(), reader.shortString()]
    this.#parts.requests.set(key, (this.#parts.requests.get(key) ?? 0) + 1)
    const head = new WireWriter().int32(correlation)
    if (key === API_VERSIONS) return this.#write(head, this.#apiVersions(version))
    if (key === SASL_HANDSHAKE) return this.#write(head, handshake(reader))
    reader.tags()
    head.tags()
    if (key === SASL_AUTHENTICATE) return this.#write(head, this.#authenticate(reader))
    const answer = this.#answers.get(key)
    // A broker hangs up on those who do not say who they are, and on what it does not know.
    if (!this.#isIn || answer === undefined || answer.version !== version) return void this.#socket.destroy()
    const body = await answer.run(reader, clientId ?? "")
    if (this.#parts.lost.delete(key)) this.#socket.destroy()
    else this.#write(head, body)
  }

  #write(head: WireWriter, body: WireWriter): void {
    const bytes = Buffer.concat([head.toBuffer(), body.toBuffer()])
    const length = Buffer.alloc(4)
    length.writeInt32BE(bytes.length)
    if (!this.#socket.destroyed) this.#socket.write(Buffer.concat([length, bytes]))
  }

  #apiVersions(version: number): WireWriter {
    const known = [
      ...[...this.#answers].map(([key, one]) => [key, one.version, one.version] as const),
      [API_VERSIONS, 0, 3] as const,
      [SASL_HANDSHAKE, 1, 1] as const,
      [SASL_AUTHENTICATE, 2, 2] as const,
    ]
    const isFlexible = version === 3
    const writer = new WireWriter().int16(version > 3 ? KafkaError.unsupportedVersion : KafkaError.none)
    if (isFlexible)
      writer.array(known, ([key, min, max]) => void writer.int16(key).int16(min).int16(max).tags()).int32(0)
    else {
      writer.int32(known.length)
      for (const [key, min, max] of known) writer.int16(key).int16(min).int16(max)
      if (version >= 1 && version <= 2) writer.int32(0)
    }
    return isFlexible ? writer.tags() : writer
  }

  /** @see https://www.rfc-editor.org/rfc/rfc4616 */
  #authenticate(reader: WireReader): WireWriter {
    const [, user, password] = (reader.string() ?? "").split("\0")
    const { login } = this.#parts
    this.#isIn = login === undefined || (login.user === user && login.password === password)
    const writer = new WireWriter()
    if (this.#isIn) writer.int16(KafkaError.none).string(null)
    else writer.int16(KafkaError.saslAuthenticationFailed).string("Authentication failed.")
    return writer.bytes(Buffer.alloc(0)).int64(0n).tags()
  }
}

/** Not flexible in any version. */
function handshake(reader: WireReader): WireWriter {
  const mechanism = reader.shortString()
  const plain = Buffer.from("PLAIN")
  const writer = new WireWriter().int16(mechanism === "PLAIN" ? KafkaError.none : 33)
  return writer.int32(1).int16(plain.length).raw(plain)
}
