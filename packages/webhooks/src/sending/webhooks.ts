import type { HandledJob } from "@ashlar/queue"

/** Why an endpoint gets nothing any more: its owner said so, it failed for too long, or it answered 410. */
export type DisabledWhy = "asked" | "failing" | "gone"

/** Where webhooks are sent to. */
export interface Endpoint {
  readonly id: string
  /** Whose it is: a customer, a tenant. */
  readonly owner: string
  readonly url: string
  /** `invoice.paid`, or `invoice.*` for all that begin so; absent: all. */
  readonly types: readonly string[] | undefined
  readonly createdAt: Date
  /** Since when nothing has reached it. */
  readonly failingSince: Date | undefined
  readonly disabledAt: Date | undefined
  readonly disabledWhy: DisabledWhy | undefined
}

export interface NewEndpoint {
  /** 1 to 200 characters. */
  readonly owner: string
  /** `https:`, on a public host. */
  readonly url: string
  /** At most 100. Default: all. */
  readonly types?: readonly string[]
  /** `whsec_…` or `whsk_…`. Default: a new secret. */
  readonly key?: string
}

export interface EndpointChanges {
  readonly url?: string
  /** `null`: all. */
  readonly types?: readonly string[] | null
}

/** What is sent. */
export interface WebhookEvent {
  /** Whose endpoints get it. */
  readonly owner: string
  /** Words of `A-Za-z0-9_` with dots between: `invoice.paid`. */
  readonly type: string
  /** As JSON. */
  readonly data: unknown
  /** When it happened. Default: now. */
  readonly timestamp?: Date
  /** The same for the same event: sent twice it is sent once. 1 to 60 characters of `A-Za-z0-9_-`. Default: a new one. */
  readonly id?: string
}

export interface SentEvent {
  readonly id: string
  /** How many endpoints get it. */
  readonly deliveries: number
}

/** `failed`: a dead letter. `skipped`: its endpoint was disabled or removed. */
export type DeliveryState = "pending" | "delivered" | "failed" | "skipped"

/** One event on its way to one endpoint. */
export interface Delivery {
  readonly id: string
  readonly event: string
  readonly type: string
  readonly endpoint: string
  readonly state: DeliveryState
  /** Tries that were made. */
  readonly attempts: number
  /** Of the last answer. */
  readonly status: number | undefined
  /** The code of the last error. */
  readonly error: string | undefined
  readonly createdAt: Date
  readonly changedAt: Date
}

/** One try. */
export interface DeliveryAttempt {
  readonly number: number
  readonly at: Date
  readonly durationMs: number
  readonly status: number | undefined
  readonly error: string | undefined
  /** How the answer begins: at most 1,000 characters. */
  readonly answer: string | undefined
}

export interface DeliveryListing {
  readonly endpoint?: string
  readonly event?: string
  readonly state?: DeliveryState
  /** 1 to 1,000. Default: 100. */
  readonly limit?: number
  /** The id where the page before ended. */
  readonly after?: string
}

/** The endpoints of all owners. Each of these throws WEBHOOKS_STORE_FAILED where the database does not do its work. */
export interface Endpoints {
  /**
   * @returns the endpoint, and its key: this once. For `whsk_` it is the public one, which the receiver needs.
   * @throws {WEBHOOKS_URL_INVALID} {WEBHOOKS_KEY_INVALID} {WEBHOOKS_ENDPOINTS_FULL} {WEBHOOKS_OPTION_INVALID}
   */
  create(endpoint: NewEndpoint): Promise<Endpoint & { readonly key: string }>
  get(id: string): Promise<Endpoint | undefined>
  /** In the order in which they were made. */
  list(owner: string): Promise<readonly Endpoint[]>
  /** @throws {WEBHOOKS_ENDPOINT_UNKNOWN} {WEBHOOKS_URL_INVALID} {WEBHOOKS_OPTION_INVALID} */
  update(id: string, changes: EndpointChanges): Promise<Endpoint>
  /** What is on its way to it is skipped. @returns whether it was there. */
  remove(id: string): Promise<boolean>
  /** @throws {WEBHOOKS_ENDPOINT_UNKNOWN} */
  disable(id: string): Promise<Endpoint>
  /** Sends to it again, from now on; `redrive` sends what it missed. @throws {WEBHOOKS_ENDPOINT_UNKNOWN} */
  enable(id: string): Promise<Endpoint>
  /**
   * Gives it a new key. For `overlapMs` webhooks carry a signature of the former one too.
   *
   * @param options.overlapMs 0 to 30 days. Default: a day.
   * @returns the new key, as `create` does.
   * @throws {WEBHOOKS_ENDPOINT_UNKNOWN} {WEBHOOKS_KEY_INVALID} {WEBHOOKS_OPTION_INVALID}
   */
  rotate(
    id: string,
    options?: { readonly key?: string; readonly overlapMs?: number },
  ): Promise<{ readonly key: string }>
}

/** Sends webhooks. */
export interface WebhookSender {
  /**
   * Sends an event to all endpoints of its owner that want its type. Resolves when it is as safe as the queue promises; then each
   * gets it **at least once**, with the same `webhook-id`.
   *
   * @throws {WEBHOOKS_EVENT_INVALID} {WEBHOOKS_PAYLOAD_TOO_LARGE} {WEBHOOKS_STORE_FAILED} and what the queue throws.
   */
  send(event: WebhookEvent): Promise<SentEvent>
}

/** Open webhooks. */
export interface Webhooks extends WebhookSender {
  readonly endpoints: Endpoints
  /** Opens the database now, and makes its tables; else that is done at the first use. @throws {WEBHOOKS_STORE_FAILED} */
  ready(): Promise<void>
  /** Delivers. Give it to a worker: `queue.work([webhooks.job])`. */
  readonly job: HandledJob<{ delivery: string }, { delivery: string }, void>
  /** Sends when the transaction has committed, and not if it does not. The queue must be on the same database URL. */
  in(tx: unknown): WebhookSender
  /** The newest first. */
  deliveries(listing?: DeliveryListing): Promise<readonly Delivery[]>
  /** The tries of one delivery, in their order. */
  attempts(delivery: string): Promise<readonly DeliveryAttempt[]>
  /**
   * Lets failed and skipped deliveries begin anew: those of an endpoint, since a time, or one.
   * @returns how many: at most 10,000 at a time.
   */
  redrive(choice: { readonly delivery: string } | { readonly endpoint: string; readonly since?: Date }): Promise<number>
  /** Takes away events older than `keepMs`, with their deliveries, that are not pending. @returns how many. */
  sweep(): Promise<number>
  /** Gives the database back. The queue is the caller's. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
