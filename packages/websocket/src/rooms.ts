import type { NativeTopics } from "@ashlar/http/upgrade"
import type { Listening } from "./bus/link.ts"
import type { HubSocket } from "./hub-socket.ts"

/** The room that all sockets of a hub are in once it was needed. No caller can name it: names hold no control characters. */
export const EVERYBODY = "\u0000"

/** The sockets of this process in one room. */
interface LocalRoom {
  size: number
  /** Those whose runtime fans out by itself, counted for each server. */
  readonly native: Map<NativeTopics, number>
  /** The others, one by one. */
  readonly single: Set<HubSocket>
  /** Those who are no sockets. */
  readonly hearers: Set<Hearer>
  /** Brings what other processes send; undefined where there are none. */
  readonly listening: Listening | undefined
}

/** Takes what is sent to a room, encoded. It must not throw. */
export type Hearer = (data: string | Uint8Array) => void

/** Who is in which room, in this process, and how a message reaches them. */
export class Rooms {
  readonly #rooms = new Map<string, LocalRoom>()
  readonly #key: string
  readonly #listen: (room: string) => Listening | undefined

  /** @param key Comes before native topics, which all hubs of a server share. */
  constructor(key: string, listen: (room: string) => Listening | undefined) {
    this.#key = key
    this.#listen = listen
  }

  /** Ends when the messages of other processes come too; undefined where there are none. */
  add(name: string, socket: HubSocket): Promise<void> | undefined {
    const room = this.#enter(name)
    const { topics } = socket
    if (topics === undefined) room.single.add(socket)
    else {
      room.native.set(topics, (room.native.get(topics) ?? 0) + 1)
      if (!socket.isLagging) topics.subscribe(socket.connection, this.#key + name)
    }
    return room.listening?.ready
  }
  addHearer(name: string, hearer: Hearer): Promise<void> | undefined {
    const room = this.#enter(name)
    room.hearers.add(hearer)
    return room.listening?.ready
  }
  #enter(name: string): LocalRoom {
    let room = this.#rooms.get(name)
    if (room === undefined) {
      room = { size: 0, native: new Map(), single: new Set(), hearers: new Set(), listening: this.#listen(name) }
      this.#rooms.set(name, room)
    }
    room.size++
    return room
  }

  remove(name: string, socket: HubSocket): void {
    const room = this.#rooms.get(name)
    if (room === undefined) return
    const { topics } = socket
    if (topics === undefined) room.single.delete(socket)
    else {
      const left = room.native.get(topics)! - 1
      if (left === 0) room.native.delete(topics)
      else room.native.set(topics, left)
      topics.unsubscribe(socket.connection, this.#key + name)
    }
    this.#exit(name, room)
  }
  removeHearer(name: string, hearer: Hearer): void {
    const room = this.#rooms.get(name)
    if (room?.hearers.delete(hearer)) this.#exit(name, room)
  }
  #exit(name: string, room: LocalRoom): void {
    room.size--
    if (room.size > 0) return
    this.#rooms.delete(name)
    room.listening?.end()
  }

  /** Takes a socket that does not keep up out of the runtime's fan-out, or back into it. It stays in its rooms. */
  setLagging(socket: HubSocket, isLagging: boolean): void {
    const { topics, connection, rooms } = socket
    if (topics === undefined) return
    const change = isLagging ? topics.unsubscribe : topics.subscribe
    for (const name of rooms) change(connection, this.#key + name)
    if (this.#rooms.has(EVERYBODY)) change(connection, this.#key + EVERYBODY)
  }

  size(name: string): number {
    return this.#rooms.get(name)?.size ?? 0
  }

  deliver(name: string, data: string | Uint8Array, except?: HubSocket): void {
    const room = this.#rooms.get(name)
    if (room === undefined) return
    for (const topics of room.native.keys()) {
      const isInside = except?.topics === topics && except.isIn(name)
      topics.publish(this.#key + name, data, isInside ? except.connection : undefined)
    }
    for (const socket of room.single) if (socket !== except) socket.deliver(data)
    for (const hearer of room.hearers) hearer(data)
  }
}
