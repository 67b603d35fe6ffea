import { AshlarError } from "@ashlar/core"
import { type BaseContext, toProblem } from "@ashlar/http"
import type { NativeTopics, WebSocketConnection, WebSocketEvents } from "@ashlar/http/upgrade"
import { checkCloseCode, closeReason } from "./close-code.ts"
import { toJson } from "./codec.ts"
import { MessageInvalid, RoomsExceeded } from "./errors.ts"
import type { LiveHub } from "./live-hub.ts"
import { checkRoomName } from "./room-name.ts"
import { EVERYBODY } from "./rooms.ts"
import type { Closing, Recipients, Socket } from "./socket.ts"
import { Turns } from "./turns.ts"

/** What all sockets of one route share. */
export interface SocketRoute {
  readonly hub: LiveHub
  readonly hooks: UntypedHooks
  readonly maxBufferedBytes: number
  readonly maxQueuedBytes: number
  readonly maxRoomsPerSocket: number
  readonly maxInvalidMessages: number
  readonly slowConsumer: "close" | "drop"
  readonly onInvalid: "answer" | "close"
}

type Later = void | Promise<void>
/** The hooks with the types rubbed off. */
export interface UntypedHooks {
  readonly open?: (socket: Socket, ctx: BaseContext) => Later
  readonly message?: (socket: Socket, message: unknown, ctx: BaseContext) => Later
  readonly drain?: (socket: Socket, ctx: BaseContext) => Later
  readonly close?: (socket: Socket, closing: Closing, ctx: BaseContext) => Later
  readonly error?: (socket: Socket, error: unknown, ctx: BaseContext) => Later
}

/** How long a client that is too slow has to take what waits for it, and with it the reason why the connection ends. */
const LAST_WORDS_MS = 2_000

const NO_ROOMS: ReadonlySet<string> = new Set()

/** One connection of a hub. There may be very many: what few of them need is made when it is needed. */
export class HubSocket implements Socket {
  readonly route: SocketRoute
  readonly ctx: BaseContext
  readonly protocol: string | undefined
  /** Set when it opens, which is before any hook sees the socket. */
  connection!: WebSocketConnection
  /** Whether it has missed messages and gets none until the client has caught up. */
  isLagging: boolean
  #number: number
  #rooms: Set<string> | undefined
  #turns: Turns | undefined
  #queuedBytes: number
  #invalid: number
  #closing: Closing | undefined
  #waiting: ((isOpen: boolean) => void)[] | undefined
  #gone: AbortController | undefined

  constructor(route: SocketRoute, ctx: BaseContext, protocol: string | undefined) {
    this.route = route
    this.ctx = ctx
    this.protocol = protocol
    this.isLagging = false
    this.#number = 0
    this.#rooms = undefined
    this.#turns = undefined
    this.#queuedBytes = 0
    this.#invalid = 0
    this.#closing = undefined
    this.#waiting = undefined
    this.#gone = undefined
  }

  get id(): string {
    return `${this.route.hub.processId}-${this.#number.toString(36)}`
  }
  get isOpen(): boolean {
    return this.#closing === undefined && this.connection.isOpen
  }
  get bufferedBytes(): number {
    return this.connection.bufferedBytes
  }
  get signal(): AbortSignal {
    if (this.#gone === undefined) {
      this.#gone = new AbortController()
      if (!this.connection.isOpen) this.#gone.abort()
    }
    return this.#gone.signal
  }
  get rooms(): ReadonlySet<string> {
    return this.#rooms ?? NO_ROOMS
  }
  get topics(): NativeTopics | undefined {
    return this.connection.topics
  }
  isIn(room: string): boolean {
    return room === EVERYBODY || this.#rooms?.has(room) === true
  }

  send(message: unknown): boolean {
    return this.deliver(this.route.hub.codec.encode(message))
  }
  /** Sends what is encoded already. */
  deliver(data: string | Uint8Array): boolean {
    if (!this.isOpen || this.isLagging) return false
    if (this.connection.bufferedBytes > this.route.maxBufferedBytes) return this.#fallBehind()
    return this.connection.send(data)
  }
  /** What is published by the runtime passes no check here, so the hub looks from time to time. */
  checkBacklog(): void {
    if (this.isOpen && !this.isLagging && this.connection.bufferedBytes > this.route.maxBufferedBytes)
      this.#fallBehind()
  }
  #fallBehind(): false {
    if (this.route.slowConsumer === "close") {
      this.close(1013, "Messages come faster than they are taken")
      // The reason waits behind everything else; who takes nothing at all will not see it.
      setTimeout(() => this.connection.terminate(), LAST_WORDS_MS).unref?.()
    } else {
      this.isLagging = true
      this.route.hub.rooms.setLagging(this, true)
    }
    return false
  }

  ready(): Promise<boolean> {
    if (!this.isOpen) return Promise.resolve(false)
    if (this.#hasRoom) return Promise.resolve(true)
    return new Promise((resolve) => {
      this.#waiting ??= []
      this.#waiting.push(resolve)
    })
  }
  get #hasRoom(): boolean {
    return this.connection.bufferedBytes <= this.route.maxBufferedBytes / 2
  }

  close(code = 1000, reason = ""): void {
    checkCloseCode(code)
    if (!this.isOpen) return
    this.#closing = { code, reason: closeReason(reason), by: "server" }
    this.#leaveAll()
    this.connection.close(code, this.#closing.reason)
  }

  join(room: string, { member }: { readonly member?: unknown } = {}): Promise<void> {
    checkRoomName(room)
    if (!this.isOpen) return Promise.resolve()
    const { hub, maxRoomsPerSocket } = this.route
    const isNew = !this.isIn(room)
    if (isNew && this.rooms.size >= maxRoomsPerSocket)
      throw new RoomsExceeded(`A socket may be in ${maxRoomsPerSocket} rooms`, { details: { maxRoomsPerSocket } })
    const listening = isNew ? this.#enter(room) : undefined
    if (member === undefined) return listening ?? Promise.resolve()
    try {
      return all(listening, hub.presence.enter(room, { id: this.id, data: member }))
    } catch (error) {
      if (isNew) this.leave(room)
      throw error
    }
  }
  #enter(room: string): Promise<void> | undefined {
    this.#rooms ??= new Set()
    this.#rooms.add(room)
    return this.route.hub.rooms.add(room, this)
  }
  leave(room: string): void {
    if (this.#rooms?.delete(room) !== true) return
    this.route.hub.rooms.remove(room, this)
    this.route.hub.presence.leave(room, this.id)
  }
  #leaveAll(): void {
    for (const room of this.rooms) this.leave(room)
  }
  to(room: string): Recipients<unknown> {
    checkRoomName(room)
    return { send: (message) => this.route.hub.send(room, message, this) }
  }
  broadcast(message: unknown): void {
    this.route.hub.sendToAll(message, this)
  }

  /* What the connection tells. */

  opened(connection: WebSocketConnection): void {
    this.connection = connection
    this.#number = this.route.hub.attach(this)
    if (this.route.hooks.open !== undefined) this.#take(() => this.#call("open"))
  }
  received(data: string | Uint8Array): void {
    const turns = this.#turns
    if (turns === undefined) {
      this.#wait(this.#handle(data))
      return
    }
    this.#queuedBytes += data.length
    if (this.#queuedBytes > this.route.maxQueuedBytes) {
      this.close(1013, "Messages come faster than they are worked on")
      return
    }
    turns.push(() => {
      this.#queuedBytes -= data.length
      return this.#handle(data)
    })
  }
  drained(): void {
    if (!this.isOpen || !this.#hasRoom) return
    if (this.isLagging) {
      this.isLagging = false
      this.route.hub.rooms.setLagging(this, false)
    }
    const waiting = this.#waiting ?? []
    this.#waiting = undefined
    for (const resolve of waiting) resolve(true)
    if (this.route.hooks.drain !== undefined) this.#take(() => this.#call("drain"))
  }
  closed(code: number, reason: string): void {
    const isServers = this.ctx.draining.aborted && code === 1001
    this.#closing ??= { code, reason, by: isServers ? "server" : "client" }
    this.#leaveAll()
    this.route.hub.detach(this)
    this.#gone?.abort()
    for (const resolve of this.#waiting ?? []) resolve(false)
    const closing = this.#closing
    if (this.route.hooks.close !== undefined) this.#take(() => this.#call("close", closing))
  }

  /* Hooks, one after the other. */

  #take(work: () => Later): void {
    if (this.#turns === undefined) this.#wait(work())
    else this.#turns.push(work)
  }
  #wait(pending: Later): void {
    if (!(pending instanceof Promise)) return
    const turns = new Turns(this.connection)
    this.#turns = turns
    void turns.wait(pending).then(() => {
      this.#turns = undefined
    })
  }
  #handle(data: string | Uint8Array): Later {
    if (this.#closing?.by === "server") return
    let message: unknown
    try {
      message = this.route.hub.codec.decode(data)
    } catch (error) {
      return this.#refuse(error)
    }
    this.#invalid = 0
    return this.#call("message", message)
  }
  /** What the client did wrong with a message, as a frame or as the end. */
  #refuse(error: unknown): Later {
    const { onInvalid, maxInvalidMessages } = this.route
    if (!(error instanceof MessageInvalid)) return this.#failed(error)
    this.#invalid++
    const isMalformed = error.details === undefined
    if (onInvalid === "close" || this.#invalid > maxInvalidMessages)
      this.close(isMalformed ? 1007 : 1008, error.message)
    else this.#tell(error)
    return undefined
  }
  /** Tells the client of an error, where messages are JSON, and so can say it. */
  #tell(error: unknown): void {
    if (this.isOpen)
      this.connection.send(toJson(toProblem(error, error instanceof AshlarError ? undefined : this.ctx.id)))
  }
  /** What a hook threw. Errors that are meant for the client leave the connection open; a defect ends it. */
  #failed(error: unknown): Later {
    const { error: hook } = this.route.hooks
    if (hook === undefined) return this.#answerFailure(error)
    try {
      const pending = hook(this, error, this.ctx)
      return pending instanceof Promise ? pending.catch((other: unknown) => this.#answerFailure(other)) : undefined
    } catch (other) {
      return this.#answerFailure(other)
    }
  }
  #answerFailure(error: unknown): void {
    const isExpected = error instanceof AshlarError && error.status < 500
    const { isJson } = this.route.hub.codec
    if (isJson) this.#tell(error)
    if (!isExpected) {
      this.#closing ??= { code: 1011, reason: "", by: "server" }
      this.connection.fail(error)
    } else if (!isJson) this.close(1008, error.code)
  }
  #call(name: "open" | "message" | "drain" | "close", value?: unknown): Later {
    const { hooks } = this.route
    try {
      const hook = hooks[name] as ((...args: readonly unknown[]) => Later) | undefined
      const pending = value === undefined && name !== "message" ? hook?.(this, this.ctx) : hook?.(this, value, this.ctx)
      return pending instanceof Promise ? pending.catch((error: unknown) => this.#failed(error)) : undefined
    } catch (error) {
      return this.#failed(error)
    }
  }
}

/** The events of every connection of every hub: each finds its socket in the connection's data. */
export const socketEvents: WebSocketEvents = {
  open: (connection) => (connection.data as HubSocket).opened(connection),
  message: ({ data }, message) => (data as HubSocket).received(message),
  drain: ({ data }) => (data as HubSocket).drained(),
  close: ({ data }, code, reason) => (data as HubSocket).closed(code, reason),
}

async function all(one: Promise<void> | undefined, other: Promise<void>): Promise<void> {
  await Promise.all([one, other])
}
