import type { DriverUrl } from "@ashlar/core"
import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from "@aws-sdk/client-sqs"
import type { Broker, Delivery, Outgoing } from "../brokers/broker.ts"
import { brokerName } from "../brokers/broker-name.ts"
import { QueueStoreFailed } from "../errors.ts"
import type { QueueGuarantees } from "../guarantees.ts"

export interface SqsOptions {
  /** The first part of every queue's name: keeps apps apart that use one account. */
  readonly prefix: string
  readonly connectTimeoutMs: number
  readonly commandTimeoutMs: number
  /** In place of Amazon's own, for a server that speaks the same protocol. */
  readonly endpoint?: string | undefined
}

export interface SqsDelivery extends Delivery {
  readonly queueUrl: string
  readonly receipt: string
}

/** What Amazon allows. @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
const LIMITS = { batch: 10, batchBytes: 256 * 1024, visibilitySeconds: 43_200, keepSeconds: 14 * 86_400 } as const
const MAX_NAME = 80
/** Requests of one claim that are under way at once. */
const PARALLEL = 10

/** A standard queue for each kind of job, and one for the dead of each. */
export class SqsBroker implements Broker<SqsDelivery> {
  readonly guarantees: QueueGuarantees
  readonly #url: DriverUrl
  readonly #options: SqsOptions
  readonly #queue: string
  readonly #urls = new Map<string, Promise<string>>()
  readonly #client: SQSClient

  constructor(
    guarantees: QueueGuarantees,
    url: DriverUrl,
    { queue, ...options }: SqsOptions & { readonly queue: string },
  ) {
    this.guarantees = guarantees
    this.#url = url
    this.#options = options
    this.#queue = `${options.prefix}-${brokerName(queue, 50)}`
    const { host, user, password } = url
    const { endpoint } = options
    this.#client = new SQSClient({
      ...(host !== undefined && host !== "" && { region: host }),
      ...(endpoint !== undefined && { endpoint }),
      // Without them: as the SDK finds them in its environment.
      ...(user !== undefined && { credentials: { accessKeyId: user, secretAccessKey: password?.reveal() ?? "" } }),
    })
  }

  /** Queues are looked for when a kind of job is first spoken of. */
  async ready(): Promise<void> {}

  async publish(jobs: readonly Outgoing[]): Promise<void> {
    const byName = Map.groupBy(jobs, ({ name }) => name)
    await Promise.all([...byName].map(async ([name, some]) => this.#send(await this.#urlOf(name), some)))
  }
  async #send(queueUrl: string, jobs: readonly Outgoing[]): Promise<void> {
    for (const group of groupsOf(jobs)) {
      const entries = group.map(({ body, delayMs }, at) => ({
        Id: String(at),
        MessageBody: body,
        DelaySeconds: Math.ceil(delayMs / 1000),
      }))
      const { Failed = [] } = await this.#inTime((abortSignal) =>
        this.#client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }), { abortSignal }),
      )
      if (Failed.length > 0) throw new QueueStoreFailed(`SQS did not keep ${Failed.length} of ${group.length} messages`)
    }
  }

  async fetch(name: string, max: number, leaseMs: number): Promise<readonly SqsDelivery[]> {
    const queueUrl = await this.#urlOf(name)
    const first = await this.#receive(queueUrl, max, leaseMs)
    const more = max - first.length
    if (first.length < LIMITS.batch || more <= 0) return first
    const requests = Array.from({ length: Math.min(PARALLEL, Math.ceil(more / LIMITS.batch)) }, (_, at) =>
      this.#receive(queueUrl, more - at * LIMITS.batch, leaseMs),
    )
    const rest = await Promise.allSettled(requests)
    // What was given must not be lost for what was not.
    return [...first, ...rest.flatMap((part) => (part.status === "fulfilled" ? part.value : []))]
  }
  async #receive(queueUrl: string, max: number, leaseMs: number): Promise<SqsDelivery[]> {
    const { Messages = [] } = await this.#inTime((abortSignal) =>
      this.#client.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: Math.min(max, LIMITS.batch),
          VisibilityTimeout: secondsOf(leaseMs),
          WaitTimeSeconds: 0,
          MessageSystemAttributeNames: ["ApproximateReceiveCount"],
        }),
        { abortSignal },
      ),
    )
    return Messages.map(({ Body = "", ReceiptHandle = "", Attributes }) => ({
      body: Body,
      count: Number(Attributes?.ApproximateReceiveCount ?? 1),
      queueUrl,
      receipt: ReceiptHandle,
    }))
  }

  async extend(deliveries: readonly SqsDelivery[], leaseMs: number): Promise<void> {
    await this.#inBatches(deliveries, async (queueUrl, group) => {
      const entries = group.map(({ receipt }, at) => ({
        Id: String(at),
        ReceiptHandle: receipt,
        VisibilityTimeout: secondsOf(leaseMs),
      }))
      const { Failed = [] } = await this.#inTime((abortSignal) =>
        this.#client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries: entries }), {
          abortSignal,
        }),
      )
      return Failed.length
    })
  }
  async complete(deliveries: readonly SqsDelivery[]): Promise<void> {
    await this.#inBatches(deliveries, async (queueUrl, group) => {
      const entries = group.map(({ receipt }, at) => ({ Id: String(at), ReceiptHandle: receipt }))
      const { Failed = [] } = await this.#inTime((abortSignal) =>
        this.#client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }), { abortSignal }),
      )
      return Failed.length
    })
  }
  async retry({ queueUrl, receipt }: SqsDelivery, delayMs: number): Promise<void> {
    // It was received already: this is the one wait that may be longer than the delay of a new message.
    const seconds = Math.min(Math.ceil(delayMs / 1000), LIMITS.visibilitySeconds - 1)
    await this.#inTime((abortSignal) =>
      this.#client.send(
        new ChangeMessageVisibilityCommand({ QueueUrl: queueUrl, ReceiptHandle: receipt, VisibilityTimeout: seconds }),
        { abortSignal },
      ),
    )
  }
  async release(delivery: SqsDelivery): Promise<void> {
    await this.retry(delivery, 0)
  }
  async bury(delivery: SqsDelivery, dead: Outgoing): Promise<void> {
    await this.#send(await this.#urlOf(dead.name, "-dead"), [{ ...dead, delayMs: 0 }])
    await this.complete([delivery])
  }

  /** Nobody can be told: other processes look. */
  ring(): void {}
  onRing(): void {}
  async close(): Promise<void> {
    this.#client.destroy()
  }

  /** The address of a queue, which is made when it is missing. */
  #urlOf(name: string, end = ""): Promise<string> {
    const full = `${this.#queue}-${brokerName(name, MAX_NAME - this.#queue.length - 1 - "-dead".length)}${end}`
    const known = this.#urls.get(full)
    if (known !== undefined) return known
    const found = this.#find(full)
    this.#urls.set(full, found)
    found.catch(() => this.#urls.delete(full))
    return found
  }
  async #find(name: string): Promise<string> {
    try {
      return (
        await this.#inTime((abortSignal) =>
          this.#client.send(new GetQueueUrlCommand({ QueueName: name }), { abortSignal }),
        )
      ).QueueUrl!
    } catch (cause) {
      const isMissing = (cause as { readonly name?: unknown }).name
      if (isMissing !== "QueueDoesNotExist" && isMissing !== "AWS.SimpleQueueService.NonExistentQueue")
        throw new QueueStoreFailed(`SQS does not answer at ${this.#url}`, { cause })
    }
    const Attributes = { MessageRetentionPeriod: String(LIMITS.keepSeconds) }
    const made = await this.#inTime((abortSignal) =>
      this.#client.send(new CreateQueueCommand({ QueueName: name, Attributes }), { abortSignal }),
    )
    return made.QueueUrl!
  }

  /** @param send Says how many were refused. */
  async #inBatches(
    deliveries: readonly SqsDelivery[],
    send: (queueUrl: string, group: readonly SqsDelivery[]) => Promise<number>,
  ): Promise<void> {
    const byQueue = Map.groupBy(deliveries, ({ queueUrl }) => queueUrl)
    const batches = [...byQueue].flatMap(([queueUrl, some]) =>
      Array.from({ length: Math.ceil(some.length / LIMITS.batch) }, (_, at) => {
        return send(queueUrl, some.slice(at * LIMITS.batch, (at + 1) * LIMITS.batch))
      }),
    )
    const refused = (await Promise.all(batches)).reduce((sum, one) => sum + one, 0)
    if (refused > 0) throw new QueueStoreFailed(`SQS refused ${refused} of ${deliveries.length} messages`)
  }
  async #inTime<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return await work(AbortSignal.timeout(this.#options.commandTimeoutMs))
  }
}

/** Whole seconds, never less than was asked for. */
function secondsOf(ms: number): number {
  return Math.min(Math.max(1, Math.ceil(ms / 1000)), LIMITS.visibilitySeconds)
}

/** As many messages as one request takes. */
function groupsOf(jobs: readonly Outgoing[]): Outgoing[][] {
  const groups: Outgoing[][] = []
  let bytes = 0
  for (const job of jobs) {
    const size = Buffer.byteLength(job.body)
    const last = groups.at(-1)
    if (last === undefined || last.length === LIMITS.batch || bytes + size > LIMITS.batchBytes) {
      groups.push([job])
      bytes = size
    } else {
      last.push(job)
      bytes += size
    }
  }
  return groups
}
