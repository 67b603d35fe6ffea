import type { StandardSchemaV1 } from "@ashlar/core"
import { defineJob, type HandledJob, type JobPusher, type Pushed, type Queue, QueueJobRejected } from "@ashlar/queue"
import type { Notification } from "../notification.ts"
import type { ChannelJob, Notifier, Recipient } from "../notifier.ts"

export interface QueuedNotifier {
  /**
   * Pushes one job for each channel that reaches them, so that one that fails is tried again alone.
   * @throws {NOTIFICATIONS_INPUT_INVALID} {NOTIFICATIONS_OPTION_INVALID} and what `queue.push` throws.
   */
  notify<Input>(
    notification: Notification<Input>,
    recipient: Recipient,
    input: Input,
    options?: { readonly key?: string },
  ): Promise<readonly Pushed[]>
}

export interface NotificationQueue extends QueuedNotifier {
  /** Within a transaction of the queue's database: they are told if that commits, and never if it does not. */
  in(transaction: unknown): QueuedNotifier
  /** For `queue.work([…])`. */
  readonly job: HandledJob<unknown, unknown, unknown>
}

export interface NotificationQueueOptions {
  readonly queue: Queue
  readonly notifier: Notifier
  /** Default `notification.send`. */
  readonly name?: string
  /** Tries of one message. Default 8. */
  readonly attempts?: number
  /** The first pause; twice as long each time, at most an hour. Default 10,000 ms. */
  readonly backoffMs?: number
}

const MAX_BACKOFF_MS = 3_600_000

/** Contents must be JSON: no bytes, no streams. */
const Job: StandardSchemaV1<ChannelJob> = {
  "~standard": {
    version: 1,
    vendor: "ashlar",
    validate: (value) => {
      const { channel, key } = (value ?? {}) as Partial<ChannelJob>
      if (typeof channel === "string" && typeof key === "string") return { value: value as ChannelJob }
      return { issues: [{ message: "Expected a channel and a key" }] }
    },
  },
}

/**
 * Tells people by a queue. A text message whose answer was lost is sent, and paid, again: providers take no keys for them.
 *
 * @example
 * const told = createNotificationQueue({ queue, notifier })
 * await told.in(tx).notify(shipped, recipient, { order: "7" }, { key: "shipped-7" })
 * const worker = queue.work([told.job])
 */
export function createNotificationQueue(options: NotificationQueueOptions): NotificationQueue {
  const { queue, notifier, name = "notification.send", attempts = 8, backoffMs = 10_000 } = options
  const backoff = { delayMs: backoffMs, maxDelayMs: MAX_BACKOFF_MS }
  const job = defineJob(name, { input: Job, attempts, backoff }, async ({ input, signal }) => {
    try {
      await notifier.deliver(input, signal)
    } catch (cause) {
      if (signal.aborted || !isLasting(cause)) throw cause
      throw new QueueJobRejected("The message is not taken.", { cause })
    }
  })
  const told = (pusher: JobPusher): QueuedNotifier => ({
    async notify(notification, recipient, input, given) {
      const { jobs } = await notifier.plan(notification, recipient, input, given)
      const items = jobs.map((one) =>
        job.of(toJson(one), { unique: `${name}:${one.key}`, meta: { notification: notification.name } }),
      )
      return items.length === 0 ? [] : await pusher.pushMany(items)
    },
  })
  return { ...told(queue), in: (transaction) => told(queue.in(transaction)), job: job as NotificationQueue["job"] }
}

/** Templates of HTML are text there. */
function toJson(job: ChannelJob): ChannelJob {
  return JSON.parse(JSON.stringify(job)) as ChannelJob
}

/** What the other side will not take later either; by the statuses of what mail and SMS throw: 422, 502, 403, 413. */
function isLasting(error: unknown): boolean {
  const { status, code } = error as { status?: number; code?: string }
  if (code === "MAIL_REJECTED" || code === "NOTIFICATIONS_SMS_REJECTED") return true
  return status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429
}
