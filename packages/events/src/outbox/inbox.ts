import type { Queryable, TransactionOptions } from "@ashlar/orm"
import type { CloudEvent } from "../envelope/cloud-event.ts"

/** What became of an event. */
export type InboxOutcome<T> =
  | { readonly isNew: true; readonly value: T }
  /** It was handled before: its effect is there. */
  | { readonly isNew: false; readonly value?: undefined }

export interface InboxStats {
  readonly handled: number
  readonly duplicates: number
}

export interface InboxOptions {
  /** Who handles: each event is handled once in the name of each. 1 to 64 letters, digits, `-` or `_`. Default: `"inbox"`. */
  readonly name?: string
  /** How long it is remembered what was handled; longer than a bus or a queue may bring an event again. Default: 7 days. */
  readonly retainMs?: number
}

/** Handles each event once, however often it comes: effect and memory of it commit together. */
export interface Inbox {
  /**
   * Runs work in a transaction, unless an event of this id and source was handled before. Two who handle one event at once wait for each
   * other. What the work does outside of the database may happen again, should the process be killed before the commit.
   *
   * @throws what the work and the database throw; the event then counts as not handled.
   * @example
   * on(OrderPlaced, ({ id, total }, event) =>
   *   inbox.handle(event, (tx) => tx.sql`insert into invoices (order_id, total) values (${id}, ${total})`.run()))
   */
  handle<T>(
    event: { readonly envelope: CloudEvent } | CloudEvent,
    work: (tx: Queryable) => Promise<T>,
    options?: TransactionOptions,
  ): Promise<InboxOutcome<T>>
  stats(): InboxStats
  /** Gives the database back. Twice is once. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
