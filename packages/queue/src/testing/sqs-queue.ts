import { createHash } from "node:crypto"
import type { Clock } from "@ashlar/core"

/** An error as SQS names it. */
export class SqsFault extends Error {
  readonly type: string
  readonly status: number

  constructor(type: string, message: string, status = 400) {
    super(message)
    this.type = type
    this.status = status
  }
}

export interface SqsMessage {
  readonly id: string
  readonly body: string
  readonly group: string | undefined
  readonly sentMs: number
  visibleMs: number
  receives: number
  /** Of the last receive. */
  receipt: string
  /** When it was last received, for the twelve hours that it may be hidden. */
  receivedMs: number
}

export interface SqsEntry {
  readonly MessageBody?: string
  readonly DelaySeconds?: number
  readonly MessageGroupId?: string
  readonly MessageDeduplicationId?: string
}

/** In bytes, entries and seconds. */
export const SQS_LIMITS: Readonly<Record<"bytes" | "batch" | "delaySeconds" | "visibilitySeconds", number>> = {
  bytes: 262_144,
  batch: 10,
  delaySeconds: 900,
  visibilitySeconds: 43_200,
}
const DEDUPLICATION_MS = 300_000

/** One queue. */
export class SqsQueue {
  readonly name: string
  readonly attributes: Map<string, string>
  readonly messages: SqsMessage[] = []
  readonly #clock: Clock
  readonly #seen = new Map<string, { readonly id: string; readonly untilMs: number }>()
  #numbers = 0

  constructor(name: string, attributes: Readonly<Record<string, string>>, clock: Clock) {
    this.name = name
    this.attributes = new Map(Object.entries(attributes))
    this.#clock = clock
  }
  get isFifo(): boolean {
    return this.name.endsWith(".fifo")
  }

  send({ MessageBody: body = "", DelaySeconds, MessageGroupId: group, MessageDeduplicationId }: SqsEntry): {
    readonly MessageId: string
    readonly MD5OfMessageBody: string
  } {
    const nowMs = this.#clock.now()
    const delaySeconds = DelaySeconds ?? Number(this.attributes.get("DelaySeconds") ?? 0)
    if (body === "") throw new SqsFault("MissingParameter", "The request must contain the parameter MessageBody.")
    if (Buffer.byteLength(body) > SQS_LIMITS.bytes)
      throw new SqsFault(
        "InvalidParameterValue",
        "One or more parameters are invalid. Reason: Message must be shorter than 262144 bytes.",
      )
    checkRange("DelaySeconds", delaySeconds, SQS_LIMITS.delaySeconds)
    const answer = { MD5OfMessageBody: md5(body) }
    if (this.isFifo) {
      if (group === undefined)
        throw new SqsFault("MissingParameter", "The request must contain the parameter MessageGroupId.")
      if (DelaySeconds !== undefined && DelaySeconds > 0)
        throw new SqsFault("InvalidParameterValue", "A message of a FIFO queue has no delay of its own.")
      const key =
        MessageDeduplicationId ?? (this.attributes.get("ContentBasedDeduplication") === "true" ? md5(body) : undefined)
      if (key === undefined) throw new SqsFault("InvalidParameterValue", "The queue needs a MessageDeduplicationId.")
      const known = this.#seen.get(key)
      if (known !== undefined && known.untilMs > nowMs) return { MessageId: known.id, ...answer }
      const id = this.#keep(body, group, nowMs + delaySeconds * 1000)
      this.#seen.set(key, { id, untilMs: nowMs + DEDUPLICATION_MS })
      return { MessageId: id, ...answer }
    }
    return { MessageId: this.#keep(body, group, nowMs + delaySeconds * 1000), ...answer }
  }
  #keep(body: string, group: string | undefined, visibleMs: number): string {
    const id = crypto.randomUUID()
    this.messages.push({
      id,
      body,
      group,
      sentMs: this.#clock.now(),
      visibleMs,
      receives: 0,
      receipt: "",
      receivedMs: 0,
    })
    return id
  }

  /** Those that are visible, in their order; of a group of a FIFO queue none while an earlier one is hidden. */
  receive(max: number, visibilitySeconds: number): readonly SqsMessage[] {
    const nowMs = this.#clock.now()
    const found: SqsMessage[] = []
    const busy = new Set<string>()
    for (const message of this.messages) {
      if (found.length === max) break
      if (message.group !== undefined && this.isFifo && busy.has(message.group)) continue
      if (message.visibleMs > nowMs) {
        if (message.group !== undefined) busy.add(message.group)
        continue
      }
      message.receives++
      message.receipt = `${message.id}#${++this.#numbers}`
      message.receivedMs = nowMs
      message.visibleMs = nowMs + visibilitySeconds * 1000
      found.push(message)
    }
    return found
  }

  /** An old receipt does nothing, and says nothing. */
  delete(receipt: string): void {
    const message = this.#find(receipt)
    if (message?.receipt === receipt) this.messages.splice(this.messages.indexOf(message), 1)
  }
  changeVisibility(receipt: string, seconds: number): void {
    checkRange("VisibilityTimeout", seconds, SQS_LIMITS.visibilitySeconds)
    const nowMs = this.#clock.now()
    const message = this.#find(receipt)
    if (message === undefined || message.receipt !== receipt || message.visibleMs <= nowMs)
      throw new SqsFault("MessageNotInflight", "The message is not in flight.")
    if (nowMs + seconds * 1000 > message.receivedMs + SQS_LIMITS.visibilitySeconds * 1000)
      throw new SqsFault(
        "InvalidParameterValue",
        "Total VisibilityTimeout for the message is beyond the limit of 43200 seconds.",
      )
    message.visibleMs = nowMs + seconds * 1000
  }
  #find(receipt: string): SqsMessage | undefined {
    const [id, number] = receipt.split("#")
    if (number === undefined) throw new SqsFault("ReceiptHandleIsInvalid", "The input receipt handle is invalid.")
    return this.messages.find((message) => message.id === id)
  }
}

export function checkRange(name: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 0 || value > most)
    throw new SqsFault(
      "InvalidParameterValue",
      `Value ${value} for parameter ${name} is invalid. Reason: Must be between 0 and ${most}.`,
    )
}
export function md5(text: string): string {
  return createHash("md5").update(text).digest("hex")
}
