import type { AnySchema } from "@ashlar/http"
import type { Bus } from "./bus/bus.ts"
import { BusLink } from "./bus/link.ts"
import { checkCloseCode } from "./close-code.ts"
import { type Codec, createCodec, type Messages } from "./codec.ts"
import { OptionInvalid } from "./errors.ts"
import type { HubSocket } from "./hub-socket.ts"
import { Presence, type PresenceEvents } from "./presence.ts"
import { checkRoomName } from "./room-name.ts"
import { EVERYBODY, type Hearer, Rooms } from "./rooms.ts"

/** What a hub is made from, with the types rubbed off. */
export interface LiveHubOptions {
  readonly bus: string | Bus
  readonly name: string
  readonly messages: Messages | undefined
  readonly member: AnySchema | undefined
  readonly checkMessages: boolean
  readonly presenceTtlSeconds: number
  readonly maxMembersPerRoom: number
  readonly maxMemberBytes: number
  readonly presence: PresenceEvents
  readonly onError: (error: unknown) => void
}

/** Somebody in a room who is no socket: an event stream, a bot. */
export interface Attendance {
  readonly id: string
  /** Ends when the messages of other processes come too. Never rejects. */
  readonly ready: Promise<void>
  leave(): void
}

/** How a message crosses the bus: who sent it, then one letter, then the rest. */
const TEXT = "t"
const BYTES = "b"
const CLOSE = "c"

/** A hub that runs: the sockets of this process, and its way to those of the others. */
export class LiveHub {
  /** Tells processes apart, for as long as this one lives. */
  readonly processId: string = crypto.randomUUID().replaceAll("-", "").slice(0, 16)
  readonly codec: Codec
  readonly messages: Messages | undefined
  readonly rooms: Rooms
  readonly presence: Presence
  readonly #name: string
  readonly #onError: (error: unknown) => void
  readonly #link: BusLink | undefined
  readonly #sockets = new Set<HubSocket>()
  #count = 0
  /** Whether every socket is in the room of everybody. */
  #isGathered = false
  #listensToAll = false
  #sentSinceCheck = 0
  #checkEveryBytes = Number.POSITIVE_INFINITY

  constructor(options: LiveHubOptions) {
    const { bus, name, messages, checkMessages, onError } = options
    this.#name = name
    this.#onError = onError
    this.messages = messages
    this.codec = createCodec(messages, checkMessages)
    this.#link = bus === "memory:" ? undefined : new BusLink(bus, onError)
    this.rooms = new Rooms(`${this.processId}/`, (room) => this.#listenTo(room))
    this.presence = new Presence({ ...options, processId: this.processId, link: this.#link })
  }

  get size(): number {
    return this.#sockets.size
  }

  /** @returns the socket's number, which no other of this process has. */
  attach(socket: HubSocket): number {
    this.#sockets.add(socket)
    this.#checkEveryBytes = Math.min(this.#checkEveryBytes, socket.route.maxBufferedBytes / 2)
    if (this.#isGathered) void this.rooms.add(EVERYBODY, socket)
    if (!this.#listensToAll && this.#link !== undefined) {
      this.#listensToAll = true
      this.#link.listen(this.#topicOf(EVERYBODY), (payload) => this.#receive(EVERYBODY, payload))
    }
    return ++this.#count
  }
  detach(socket: HubSocket): void {
    if (this.#sockets.delete(socket) && this.#isGathered) this.rooms.remove(EVERYBODY, socket)
  }

  /** To everybody in a room, in all processes. */
  send(room: string, message: unknown, except?: HubSocket): void {
    const data = this.codec.encode(message)
    this.#deliver(room, data, except)
    this.#publish(room, data)
  }
  sendToAll(message: unknown, except?: HubSocket): void {
    this.send(EVERYBODY, message, except)
  }
  /** To those in this process. */
  sendLocal(room: string, message: unknown): void {
    this.#deliver(room, this.codec.encode(message))
  }
  /** Lets somebody into a room who is no socket. */
  attend(room: string, { hear, member }: { hear?: (message: unknown) => void; member?: unknown }): Attendance {
    const id = `${this.processId}-${(++this.#count).toString(36)}`
    const hearer: Hearer = (data) => {
      try {
        hear?.(this.codec.isJson ? JSON.parse(data as string) : data)
      } catch (error) {
        this.#onError(error)
      }
    }
    const shown = member === undefined ? undefined : this.presence.enter(room, { id, data: member })
    const ready = Promise.all([shown, this.rooms.addHearer(room, hearer)]).then(() => undefined)
    const leave = (): void => {
      this.rooms.removeHearer(room, hearer)
      this.presence.leave(room, id)
    }
    return { id, ready, leave }
  }
  closeRoom(room: string, code: number, reason: string): void {
    checkRoomName(room)
    checkCloseCode(code)
    this.#closeLocal(room, code, reason)
    this.#link?.publish(this.#topicOf(room), `${this.processId}${CLOSE}${code} ${reason}`)
  }
  async open(): Promise<void> {
    await this.#link?.open()
  }
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.close(1001, "The server is stopping")
    this.presence.close()
    await this.#link?.close()
  }

  #deliver(room: string, data: string | Uint8Array, except?: HubSocket): void {
    if (room === EVERYBODY) this.#gather()
    this.rooms.deliver(room, data, except)
    this.#sentSinceCheck += data.length
    if (this.#sentSinceCheck < this.#checkEveryBytes) return
    // A runtime that fans out by itself asks nobody whether a client keeps up. It cannot have fallen behind by more than
    // what was sent since the last look, so a look now and then, by bytes and not by time, catches all.
    this.#sentSinceCheck = 0
    for (const socket of this.#sockets) socket.checkBacklog()
  }
  #gather(): void {
    if (this.#isGathered) return
    this.#isGathered = true
    for (const socket of this.#sockets) void this.rooms.add(EVERYBODY, socket)
  }
  #closeLocal(room: string, code: number, reason: string): void {
    for (const socket of this.#sockets) if (socket.isIn(room)) socket.close(code, reason)
  }

  #topicOf(room: string): string {
    return room === EVERYBODY ? `${this.#name}/all` : `${this.#name}/room/${room}`
  }
  #listenTo(room: string): ReturnType<BusLink["listen"]> | undefined {
    if (room === EVERYBODY) return undefined // the hub listens to that itself, as soon as there is one socket
    return this.#link?.listen(this.#topicOf(room), (payload) => this.#receive(room, payload))
  }
  #publish(room: string, data: string | Uint8Array): void {
    if (this.#link === undefined) return
    const body = typeof data === "string" ? TEXT + data : BYTES + toBase64(data)
    this.#link.publish(this.#topicOf(room), this.processId + body)
  }
  #receive(room: string, payload: string): void {
    const { length } = this.processId
    if (payload.startsWith(this.processId)) return // delivered when it was sent
    const body = payload.slice(length + 1)
    if (payload[length] === TEXT) this.#deliver(room, body)
    else if (payload[length] === BYTES) this.#deliver(room, fromBase64(body))
    else if (payload[length] === CLOSE) {
      const [code, ...reason] = body.split(" ")
      this.#closeLocal(room, Number(code), reason.join(" "))
    }
  }
}

function toBase64(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64")
}
function fromBase64(text: string): Uint8Array {
  return Buffer.from(text, "base64")
}

/** @throws {WEBSOCKET_OPTION_INVALID} */
export function checkWhole(name: string, value: number, [min, max]: readonly [min: number, max: number]): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new OptionInvalid(`Expected \`${name}\` to be a whole number from ${min} to ${max}, got ${value}`)
}
