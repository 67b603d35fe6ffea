/** A text message. */
export interface SmsMessage {
  /** As E.164 has it: `+491701234567`. */
  readonly to: string
  readonly text: string
}

export interface SmsSendOptions {
  readonly signal?: AbortSignal
}

export interface SentSms {
  /** By which the provider knows it. */
  readonly id: string
  /** As how many it is sent, and paid. */
  readonly segments: number
}

export interface SmsOutboxEntry extends SmsMessage {
  readonly id: string
  readonly at: Date
  readonly segments: number
}

/** Sends text messages. */
export interface Sms {
  ready(): Promise<void>
  /**
   * Sends a text message. Resolves when the provider has taken it, which is no promise that it arrives.
   *
   * @throws {NOTIFICATIONS_SMS_INVALID} {NOTIFICATIONS_SMS_COUNTRY_REFUSED} {NOTIFICATIONS_SMS_LIMIT_EXCEEDED} before it is asked.
   * @throws {NOTIFICATIONS_SMS_REJECTED} when it is no use to send it again. {NOTIFICATIONS_SMS_UNAVAILABLE} when it is.
   */
  send(message: SmsMessage, options?: SmsSendOptions): Promise<SentSms>
  /** The last messages of `memory:` and `log:`, the newest first; undefined where they are gone once they are sent. */
  readonly outbox: readonly SmsOutboxEntry[] | undefined
  close(): Promise<void>
}

/**
 * What takes text messages. MUST throw NOTIFICATIONS_SMS_REJECTED for what will not be taken later either, and
 * NOTIFICATIONS_SMS_UNAVAILABLE for what may be. MUST NOT try again by itself: nobody knows whether the first was sent, and paid.
 */
export interface SmsTransport {
  send(
    message: SmsMessage & { readonly segments: number },
    signal: AbortSignal | undefined,
  ): Promise<{ readonly id: string }>
  readonly outbox?: readonly SmsOutboxEntry[]
  close(): Promise<void>
}
