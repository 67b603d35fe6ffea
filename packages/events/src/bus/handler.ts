import type { CloudEvent } from "../envelope/cloud-event.ts"
import type { EventDefinition } from "../event.ts"
import { isPattern, matchesPattern, parsePattern } from "../pattern.ts"

/** What a handler is told beside the data. */
export interface Received {
  readonly name: string
  /** The same however often it is handed out: what duplicates are known by, together with `envelope.source`. */
  readonly id: string
  readonly key: string | undefined
  readonly envelope: CloudEvent
  /** From 1: how often it was tried, this time included. */
  readonly attempt: number
  /** Where the bus has it: of an event that came to a listener, `from: { position }` goes on after it. */
  readonly position: string
  /** Aborts when the handler takes too long, the event may have been given to another, or the grace of a stop is over. */
  readonly signal: AbortSignal
}

/** Resolves when the event is dealt with; what it throws has it tried again. Events may come more than once. */
export type Handler<Data> = (data: Data, event: Received) => unknown

/** Which events a subscription gets, and what it does with them. Made with {@link on}. */
export interface EventHandler {
  readonly pattern: string
  matches(name: string): boolean
  /** Whose data is checked before it is handled; a pattern takes it as it is. */
  readonly event: EventDefinition | undefined
  readonly handler: Handler<never>
}

/**
 * A handler of one kind of event, whose data is checked by its schema; or of all that fit a pattern, whose data is taken as it comes.
 *
 * @throws {EVENTS_NAME_INVALID}
 * @example
 * await bus.subscribe({ group: "billing" }, on(OrderPlaced, async ({ id }) => charge(id)), on("audit.**", (data) => keep(data)))
 */
export function on<Input, Data>(event: EventDefinition<Input, Data>, handler: Handler<Data>): EventHandler
export function on(pattern: string, handler: Handler<unknown>): EventHandler
export function on(event: EventDefinition | string, handler: Handler<never>): EventHandler {
  const pattern = typeof event === "string" ? event : event.name
  const segments = parsePattern(pattern)
  return {
    pattern,
    matches: isPattern(pattern) ? (name) => matchesPattern(segments, name) : (name) => name === pattern,
    event: typeof event === "string" ? undefined : event,
    handler,
  }
}
