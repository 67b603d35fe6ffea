import {
  defineJob,
  type HandledJob,
  type JobContext,
  type JobOptions,
  type JobPusher,
  QueueJobRejected,
} from "@ashlar/queue"
import { v } from "@ashlar/validation"
import { EventDataInvalid } from "../errors.ts"
import { checkData, type EventDefinition } from "../event.ts"
import type { Events, ListenOptions, StopListening } from "../in-process/events.ts"

/** What a queued listener is told beside the data. */
export interface QueuedEvent {
  readonly name: string
  /** Of the emit: the same for all its listeners, and at every attempt. */
  readonly id: string
  /** When it was emitted, in milliseconds since 1970. */
  readonly timeMs: number
  /** The job that runs it: its attempt, its signal, its queue. */
  readonly job: Omit<JobContext<unknown>, "input">
}

/** Runs in a worker, at least once. */
export type QueuedHandler<Data> = (data: Data, event: QueuedEvent) => unknown

/** How its job is run: attempts, backoff, timeouts and more. */
export type QueuedListenerOptions = Omit<JobOptions<undefined, unknown>, "input" | "output">

/** What is pushed for each event. */
export interface QueuedInput {
  readonly id: string
  readonly timeMs: number
  readonly data?: unknown
}

/** A listener whose work is a job. */
export interface QueuedListener {
  /** For the workers: `queue.work([listener.job])`. */
  readonly job: HandledJob<QueuedInput, QueuedInput, unknown>
  /**
   * Pushes a job for each event that is emitted. `emit` waits until the queue has it, and rejects when the queue does not take it. Within a
   * transaction of the queue's own database the job is there when that commits, and never if it does not.
   *
   * @throws as {@link Events.on}.
   */
  listen(events: Events, queue: JobPusher, options?: ListenOptions): StopListening
}

const inputSchema = v.object({ id: v.string(), timeMs: v.number(), data: v.unknown().optional() })

/**
 * Defines a listener that runs as a job of `@ashlar/queue`: after whoever emits has gone on, in any process that works on it, again after a
 * failure or a crash.
 *
 * @param name Of the job, stable: jobs that wait are known by it.
 * @throws {QUEUE_OPTION_INVALID}
 * @example
 * export const sendReceipt = defineQueuedListener("receipts.send", OrderPaid, { attempts: 5 }, async ({ id }) => mail(id))
 * sendReceipt.listen(events, queue)
 * queue.work([sendReceipt.job])
 */
export function defineQueuedListener<Input, Data>(
  name: string,
  event: EventDefinition<Input, Data>,
  options: QueuedListenerOptions,
  handler: QueuedHandler<Data>,
): QueuedListener {
  const job = defineJob(name, { ...options, input: inputSchema }, async (context) => {
    const { input } = context
    const data = await readData(event, input.data)
    return await handler(data, { name: event.name, id: input.id, timeMs: input.timeMs, job: context })
  }) as unknown as QueuedListener["job"]
  return {
    job,
    listen: (events, queue, listenOptions = {}) =>
      events.on(
        event,
        async (_data, { id, timeMs, given }) => {
          // What the worker will read, and not what is here: a Date is text by then.
          const text = JSON.stringify(given)
          await checkData(event, text === undefined ? undefined : JSON.parse(text))
          await queue.push(job, { id, timeMs, data: given })
        },
        { name, ...listenOptions },
      ),
  }
}

/** Data that does not fit any more, as the schema has changed since, will not fit at the next attempt. */
async function readData<Data>(event: EventDefinition<unknown, Data>, data: unknown): Promise<Data> {
  try {
    return await checkData(event, data)
  } catch (cause) {
    if (!(cause instanceof EventDataInvalid)) throw cause
    throw new QueueJobRejected(cause.message, { cause })
  }
}
