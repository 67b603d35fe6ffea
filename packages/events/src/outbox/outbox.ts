import type { Queryable } from "@ashlar/orm"
import type { Bus } from "../bus/bus.ts"
import type { PublishOptions, TraceHeaders } from "../bus/bus-options.ts"
import type { DeadLetters } from "../bus/dead-letters.ts"
import type { CloudEvent } from "../envelope/cloud-event.ts"
import type { EventDefinition } from "../event.ts"

/** Notes events in a transaction. */
export interface OutboxWriter {
  /**
   * Notes an event as a row. It is published when the transaction has committed, and never if it does not.
   *
   * @returns the envelope as it will be published: its id stays the same, however often it is.
   * @throws {EVENTS_DATA_INVALID} {EVENTS_ENVELOPE_INVALID} {EVENTS_ENVELOPE_TOO_LARGE} {EVENTS_OPTION_INVALID} and what the database throws.
   */
  publish<Input, Data>(
    event: EventDefinition<Input, Data>,
    data: Input,
    options?: PublishOptions,
  ): Promise<CloudEvent<Input>>
  /** Notes envelopes as they are, in their order. @throws as `publish`, and {EVENTS_NAME_INVALID}. */
  send(events: readonly CloudEvent[]): Promise<void>
}

/** What is in an outbox. */
export interface OutboxStatus {
  /** Committed, and not published yet. */
  readonly waiting: number
  /** For how long the oldest of them has been waiting, in milliseconds; 0 when none is. */
  readonly lagMs: number
  /** Those that the bus will not take. */
  readonly dead: number
}

/** Counts of one relay, since it was started. */
export interface RelayStats {
  readonly published: number
  /** Batches that the bus did not take, and were tried again. */
  readonly failures: number
  readonly dead: number
}

/** Brings what is committed to the bus, until it is stopped. */
export interface Relay {
  stats(): RelayStats
  /** Ends what is being published. Twice is once. */
  stop(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export interface RelayOptions {
  /** How often it looks for what other processes committed: 5 to 60,000. Default: 100. */
  readonly pollMs?: number
  /** Events that are sent at once: 1 to 1,000. Default: 200. */
  readonly batchSize?: number
  /** After so long without a sign of life, what this relay had is another's: 500 to 600,000. Default: 10,000. */
  readonly leaseMs?: number
  /** Told of batches that the bus did not take, and of events that are dead. */
  readonly onError?: (error: unknown) => void
}

/**
 * Events that are published exactly when the transaction commits that they are about: rows of the same database, which a relay brings to a
 * bus. At least once, under one id; those of one key in the order in which they were noted. An event that commits late is published late,
 * and never left out.
 *
 * Two transactions that note events of one key at the same time, each without waiting for the other, have no order among them: lock what the
 * key stands for before you note anything of it.
 */
export interface Outbox extends OutboxWriter {
  /**
   * Writes in a transaction of its own database.
   * @example
   * await db.transaction(async (tx) => {
   *   await tx.sql`insert into orders (id, total) values (${id}, ${total})`.run()
   *   await outbox.in(tx).publish(OrderPlaced, { id, total })
   * })
   */
  in(tx: Queryable): OutboxWriter
  /**
   * Begins to publish. Any number of relays, in any number of processes, share the work.
   * @throws {EVENTS_OPTION_INVALID} {EVENTS_BUS_FAILED}
   */
  relay(bus: Bus, options?: RelayOptions): Promise<Relay>
  /** Events that the bus will not take, as they are too large for it. */
  readonly deadLetters: DeadLetters
  status(): Promise<OutboxStatus>
  /** Stops its relays, and gives the database back. Twice is once. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export interface OutboxOptions {
  /** Keeps outboxes apart that share one database: 1 to 56 letters, digits, `-` or `_`. Default: `"outbox"`. */
  readonly name?: string
  /** The `source` of the envelopes. Default: `/` and the name. */
  readonly source?: string
  /** In how many lines events are published at once, by their keys: 1 to 64, in all processes the same. Default: 8. */
  readonly partitions?: number
  /** Of an envelope in UTF-8. Say no more than the bus takes. Default: 262,144. */
  readonly maxEventBytes?: number
  /** How long rows are kept after they were published. Default: 0, not at all. */
  readonly retainMs?: number
  /** The trace of the code that publishes. Default: none. */
  readonly trace?: () => TraceHeaders | undefined
}
