import type { CloudEvent } from "../envelope/cloud-event.ts"
import type { EventDefinition } from "../event.ts"
import type { PublishOptions, SubscribeOptions } from "./bus-options.ts"
import type { DeadLetters } from "./dead-letters.ts"
import type { EventHandler } from "./handler.ts"

/** Counts since the bus was opened, in this process. */
export interface BusStats {
  readonly published: number
  readonly publishFailures: number
  /** Events that were handed to this process: handled, skipped as nobody here wants them, given back, or dead. */
  readonly delivered: number
  readonly handled: number
  readonly skipped: number
  readonly released: number
  readonly dead: number
  /** Attempts that failed, and those of them that were tried again. */
  readonly failures: number
  readonly retries: number
  /** Deliveries of what was handed out before: somebody died, or gave it back. */
  readonly redelivered: number
  /** Being handled, and being published, now. */
  readonly handling: number
  readonly publishing: number
}

/** What receives events until it is stopped. */
export interface Subscription {
  /** `undefined`: it gets every event, beside all others. */
  readonly group: string | undefined
  /**
   * Takes no more events, and waits for those that are being handled. What is not done after `graceMs` (default 10,000) has its signal
   * aborted, and is given to another member. Twice is once.
   */
  stop(options?: { readonly graceMs?: number }): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Carries events between processes, at least once. What a driver adds to that is in {@link BusGuarantees}.
 */
export interface Bus {
  /** Opens it now and not at the first use. @throws {EVENTS_BUS_FAILED} and what is wrong with the URL. */
  ready(): Promise<void>
  /**
   * Puts data into an envelope and publishes it. Resolves when the bus has it.
   *
   * Never part of a database's transaction, whichever bus it is: that is what an outbox is for.
   * @returns the envelope.
   * @throws {EVENTS_DATA_INVALID} also when the data is not the same once it is JSON. {EVENTS_OPTION_INVALID}
   * @throws {EVENTS_ENVELOPE_INVALID} {EVENTS_ENVELOPE_TOO_LARGE} {EVENTS_BUS_FAILED} {EVENTS_BUS_BUSY} {EVENTS_BUS_CLOSED}
   */
  publish<Input, Data>(
    event: EventDefinition<Input, Data>,
    data: Input,
    options?: PublishOptions,
  ): Promise<CloudEvent<Input>>
  /**
   * Publishes envelopes as they are, in their order; of what other systems sent, or an outbox kept. When it rejects, some may have
   * been published.
   * @throws {EVENTS_NAME_INVALID} when a type is no name of an event, and as {@link Bus.publish}.
   */
  send(events: readonly CloudEvent[]): Promise<void>
  /**
   * With a group: all who subscribe in its name share its events, and each event is handled by one of them. All members must have the
   * same handlers, for what one of them is handed and has none for is done with.
   * Without: every event comes to this subscription too, from now on, or from where it says.
   *
   * Events of one key are handled one after the other, in the order in which they were published. One that fails is tried again, and
   * holds up those behind it in its partition; then it is one of the group's dead letters.
   *
   * @throws {EVENTS_OPTION_INVALID} {EVENTS_GROUP_TAKEN} {EVENTS_BUS_FAILED} {CORE_DRIVER_GUARANTEE_MISSING}
   */
  subscribe(options: SubscribeOptions, ...handlers: readonly EventHandler[]): Promise<Subscription>
  /** What a group could not handle. */
  deadLetters(group: string): DeadLetters
  /** How many events a group has before it; `undefined` where the bus cannot tell. */
  backlog(group: string): Promise<number | undefined>
  /** Forgets a group, with what it has before it and its dead letters. Nobody may be subscribed in its name. */
  forgetGroup(group: string): Promise<void>
  stats(): BusStats
  /** Resolves when the bus can be reached. @throws {EVENTS_BUS_FAILED} */
  health(): Promise<void>
  /** Stops all subscriptions, as each one's `stop` does. What is published goes on. */
  drain(options?: { readonly graceMs?: number }): Promise<void>
  /** Stops all subscriptions, ends what is being published, and gives the connections back. Twice is once. */
  close(options?: { readonly graceMs?: number }): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
