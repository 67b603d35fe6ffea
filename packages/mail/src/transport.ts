import type { PreparedMessage } from "./message.ts"

/** What became of a message. */
export interface Delivery {
  /** By which the server or the provider knows it. */
  readonly id: string
  /** Recipients that were refused while others were taken. */
  readonly rejected: readonly string[]
}

export interface TransportContext {
  /** The key that it is sent under, for providers that take one. */
  readonly key: string | undefined
  readonly signal: AbortSignal | undefined
}

/**
 * What takes messages. MUST throw MAIL_REJECTED for what will not be taken later either, and MAIL_UNAVAILABLE for what may be,
 * with `details.retryAfterMs` where the other side says when. MUST NOT try again by itself. MUST NOT wait longer than its options
 * say.
 */
export interface MailTransport {
  send(message: PreparedMessage, context: TransportContext): Promise<Delivery>
  /** The last messages, the newest first; absent where they are gone once they are sent. */
  readonly outbox?: Outbox
  close(): Promise<void>
}

/** A message that went nowhere, to be looked at. */
export interface OutboxEntry {
  readonly id: string
  readonly at: Date
  readonly message: PreparedMessage
}

export interface Outbox {
  list(): readonly OutboxEntry[]
  find(id: string): OutboxEntry | undefined
  clear(): void
}
