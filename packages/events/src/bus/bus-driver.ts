import type { Guarantees } from "@ashlar/core"

/** An event on its way to the bus. */
export interface BusRecord {
  readonly id: string
  /** With the id it names this event alone. */
  readonly source: string
  readonly type: string
  /** What it is kept in order by. */
  readonly key: string | undefined
  /** The envelope in the JSON format. */
  readonly text: string
}

/** An event as it comes from the bus. */
export interface Delivery {
  readonly text: string
  /** Where the bus has it: to go on after it. */
  readonly position: string
  /** How often it was given to somebody, this time included, as far as the bus knows: more than once if they died or gave it back. */
  readonly deliveries: number
  /** Aborts when it may have been given to another: what comes of it no longer counts. */
  readonly signal: AbortSignal
}

/** `released`: it was not handled, and another may have it at once. */
export type Outcome = "done" | "released" | { readonly dead: string }
export type Handle = (delivery: Delivery) => Promise<Outcome>

/** Where a new group, or a listener, begins. A position is one that a driver gave out. */
export type From = "now" | "beginning" | { readonly timeMs: number } | { readonly position: string }

export interface ConsumeSettings {
  readonly group: string
  /** Only for a group that is not there yet. */
  readonly from: From
}

export interface Consuming {
  /**
   * Hands out nothing more, waits for what is being handled, and gives back what this member held. Twice is once.
   */
  stop(): Promise<void>
}

/** An event that a group could not handle. */
export interface DeadLetter {
  /** Of the letter: what `redrive` and `discard` take. */
  readonly id: string
  readonly text: string
  readonly reason: string
  readonly deadMs: number
}

export interface DeadLetterPage {
  readonly limit: number
  /** The last letter of the page before. */
  readonly after: string | undefined
}

export interface BusSettings {
  /** Keeps buses apart that share one server. */
  readonly name: string
  readonly partitions: number
  readonly leaseMs: number
  readonly pollMs: number
  readonly retainMs: number
  /** Told of what went wrong where the bus goes on. */
  readonly onError: (error: unknown) => void
}

/**
 * Carries events. What every driver must do is held by `describeBus`:
 *
 * - `publish` resolves when the bus has all records, in their order, and keeps them as its guarantees say. When it rejects, it may have
 *   some of them.
 * - Records of one key go to one of `partitions`. Of a group, one `handle` runs for each partition at a time, over all members in all
 *   processes, in the order in which they were published; what is not `done` or `dead` is handed out again, before what comes after it.
 * - `listen` hands out every record that is published from where it begins, in the order of each key, to each listener.
 * - A member that dies is replaced, and what it had is handed out again, within about `leaseMs`.
 * - Lost connections come back by themselves; nothing that was published is left out.
 * - What cannot be done rejects with EVENTS_BUS_FAILED.
 */
export interface BusDriver {
  /** Of the text of one record, in UTF-8. */
  readonly maxPayloadBytes: number
  publish(records: readonly BusRecord[]): Promise<void>
  /** Resolves when the group is there: what is published from then on reaches it. */
  consume(settings: ConsumeSettings, handle: Handle): Promise<Consuming>
  /** Resolves when it stands. `released` hands the same event out again after a while. */
  listen(from: From, handle: Handle): Promise<Consuming>
  /** How many events a group has before it; `undefined` where the bus cannot tell. */
  backlog(group: string): Promise<number | undefined>
  deadLetters(group: string, page: DeadLetterPage): Promise<readonly DeadLetter[]>
  /** Hands them to the group again, and to no other. @returns how many were there. */
  redrive(group: string, ids: readonly string[]): Promise<number>
  /** @returns how many were there. */
  discard(group: string, ids: readonly string[]): Promise<number>
  /** Forgets a group, with its dead letters. */
  forget(group: string): Promise<void>
  /** Resolves when the bus can be reached. */
  health(): Promise<void>
  close(): Promise<void>
}

/** What is behind a URL. */
export type OpenBusDriver = (settings: BusSettings) => Promise<BusDriver>

/** What buses promise, as data. */
export interface BusGuarantees extends Guarantees {
  /** Whether processes share it. */
  readonly crossProcess: boolean
  /** Whether it outlives the processes that use it. */
  readonly durable: boolean
  /** Whether `publish` resolves only once the event is on disk, at the server's usual settings. */
  readonly synced: boolean
  /** Whether events of one key are handled one after the other, in the order in which they were published. */
  readonly orderedByKey: boolean
  /** Whether the work of a group is spread over all its members, or the others only stand by. */
  readonly sharesWork: boolean
  /** Whether one can begin in the past: by time, and by position. */
  readonly replayFromTime: boolean
  readonly replayFromPosition: boolean
  readonly maxPayloadBytes: number
}
