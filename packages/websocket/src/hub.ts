import type { AnySchema, In, Out } from "@ashlar/http"
import type { Bus } from "./bus/bus.ts"
import type { Messages } from "./codec.ts"
import { OptionInvalid } from "./errors.ts"
import { type Attendance, checkWhole, LiveHub } from "./live-hub.ts"
import type { Member, PresenceEvents } from "./presence.ts"
import { checkRoomName } from "./room-name.ts"
import { EVERYBODY } from "./rooms.ts"
import type { Recipients } from "./socket.ts"

/** What clients of a hub may send: text or bytes, or with `messages` what its schema gives, or any JSON. */
export type Incoming<M> = M extends { in: infer S extends AnySchema }
  ? Out<S>
  : M extends Messages
    ? unknown
    : string | Uint8Array
/** What they are sent. */
export type Outgoing<M> = M extends { out: infer S extends AnySchema }
  ? In<S>
  : M extends Messages
    ? unknown
    : string | Uint8Array
/** What a member of a room shows of itself. */
export type MemberOf<P> = P extends AnySchema ? In<P> : unknown

/** What a hub is made from. */
export interface HubOptions<M extends Messages | undefined = undefined, P extends AnySchema | undefined = undefined> {
  /**
   * How the hub's processes reach each other: the URL of a bus (`redis://`, `valkey://`, `nats://`), or one of your own. Default
   * `memory:`, which is this process alone.
   */
  readonly bus?: string | Bus
  /** Hubs of one name on one bus are one hub. Needed with a bus; 1 to 64 characters. */
  readonly name?: string
  /** Makes messages JSON, and says what they may be. */
  readonly messages?: M | undefined
  /** What members of rooms show of themselves. */
  readonly member?: P
  /** Told who comes to the rooms of this process's sockets, and who goes. */
  readonly presence?: PresenceEvents<MemberOf<P>>
  /** How long a process may be silent until its members are gone, 1 to 3,600. It says that it lives three times as often. Default 15. */
  readonly presenceTtlSeconds?: number
  /** How many members a room may have, over all processes. 1 to 1,000,000, default 10,000. */
  readonly maxMembersPerRoom?: number
  /** How large what a member shows may be, as JSON. 1 to 65,536, default 1,024. */
  readonly maxMemberBytes?: number
  /** Hold outgoing messages to their schema. Default: outside production (`NODE_ENV`). */
  readonly checkMessages?: boolean
  /** Told when the bus fails; sockets of this process are served all the same. Default: written to standard error. */
  readonly onError?: (error: unknown) => void
}

/** One room, in all processes. */
export interface Room<Sent = unknown, Shown = unknown> extends Recipients<Sent> {
  /** Sends to the sockets of this process: for what every process is told of by itself, as by `presence`. */
  sendLocal(message: Sent): void
  /**
   * Comes in as something that is no socket, such as an event stream or a bot: `hear` gets what is sent to the room, and
   * with `member` others see that it is there. It stays until it leaves.
   * @throws {WEBSOCKET_MEMBERS_EXCEEDED} {WEBSOCKET_OPTION_INVALID}
   */
  attend(as: { readonly hear?: (message: Sent) => void; readonly member?: Shown }): Attendance
  /** How many sockets, and others who attend, of this process are in it. */
  readonly size: number
  /** Those who joined with `member`, in all processes; asks the others unless sockets of this one are in the room. */
  members(): Promise<readonly Member<Shown>[]>
  /** Closes the connections of everybody in it. @throws {WEBSOCKET_CLOSE_INVALID} */
  close(code?: number, reason?: string): void
}

/** Where sockets meet: rooms, presence, and the way to the sockets of other processes. */
export interface Hub<Received = unknown, Sent = unknown, Shown = unknown> {
  /** @throws {WEBSOCKET_OPTION_INVALID} when no room can have this name. */
  room(name: string): Room<Sent, Shown>
  /** Sends to everybody, in all processes. @throws {WEBSOCKET_MESSAGE_UNSENDABLE} */
  broadcast(message: Sent): void
  /** How many sockets this process has. */
  readonly size: number
  /**
   * Connects to the bus now, and not at the first need of it.
   * @throws {WEBSOCKET_BUS_FAILED} when it does not answer. {CORE_DRIVER_PACKAGE_MISSING}
   */
  open(): Promise<void>
  /** Closes all sockets with 1001, says goodbye to the other processes, and gives the bus back. */
  close(): Promise<void>
  readonly "~in"?: Received
}

/**
 * Makes a hub.
 *
 * @throws {WEBSOCKET_OPTION_INVALID} {CORE_DRIVER_UNKNOWN} {CORE_DRIVER_URL_INVALID}
 * @example
 * const chat = createHub({ name: "chat", bus: process.env.BUS_URL ?? "memory:", messages: { in: Said, out: Heard } })
 */
export function createHub<
  const M extends Messages | undefined = undefined,
  const P extends AnySchema | undefined = undefined,
>(options: HubOptions<M, P> = {}): Hub<Incoming<M>, Outgoing<M>, MemberOf<P>> {
  const { bus = "memory:", name, presenceTtlSeconds = 15, maxMembersPerRoom = 10_000, maxMemberBytes = 1024 } = options
  if (bus !== "memory:" && name === undefined)
    throw new OptionInvalid("A hub with a bus needs a `name`: hubs of one name on one bus are one hub")
  if (name !== undefined && (name.length === 0 || name.length > 64))
    throw new OptionInvalid(`Expected a \`name\` of 1 to 64 characters, got ${name.length}`)
  const live = new LiveHub({
    bus,
    name: name ?? "hub",
    messages: options.messages,
    member: options.member,
    checkMessages: options.checkMessages ?? !isProduction(),
    presenceTtlSeconds: checkWhole("presenceTtlSeconds", presenceTtlSeconds, [1, 3600]),
    maxMembersPerRoom: checkWhole("maxMembersPerRoom", maxMembersPerRoom, [1, 1_000_000]),
    maxMemberBytes: checkWhole("maxMemberBytes", maxMemberBytes, [1, 65_536]),
    presence: (options.presence ?? {}) as PresenceEvents,
    onError: options.onError ?? ((error) => console.error("websocket hub", error)),
  })
  const hub: Hub = {
    room: (room) => roomOf(live, room),
    broadcast: (message) => live.send(EVERYBODY, message),
    get size() {
      return live.size
    },
    open: () => live.open(),
    close: () => live.close(),
  }
  living.set(hub, live)
  return hub as Hub<Incoming<M>, Outgoing<M>, MemberOf<P>>
}

const living = new WeakMap<object, LiveHub>()

/** What is behind a hub, for the routes that use it. */
export function liveHubOf(hub: object): LiveHub {
  const live = living.get(hub)
  if (live === undefined) throw new OptionInvalid("Expected a hub made by createHub")
  return live
}

function roomOf(live: LiveHub, name: string): Room {
  checkRoomName(name)
  return {
    send: (message) => live.send(name, message),
    sendLocal: (message) => live.sendLocal(name, message),
    attend: (as) => live.attend(name, as),
    get size() {
      return live.rooms.size(name)
    },
    members: () => live.presence.members(name),
    close: (code = 1000, reason = "") => live.closeRoom(name, code, reason),
  }
}

function isProduction(): boolean {
  return typeof process !== "undefined" && process.env.NODE_ENV === "production"
}
