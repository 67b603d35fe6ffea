import { randomUUID } from "node:crypto"
import type { StandardSchemaV1 } from "@ashlar/core"
import {
  defineJob,
  type HandledJob,
  type JobPusher,
  type Pushed,
  type PushOptions,
  type Queue,
  QueueJobRejected,
} from "@ashlar/queue"
import { MailBusy, MailClosed, MailMessageInvalid, MailOptionInvalid, MailUnavailable } from "../errors.ts"
import type { Mail } from "../mail.ts"
import type { Attachment, AttachmentSource, MailMessage } from "../message.ts"
import { prepare } from "../prepare.ts"

/** A file that goes with a message that waits: small bytes, or an object of a storage that the worker knows by name. */
export interface QueuedAttachment extends Omit<Attachment, "content"> {
  readonly content: Uint8Array | string | { readonly storage: string; readonly key: string }
}

export interface QueuedMessage extends Omit<MailMessage, "attachments"> {
  readonly attachments?: readonly QueuedAttachment[]
}

export interface QueuedSendOptions extends PushOptions {
  /** Under one key one message waits, and one is sent. Default: a new one. */
  readonly key?: string
}

/** Puts messages into a queue: all at once, or with a transaction. */
export interface QueuedSender {
  /**
   * Checks a message and pushes it. Resolves when it is as safe as the queue's guarantees say.
   * @throws {MAIL_MESSAGE_INVALID} {MAIL_OPTION_INVALID} {QUEUE_PAYLOAD_TOO_LARGE} and what `queue.push` throws.
   */
  send(message: QueuedMessage, options?: QueuedSendOptions): Promise<Pushed>
}

export interface MailQueue extends QueuedSender {
  /** Within a transaction of the queue's database: it is sent if that commits, and never if it does not. */
  in(transaction: unknown): QueuedSender
  /** For `queue.work([…])`. */
  readonly job: HandledJob<unknown, unknown, unknown>
}

export interface MailQueueOptions {
  readonly queue: Queue
  /** What sends; only workers need it. */
  readonly mail: Mail
  /** Default `mail.send`. */
  readonly name?: string
  /** Tries of one message. Default 12: with the pauses below, for a day. */
  readonly attempts?: number
  /** The first pause; twice as long each time, at most `maxBackoffMs`. Default 30,000 ms: who is greylisted is taken after minutes. */
  readonly backoffMs?: number
  /** Default 4 hours. */
  readonly maxBackoffMs?: number
  /** How long one try may take. Default 120,000 ms. */
  readonly timeoutMs?: number
  /** Messages that may begin in a time, over all processes. */
  readonly rate?: { readonly max: number; readonly perMs: number }
  /** By the names that attachments say. */
  readonly storages?: Readonly<Record<string, AttachmentSource>>
}

/** What may be different at the next try. */
const LATER = [MailUnavailable, MailBusy, MailClosed]

interface Waiting {
  readonly key: string
  readonly message: QueuedJson
}

/** It was checked when it was pushed, and is again before it is sent. */
const Waiting: StandardSchemaV1<Waiting> = {
  "~standard": {
    version: 1,
    vendor: "ashlar",
    validate: (value) => {
      const { key, message } = (value ?? {}) as Partial<Waiting>
      if (typeof key === "string" && typeof message === "object" && message !== null) return { value: { key, message } }
      return { issues: [{ message: "Expected a key and a message" }] }
    },
  },
}

/**
 * Sends messages by a queue: whoever asks for one does not wait for a mail server, and what the server does not take now is sent later.
 * A message that it will never take fails for good at once, and stands among the queue's failed jobs.
 *
 * A worker that is killed between the server's answer and the queue's note sends a message twice, with the same `Message-ID`; a
 * provider that takes keys (`resend:`) drops the second.
 *
 * @example
 * const letters = createMailQueue({ queue, mail })
 * await db.transaction(async (tx) => {
 *   const order = await placeOrder(tx)
 *   await letters.in(tx).send({ to: order.email, subject: "Thank you", text: "…" }, { key: `order-${order.id}` })
 * })
 * const worker = queue.work([letters.job])
 */
export function createMailQueue(options: MailQueueOptions): MailQueue {
  const { queue, mail, name = "mail.send", attempts = 12, backoffMs = 30_000, maxBackoffMs = 14_400_000 } = options
  const { timeoutMs = 120_000, rate, storages = {} } = options
  const settings = {
    input: Waiting,
    attempts,
    timeoutMs,
    backoff: { delayMs: backoffMs, maxDelayMs: maxBackoffMs },
    ...(rate !== undefined && { rate }),
  }
  const job = defineJob(name, settings, async ({ input, signal }) => {
    const { key, message } = input
    try {
      await mail.send(fromJson(message, storages), { key, signal })
    } catch (cause) {
      if (signal.aborted || LATER.some((kind) => cause instanceof kind)) throw cause
      if ((cause as { code?: string }).code?.startsWith("MAIL_") !== true) throw cause
      throw new QueueJobRejected("The message is not taken.", { cause })
    }
  })
  const sender = (pusher: JobPusher): QueuedSender => ({
    async send(message, { key = randomUUID(), ...push } = {}) {
      if (!/^[\x21-\x7e]{1,200}$/.test(key))
        throw new MailOptionInvalid("Expected `key` of 1 to 200 printable characters of ASCII without blanks.")
      const json = await toJson(message, storages)
      return await pusher.push(job, { key, message: json }, { unique: `${name}:${key}`, ...push })
    },
  })
  return { ...sender(queue), in: (transaction) => sender(queue.in(transaction)), job: job as MailQueue["job"] }
}

interface QueuedJson extends Omit<MailMessage, "attachments" | "html"> {
  readonly html?: string
  readonly attachments?: readonly (Omit<Attachment, "content"> & { readonly content: QueuedContent })[]
}
type QueuedContent = { readonly base64: string } | { readonly storage: string; readonly key: string }

/** What is wrong with a message is said to whoever writes it, not to a worker later. */
async function toJson(
  message: QueuedMessage,
  storages: Readonly<Record<string, AttachmentSource>>,
): Promise<QueuedJson> {
  const { attachments = [], html, ...rest } = message
  const small = attachments.filter(({ content }) => typeof content === "string" || content instanceof Uint8Array)
  const rules = {
    from: message.from ?? "somebody@example.com",
    maxRecipients: 1_000,
    maxBytes: 100 * 1024 * 1024,
    key: undefined,
  }
  await prepare({ ...message, attachments: small as readonly Attachment[] }, rules)
  return {
    ...rest,
    ...(html !== undefined && { html: String(html) }),
    attachments: attachments.map((attachment) => ({ ...attachment, content: contentOf(attachment.content, storages) })),
  }
}

function contentOf(
  content: QueuedAttachment["content"],
  storages: Readonly<Record<string, AttachmentSource>>,
): QueuedContent {
  if (typeof content === "string" || content instanceof Uint8Array)
    return { base64: Buffer.from(content as string).toString("base64") }
  if (typeof content.storage === "string" && Object.hasOwn(storages, content.storage)) return content
  throw new MailMessageInvalid(
    "Expected attachments of bytes, text, or `{ storage, key }` with a name among `storages`.",
  )
}

function fromJson(message: QueuedJson, storages: Readonly<Record<string, AttachmentSource>>): MailMessage {
  const attachments = (message.attachments ?? []).map((attachment) => {
    const { content } = attachment
    if ("base64" in content) return { ...attachment, content: Buffer.from(content.base64, "base64") }
    const storage = Object.hasOwn(storages, content.storage) ? storages[content.storage] : undefined
    if (storage === undefined)
      throw new MailOptionInvalid(`Expected a storage "${content.storage}" among \`storages\` of this worker.`)
    return { ...attachment, content: { storage, key: content.key } }
  })
  return { ...message, attachments }
}
