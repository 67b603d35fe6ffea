import type { AnySchema } from "@ashlar/http"
import type { BusLink, Listening } from "./bus/link.ts"
import { toJson } from "./codec.ts"
import { MembersExceeded, OptionInvalid } from "./errors.ts"
import { Peers } from "./peers.ts"

/** Somebody who is in a room: a socket, and what it shows of itself. */
export interface Member<Data = unknown> {
  /** The id of the socket. One person with two connections is two members. */
  readonly id: string
  readonly data: Data
}

/**
 * What happens in the rooms in which sockets of this process are members; each process is told of its own members and of
 * everybody else's. They run as things happen, and must not throw.
 */
export interface PresenceEvents<Data = unknown> {
  /** It came, or shows something else now. */
  readonly join?: (room: string, member: Member<Data>) => void
  readonly leave?: (room: string, member: Member<Data>) => void
}

export interface PresenceOptions {
  readonly processId: string
  readonly name: string
  readonly link: BusLink | undefined
  readonly member: AnySchema | undefined
  readonly presence: PresenceEvents
  readonly presenceTtlSeconds: number
  readonly maxMembersPerRoom: number
  readonly maxMemberBytes: number
  readonly onError: (error: unknown) => void
}

/** What a process tells of its own members in one room. A list in several parts is whole with the last of them. */
type Note =
  | { readonly kind: "join"; readonly room: string; readonly member: Member }
  | { readonly kind: "leave"; readonly room: string; readonly id: string }
  | { readonly kind: "list"; readonly room: string; readonly members: readonly Member[]; readonly isLast: boolean }
  | { readonly kind: "ask"; readonly room: string }

type Members = Map<string, Member>

/** One room as this process knows it. */
interface PresentRoom {
  readonly own: Members
  /** By process. */
  readonly others: Map<string, Members>
  /** Lists of which not all parts have come. */
  readonly partial: Map<string, Members>
  readonly listening: Listening | undefined
  /** The processes that were asked first, and have not answered. */
  readonly awaited: Set<string>
  /** Whether what comes now is news: until all have answered, it is how the room was found. */
  isSynced: boolean
  answered: (() => void) | undefined
  /** Ends when everybody has answered, or has had the time to. */
  synced: Promise<void>
  /** The room is known as long as somebody looks at it, or is in it. */
  readers: number
}

/** How long an answer may take from a process that may be gone. */
const ANSWER_MS = 1_000
/** So much of a list goes into one payload: there are buses that carry no more than a megabyte. */
const PART_LENGTH = 128 * 1024

/**
 * Who is in which room. No store is behind it: each process answers for its own sockets, says when one comes or goes, and
 * says now and then that it is alive. One that is silent for `presenceTtlSeconds` is gone, and its members with it.
 */
export class Presence {
  readonly #options: PresenceOptions
  readonly #rooms = new Map<string, PresentRoom>()
  readonly #peers: Peers | undefined

  constructor(options: PresenceOptions) {
    this.#options = options
    const { link, name, processId, presenceTtlSeconds: ttlSeconds } = options
    if (link === undefined) return
    this.#peers = new Peers(
      link,
      { name, processId, ttlSeconds },
      {
        note: (note, peer) => this.#hear(note as Note, peer),
        came: (peer) => {
          for (const room of this.#rooms.keys()) this.#peers?.tell(peer, { kind: "ask", room })
        },
        went: (peer) => this.#forget(peer),
      },
    )
    link.onResume(() => this.#resume())
  }

  /** Ends when the members of other processes are known too. @throws {WEBSOCKET_MEMBERS_EXCEEDED} {WEBSOCKET_OPTION_INVALID} */
  enter(name: string, { id, data }: Member): Promise<void> {
    const { maxMembersPerRoom, maxMemberBytes, member: schema } = this.#options
    const member = { id, data: shown(data, schema, maxMemberBytes) }
    const known = this.#rooms.get(name)
    if (known !== undefined && !known.own.has(id) && sizeOf(known) >= maxMembersPerRoom)
      throw new MembersExceeded(`A room may have ${maxMembersPerRoom} members`, { details: { maxMembersPerRoom } })
    const room = known ?? this.#begin(name)
    room.own.set(id, member)
    this.#announce({ kind: "join", room: name, member })
    this.#options.presence.join?.(name, member)
    return room.synced
  }
  leave(name: string, id: string): void {
    const room = this.#rooms.get(name)
    const member = room?.own.get(id)
    if (room === undefined || member === undefined) return
    room.own.delete(id)
    this.#announce({ kind: "leave", room: name, id })
    this.#options.presence.leave?.(name, member)
    this.#endIfIdle(name, room)
  }
  async members(name: string): Promise<readonly Member[]> {
    const room = this.#rooms.get(name) ?? this.#begin(name)
    room.readers++
    try {
      await room.synced
      return [room.own, ...room.others.values()].flatMap((members) => [...members.values()])
    } finally {
      room.readers--
      this.#endIfIdle(name, room)
    }
  }
  close(): void {
    this.#peers?.close()
    for (const { listening } of this.#rooms.values()) listening?.end()
    this.#rooms.clear()
  }

  #begin(name: string): PresentRoom {
    const { link } = this.#options
    const room: PresentRoom = {
      own: new Map(),
      others: new Map(),
      partial: new Map(),
      listening: link?.listen(this.#topicOf(name), (payload) => this.#receive(payload)),
      awaited: new Set(),
      isSynced: false,
      answered: undefined,
      synced: Promise.resolve(),
      readers: 0,
    }
    this.#rooms.set(name, room)
    if (this.#peers !== undefined) room.synced = this.#sync(name, room, this.#peers)
    return room
  }
  /** Asks all the others, once their news of the room reach this process: what happens after their answer is heard. */
  async #sync(name: string, room: PresentRoom, peers: Peers): Promise<void> {
    await Promise.all([peers.start(), room.listening?.ready])
    for (const peer of peers.all()) {
      room.awaited.add(peer)
      peers.tell(peer, { kind: "ask", room: name })
    }
    if (room.awaited.size > 0) {
      let timer: ReturnType<typeof setTimeout> | undefined
      await new Promise<void>((resolve) => {
        room.answered = resolve
        timer = setTimeout(resolve, ANSWER_MS)
      })
      clearTimeout(timer)
      room.awaited.clear()
    }
    room.isSynced = true
  }
  #endIfIdle(name: string, room: PresentRoom): void {
    if (room.own.size > 0 || room.readers > 0 || this.#rooms.get(name) !== room) return
    this.#rooms.delete(name)
    room.listening?.end()
  }

  #topicOf(room: string): string {
    return `${this.#options.name}/presence/${room}`
  }
  #announce(note: Note): void {
    this.#options.link?.publish(this.#topicOf(note.room), JSON.stringify({ from: this.#options.processId, note }))
  }
  #receive(payload: string): void {
    const { from, note } = JSON.parse(payload) as { from: string; note: Note }
    if (from !== this.#options.processId) this.#hear(note, from)
  }

  #hear(note: Note, peer: string): void {
    const room = this.#rooms.get(note.room)
    if (note.kind === "ask") for (const part of listsOf(note.room, room?.own)) this.#peers?.tell(peer, part)
    if (room === undefined) return
    if (note.kind === "join") this.#put(room, peer, note)
    if (note.kind === "leave") this.#drop(room, peer, note)
    if (note.kind === "list") this.#replace(room, peer, note)
  }
  #put(room: PresentRoom, peer: string, { room: name, member }: Note & { kind: "join" }): void {
    const members = room.others.get(peer) ?? new Map<string, Member>()
    room.others.set(peer, members.set(member.id, member))
    this.#options.presence.join?.(name, member)
  }
  #drop(room: PresentRoom, peer: string, { room: name, id }: Note & { kind: "leave" }): void {
    const member = room.others.get(peer)?.get(id)
    if (member === undefined) return
    room.others.get(peer)!.delete(id)
    this.#options.presence.leave?.(name, member)
  }
  /** What a peer answers is what is true. */
  #replace(room: PresentRoom, peer: string, { room: name, members, isLast }: Note & { kind: "list" }): void {
    const list = room.partial.get(peer) ?? new Map<string, Member>()
    for (const member of members) list.set(member.id, member)
    if (!isLast) {
      room.partial.set(peer, list)
      return
    }
    room.partial.delete(peer)
    const before = room.others.get(peer) ?? new Map<string, Member>()
    room.others.set(peer, list)
    const { join, leave } = this.#options.presence
    if (room.isSynced) {
      for (const member of list.values()) if (!before.has(member.id)) join?.(name, member)
      for (const member of before.values()) if (!list.has(member.id)) leave?.(name, member)
    }
    if (room.awaited.delete(peer) && room.awaited.size === 0) room.answered?.()
  }
  #forget(peer: string): void {
    for (const [name, room] of this.#rooms) {
      const members = room.others.get(peer)
      room.others.delete(peer)
      room.partial.delete(peer)
      if (room.awaited.delete(peer) && room.awaited.size === 0) room.answered?.()
      for (const member of members?.values() ?? []) this.#options.presence.leave?.(name, member)
    }
  }
  /** The connection to the bus was lost for a while: tell what may have been missed, and ask for it. */
  #resume(): void {
    for (const [name, room] of this.#rooms) {
      for (const part of listsOf(name, room.own)) this.#announce(part)
      for (const peer of this.#peers?.all() ?? []) this.#peers?.tell(peer, { kind: "ask", room: name })
    }
  }
}

function sizeOf({ own, others }: PresentRoom): number {
  let size = own.size
  for (const members of others.values()) size += members.size
  return size
}

/** The members as notes that each fit into one payload; one note at least, for "nobody" is an answer. */
function* listsOf(room: string, own: Members | undefined): Generator<Note> {
  let members: Member[] = []
  let length = 0
  for (const member of own?.values() ?? []) {
    const size = JSON.stringify(member).length
    if (length + size > PART_LENGTH && members.length > 0) {
      yield { kind: "list", room, members, isLast: false }
      members = []
      length = 0
    }
    members.push(member)
    length += size
  }
  yield { kind: "list", room, members, isLast: true }
}

/** What a member shows, as it will be on the other side of the bus. */
function shown(data: unknown, schema: AnySchema | undefined, maxMemberBytes: number): unknown {
  const json = toJson(data)
  if (json.length > maxMemberBytes)
    throw new OptionInvalid(`Expected a member of at most ${maxMemberBytes} bytes as JSON, got ${json.length}`)
  const result = schema?.["~standard"].validate(data)
  if (result instanceof Promise || result?.issues !== undefined)
    throw new OptionInvalid(
      `A member does not fit its schema: ${result instanceof Promise ? "it answers later" : result.issues![0]!.message}`,
    )
  return JSON.parse(json)
}
