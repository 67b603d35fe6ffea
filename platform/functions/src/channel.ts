/**
 * One end of the channel between the platform and a function's process. The channel is the identity: whoever speaks on it
 * is the process that was started with it, so a frame needs no token, and an id counts on its own channel only.
 */

import type { AshlarError } from "@ashlar/core"
import { Crashed, ProtocolError } from "./errors.ts"
import { Exchange, type ExchangeWire } from "./exchange.ts"
import {
  decodeCredit,
  decodeHead,
  decodeJson,
  encodeFrame,
  encodeHead,
  type Frame,
  FrameReader,
  frameType,
  maxLogBytes,
} from "./frames.ts"
import type { LogMessage } from "./messages.ts"

/** Ids from here on are the function's: the two sides never open the same id. */
const FIRST_GUEST_ID = 0x80000000
/** The function's runner keeps its questions below this; more at once come from elsewhere. */
const MAX_OPEN_QUESTIONS = 128
/** More than all exchanges together may have on their way: only a peer that does not read gets here. */
const MAX_QUEUED_BYTES = 64 * 1024 * 1024
/** Frames for ids that just ended are normal. So many within a second are not. */
const MAX_STRAYS_PER_SECOND = 1000

/** The part of a socket that a channel writes to. */
export interface ChannelSocket {
  /** Writes what fits now and returns how many bytes that was. */
  write(bytes: Uint8Array): number
  end(): void
}

export interface ChannelOptions {
  /** The platform's end trusts nothing that it reads. */
  readonly role: "host" | "guest"
  /** The peer asks. */
  readonly onOpen: (exchange: Exchange) => void
  /** A line for the log. `id` is a live exchange's or 0. Host only. */
  readonly onLog?: (id: number, line: unknown) => void
  /** The process is up; `report` is what it says of itself. Host only. */
  readonly onReady?: (report: unknown) => void
  /** The channel is of no use any more: the peer broke the protocol, or is gone. Called once. */
  readonly onFault: (error: AshlarError) => void
}

export class Channel {
  readonly #options: ChannelOptions
  readonly #reader = new FrameReader()
  readonly #exchanges = new Map<number, Exchange>()
  readonly #wire: ExchangeWire
  #socket: ChannelSocket | undefined
  #queue: Uint8Array[] = []
  #queuedBytes = 0
  #flushing = false
  #blocked = false
  #nextId: number
  #highestPeerId: number
  #peerExchanges = 0
  #ready = false
  #strays = 0
  #straysSinceMs = 0
  #fault: AshlarError | undefined

  constructor(options: ChannelOptions) {
    this.#options = options
    this.#nextId = options.role === "host" ? 1 : FIRST_GUEST_ID
    this.#highestPeerId = options.role === "host" ? FIRST_GUEST_ID - 1 : 0
    this.#wire = {
      send: (frame) => this.#send(frame),
      close: (exchange) => this.#forget(exchange),
    }
  }

  /** Gives the channel its socket. What was sent before goes out now. */
  attach(socket: ChannelSocket): void {
    this.#socket = socket
    this.#flush()
  }

  /** How many exchanges are under way, in both directions. */
  get live(): number {
    return this.#exchanges.size
  }

  /** Asks the peer. @throws {FUNCTIONS_CRASHED} or the fault's own code when the channel is gone. */
  open(head: unknown, first: Uint8Array, end: boolean): Exchange {
    if (this.#fault) throw this.#fault
    const exchange = new Exchange(this.#wire, this.#nextId++, { head, opener: true })
    this.#exchanges.set(exchange.id, exchange)
    // A long first body goes on by itself; its failure is the exchange's own.
    exchange.ask(first, end).catch(() => {})
    return exchange
  }

  /** Sends a log line. `id` is the exchange that it belongs to, or 0. Fields that make it too long are left out. Guest only. */
  log(id: number, line: LogMessage): void {
    let payload = Buffer.from(JSON.stringify(line))
    if (payload.length > maxLogBytes)
      payload = Buffer.from(
        JSON.stringify({ ...line, message: line.message.slice(0, 4096), fields: { dropped: "too long" } }),
      )
    this.#send(encodeFrame(frameType.log, id, payload))
  }

  /** Says that the process is up. Guest only. */
  ready(report: unknown): void {
    this.#send(encodeHead(frameType.ready, 0, { head: report, body: new Uint8Array(0) }, false))
  }

  /** Takes bytes from the socket. */
  receive(bytes: Uint8Array): void {
    if (this.#fault) return
    try {
      this.#reader.push(bytes, (frame) => this.#take(frame))
    } catch (error) {
      this.fail(error instanceof ProtocolError ? error : new ProtocolError(undefined, { cause: error }))
    }
  }

  /** The socket takes bytes again. */
  drained(): void {
    this.#blocked = false
    this.#flush()
  }

  /** Ends the channel and everything on it. Only the first call counts. */
  fail(error: AshlarError = new Crashed()): void {
    if (this.#fault) return
    this.#fault = error
    this.#queue = []
    for (const exchange of [...this.#exchanges.values()]) exchange.abandon(error)
    this.#socket?.end()
    this.#options.onFault(error)
  }

  #take(frame: Frame): void {
    if (this.#fault) return
    const { type, id } = frame
    const exchange = this.#exchanges.get(id)
    if (type === frameType.open) this.#accept(frame)
    else if (type === frameType.log || type === frameType.ready) this.#tell(frame)
    else if (!exchange) this.#stray(id)
    else if (type === frameType.data) exchange.received(frame.payload, frame.end)
    else if (type === frameType.credit) exchange.credited(decodeCredit(frame.payload))
    else if (type === frameType.cancel) exchange.cancelled()
    else {
      const { head, body } = decodeHead(frame.payload)
      exchange.replied(head, body, frame.end)
    }
  }

  #accept(frame: Frame): void {
    const mine = frame.id >= FIRST_GUEST_ID === (this.#options.role === "guest")
    if (mine || frame.id <= this.#highestPeerId)
      throw new ProtocolError(`Got a question under the used id ${frame.id}.`)
    if (this.#options.role === "host" && this.#peerExchanges >= MAX_OPEN_QUESTIONS)
      throw new ProtocolError(`Got more than ${MAX_OPEN_QUESTIONS} questions at once.`)
    this.#highestPeerId = frame.id
    const { head, body } = decodeHead(frame.payload)
    const exchange = new Exchange(this.#wire, frame.id, { head, opener: false })
    this.#exchanges.set(exchange.id, exchange)
    this.#peerExchanges++
    if (body.length > 0 || frame.end) exchange.received(body, frame.end)
    this.#options.onOpen(exchange)
  }

  #tell(frame: Frame): void {
    if (this.#options.role === "guest") throw new ProtocolError("Got a frame that only a function's process sends.")
    if (frame.type === frameType.ready) this.#becomeReady(frame)
    else if (frame.id !== 0 && !this.#exchanges.has(frame.id)) this.#stray(frame.id)
    else if (frame.payload.length > maxLogBytes) throw new ProtocolError("Got a log line that is too long.")
    else this.#options.onLog?.(frame.id, decodeJson(frame.payload))
  }

  #becomeReady(frame: Frame): void {
    if (this.#ready) throw new ProtocolError("Got a second greeting.")
    this.#ready = true
    this.#options.onReady?.(decodeHead(frame.payload).head)
  }

  /** A frame for an exchange that is over. One that never was is forged. */
  #stray(id: number): void {
    const issued = id >= FIRST_GUEST_ID === (this.#options.role === "guest") ? this.#nextId - 1 : this.#highestPeerId
    if (id === 0 || id > issued) throw new ProtocolError(`Got a frame under the id ${id}, which was never used.`)
    if (this.#options.role === "guest") return
    const nowMs = performance.now()
    if (nowMs - this.#straysSinceMs > 1000) {
      this.#straysSinceMs = nowMs
      this.#strays = 0
    }
    if (++this.#strays > MAX_STRAYS_PER_SECOND)
      throw new ProtocolError("Got a flood of frames for exchanges that are over.")
  }

  #forget(exchange: Exchange): void {
    if (!this.#exchanges.delete(exchange.id)) return
    if (exchange.id >= FIRST_GUEST_ID === (this.#options.role === "host")) this.#peerExchanges--
  }

  #send(frame: Uint8Array): void {
    if (this.#fault) return
    this.#queue.push(frame)
    this.#queuedBytes += frame.length
    if (this.#queuedBytes > MAX_QUEUED_BYTES) {
      this.fail(new ProtocolError("The peer does not read its channel."))
      return
    }
    if (this.#flushing || this.#blocked) return
    // One write for all that this turn of the loop sends.
    this.#flushing = true
    queueMicrotask(() => {
      this.#flushing = false
      this.#flush()
    })
  }

  #flush(): void {
    if (!this.#socket || this.#blocked || this.#fault || this.#queue.length === 0) return
    const bytes = this.#queue.length === 1 ? this.#queue[0]! : Buffer.concat(this.#queue)
    const written = Math.max(0, this.#socket.write(bytes))
    this.#queuedBytes = bytes.length - written
    this.#blocked = written < bytes.length
    this.#queue = this.#blocked ? [bytes.subarray(written)] : []
  }
}
