import type { Clock } from "@ashlar/core"
import { checkRange, md5, SQS_LIMITS, type SqsEntry, SqsFault, type SqsMessage, SqsQueue } from "./sqs-queue.ts"

export interface SqsHome {
  readonly queues: Map<string, SqsQueue>
  readonly clock: Clock
  readonly origin: string
}

interface BatchEntry extends SqsEntry {
  readonly Id: string
  readonly ReceiptHandle?: string
  readonly VisibilityTimeout?: number
}
/** What any of the actions is asked. */
export interface SqsRequest extends SqsEntry {
  readonly QueueName?: string
  readonly QueueUrl?: string
  readonly Attributes?: Readonly<Record<string, string>>
  readonly Entries?: readonly BatchEntry[]
  readonly ReceiptHandle?: string
  readonly VisibilityTimeout?: number
  readonly MaxNumberOfMessages?: number
  readonly WaitTimeSeconds?: number
}

/** How often a receive that waits looks. */
const LOOK_MS = 20

/** Does what a request asks. @throws {SqsFault} */
export async function answerSqs(action: string, request: SqsRequest, home: SqsHome): Promise<object> {
  const queueActions: { readonly [name: string]: ((queue: SqsQueue) => object | Promise<object>) | undefined } = {
    SendMessage: (queue) => queue.send(request),
    SendMessageBatch: (queue) => sendBatch(queue, request),
    ReceiveMessage: (queue) => receive(queue, request, home),
    DeleteMessage: (queue) => done(() => queue.delete(request.ReceiptHandle ?? "")),
    DeleteMessageBatch: (queue) => batch(request, (entry) => done(() => queue.delete(entry.ReceiptHandle ?? ""))),
    ChangeMessageVisibility: (queue) =>
      done(() => queue.changeVisibility(request.ReceiptHandle ?? "", request.VisibilityTimeout ?? -1)),
    ChangeMessageVisibilityBatch: (queue) =>
      batch(request, (entry) =>
        done(() => queue.changeVisibility(entry.ReceiptHandle ?? "", entry.VisibilityTimeout ?? -1)),
      ),
    PurgeQueue: (queue) => done(() => void queue.messages.splice(0)),
    DeleteQueue: (queue) => done(() => void home.queues.delete(queue.name)),
    GetQueueAttributes: (queue) => ({
      Attributes: {
        ...Object.fromEntries(queue.attributes),
        ApproximateNumberOfMessages: String(queue.messages.length),
      },
    }),
  }
  if (action === "CreateQueue") return create(request, home)
  if (action === "GetQueueUrl") return { QueueUrl: urlOf(find(request.QueueName ?? "", home), home) }
  const act = queueActions[action]
  if (act === undefined) throw new SqsFault("InvalidAction", `The action ${action} is not valid for this endpoint.`)
  return await act(find(request.QueueUrl?.split("/").at(-1) ?? "", home))
}

function done(act: () => void): object {
  act()
  return {}
}

function create({ QueueName: name = "", Attributes: attributes = {} }: SqsRequest, home: SqsHome): object {
  if (!/^[A-Za-z0-9_-]{1,80}$/.test(name.replace(/\.fifo$/, "")) || name.length > 80)
    throw new SqsFault(
      "InvalidParameterValue",
      "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
    )
  const queue = home.queues.get(name) ?? new SqsQueue(name, attributes, home.clock)
  home.queues.set(name, queue)
  return { QueueUrl: urlOf(queue, home) }
}
function find(name: string, { queues }: SqsHome): SqsQueue {
  const queue = queues.get(name)
  if (queue === undefined) throw new SqsFault("QueueDoesNotExist", "The specified queue does not exist.")
  return queue
}
function urlOf({ name }: SqsQueue, { origin }: SqsHome): string {
  return `${origin}/000000000000/${name}`
}

function sendBatch(queue: SqsQueue, request: SqsRequest): object {
  const bytes = (request.Entries ?? []).reduce((sum, { MessageBody = "" }) => sum + Buffer.byteLength(MessageBody), 0)
  if (bytes > SQS_LIMITS.bytes)
    throw new SqsFault("BatchRequestTooLong", "Batch requests cannot be longer than 262144 bytes.")
  return batch(request, (entry) => queue.send(entry))
}
/** Each entry has its own end. */
function batch({ Entries: entries = [] }: SqsRequest, act: (entry: BatchEntry) => object): object {
  if (entries.length === 0)
    throw new SqsFault("EmptyBatchRequest", "There should be at least one entry in the request.")
  if (entries.length > SQS_LIMITS.batch)
    throw new SqsFault("TooManyEntriesInBatchRequest", "Maximum number of entries per request are 10.")
  if (new Set(entries.map(({ Id }) => Id)).size !== entries.length)
    throw new SqsFault("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.")
  const Successful: object[] = []
  const Failed: object[] = []
  for (const entry of entries)
    try {
      Successful.push({ Id: entry.Id, ...act(entry) })
    } catch (error) {
      if (!(error instanceof SqsFault)) throw error
      Failed.push({ Id: entry.Id, SenderFault: true, Code: error.type, Message: error.message })
    }
  return { Successful, Failed }
}

async function receive(queue: SqsQueue, request: SqsRequest, { clock }: SqsHome): Promise<object> {
  const { MaxNumberOfMessages: max = 1, WaitTimeSeconds: waitSeconds = 0 } = request
  const visibilitySeconds = request.VisibilityTimeout ?? Number(queue.attributes.get("VisibilityTimeout") ?? 30)
  checkRange("MaxNumberOfMessages", max - 1, 9)
  checkRange("WaitTimeSeconds", waitSeconds, 20)
  checkRange("VisibilityTimeout", visibilitySeconds, SQS_LIMITS.visibilitySeconds)
  const untilMs = clock.now() + waitSeconds * 1000
  for (;;) {
    const messages = queue.receive(max, visibilitySeconds)
    if (messages.length > 0) return { Messages: messages.map(shown) }
    if (clock.now() >= untilMs) return {}
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}
function shown({ id, body, receipt, receives, sentMs, group }: SqsMessage): object {
  return {
    MessageId: id,
    ReceiptHandle: receipt,
    Body: body,
    MD5OfBody: md5(body),
    Attributes: {
      ApproximateReceiveCount: String(receives),
      SentTimestamp: String(sentMs),
      ...(group !== undefined && { MessageGroupId: group }),
    },
  }
}
