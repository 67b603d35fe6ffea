import type { Guarantees } from "@ashlar/core"
import type { Address } from "./address.ts"
import type { MailMessage } from "./message.ts"
import type { Delivery, Outbox } from "./transport.ts"

/** What became of a message. */
export interface SentMail extends Delivery {
  /** The `Message-ID`, without angle brackets. */
  readonly messageId: string
}

/** Remembers what was sent under which key. A cache of `@ashlar/cache` does, in two lines: see the guide. */
export interface SentKeys {
  find(key: string): Promise<SentMail | undefined>
  keep(key: string, sent: SentMail): Promise<void>
}

export interface MailOptions {
  /** Whom messages are from that do not say. */
  readonly from?: Address
  /** Tries of one message, the first one counted, while the other side says "not now". 1 to 10; default 3. */
  readonly attempts?: number
  /** The pause before the second try; twice as long before each further one, and as long as the other side says. Default 1,000 ms. */
  readonly backoffMs?: number
  /** The longest pause. Where the other side asks for a longer one the message fails with it. Default 10,000 ms. */
  readonly maxBackoffMs?: number
  /** Messages that may be sent in a time; the others wait for their turn. Default: no bound. */
  readonly rate?: { readonly messages: number; readonly perMs: number }
  /** Messages that may wait for their turn. Default 1,000. */
  readonly maxWaiting?: number
  /** Of one message, with its attachments, before they are encoded. Default 20 MiB. */
  readonly maxBytes?: number
  /** Of one message, hidden ones included. Default 50. */
  readonly maxRecipients?: number
  /** Default: the last 10,000 keys of this process. */
  readonly sent?: SentKeys
  /** What the driver must promise; checked at once. See `mailGuarantees`. */
  readonly needs?: Guarantees
}

export interface SendOptions {
  /**
   * What this message is, among all: `order-7-confirmation`. Under one key one message is sent; who sends another gets what became of
   * the first. 1 to 200 characters of printable ASCII.
   */
  readonly key?: string
  /** Stops it, as long as it is not on its way. */
  readonly signal?: AbortSignal
}

/** Sends messages. */
export interface Mail {
  /** Opens what is behind it, so that a mistake shows at the start. Else it is opened at the first message. */
  ready(): Promise<void>
  /**
   * Sends a message. Resolves when the other side has taken it, which is no promise that it arrives.
   *
   * @throws {MAIL_MESSAGE_INVALID} {MAIL_TOO_LARGE} {MAIL_REJECTED} when it is no use to send it again.
   * @throws {MAIL_UNAVAILABLE} {MAIL_BUSY} when it is. {MAIL_CLOSED}
   */
  send(message: MailMessage, options?: SendOptions): Promise<SentMail>
  /** The last messages of `memory:` and `log:`, the newest first; undefined where messages are gone once they are sent. */
  readonly outbox: Outbox | undefined
  /** Waits for messages on their way, and closes connections. */
  close(): Promise<void>
}
