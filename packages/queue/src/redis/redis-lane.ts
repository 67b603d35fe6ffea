import {
  type IRedisClient,
  type Job,
  type JobJson,
  type JobsOptions,
  Queue,
  type QueueOptions,
  type RedisQueueBackend,
} from "bullmq"
import type { ClaimedJob, NewJob } from "../store.ts"

/** What BullMQ keeps for a job of ours. */
export interface RedisJobData {
  readonly input: string
  readonly attempts: number
  readonly keepCompletedMs: number
  readonly keepFailedMs: number
  readonly priority: number
  readonly meta?: string
  readonly unique?: { readonly key: string; readonly until: "finished" | "started" | number }
}
export type RedisJob = Job<RedisJobData, string>

/** A job in the hands of this process. */
export interface HeldRedisJob extends ClaimedJob {
  readonly lane: RedisLane
  readonly data: RedisJobData
  readonly token: string
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

interface LaneSettings {
  readonly client: IRedisClient
  readonly prefix: string
}
/** Where the jobs of one kind are: those of a priority above 0 in a queue of their own, which is asked first. */
export type LaneSide = "high" | "usual"

/** How often a job may be found without a living worker: the attempts are counted, and bounded, by the queue. */
const MAX_STALLED = 1_000_000_000
/** BullMQ's priorities: 1 is the first, and what has none is before them all. */
const FIRST = 101

function dataOf({ input, attempts, keepCompletedMs, keepFailedMs, priority, meta, unique }: NewJob): RedisJobData {
  const data: Writable<RedisJobData> = { input, attempts, keepCompletedMs, keepFailedMs, priority }
  if (meta !== undefined) data.meta = meta
  if (unique !== undefined) data.unique = unique
  return data
}

function optsOf(
  { id, priority, delayMs, keepCompletedMs, keepFailedMs }: NewJob,
  nowMs: number,
): Writable<JobsOptions> {
  const opts: Writable<JobsOptions> = {
    jobId: id,
    timestamp: nowMs,
    attempts: 0,
    removeOnComplete: keepCompletedMs === 0,
    removeOnFail: keepFailedMs === 0,
  }
  if (delayMs > 0) opts.delay = delayMs
  if (priority !== 0) opts.priority = priority > 0 ? FIRST - priority : -priority
  return opts
}

/** One queue of BullMQ: the jobs of one kind. */
export class RedisLane {
  readonly name: string
  readonly side: LaneSide
  readonly queue: Queue<RedisJobData, string>
  readonly #settings: LaneSettings
  /** As BullMQ has its options at its queues, one for each lease that was asked for. */
  readonly #takers = new Map<number, RedisQueueBackend>()

  constructor(name: string, side: LaneSide, settings: LaneSettings) {
    this.name = name
    this.side = side
    this.#settings = settings
    this.queue = this.#open(30_000, 1_000)
  }

  static sideOf(priority: number): LaneSide {
    return priority > 0 ? "high" : "usual"
  }
  /** BullMQ's name for it, which may have no colon. */
  static queueName(name: string, side: LaneSide): string {
    return `${name.replaceAll(":", "~")}${side === "high" ? "+" : ""}`
  }
  /** The name by which others know it. */
  get id(): string {
    return `${this.side}:${this.name}`
  }
  get client(): IRedisClient {
    return this.#settings.client
  }
  get backend(): RedisQueueBackend {
    return this.queue.getBackend() as RedisQueueBackend
  }
  keyOf(id: string): string {
    return this.queue.toKey(id)
  }

  /** Adds a job to a transaction. */
  async add(transaction: unknown, job: NewJob, nowMs: number): Promise<void> {
    // What `new Job(…).asJSON()` gives, without the object in between: it is made for every push.
    const json = {
      id: job.id,
      name: this.name,
      data: JSON.stringify(dataOf(job)),
      opts: optsOf(job, nowMs),
      timestamp: nowMs,
    }
    const { keys } = this.queue
    await this.backend.addJobToTransaction(transaction as IRedisClient, json as never, job.id, {}, keys as never)
  }

  /** For how many jobs it is worth to ask: those that wait, and one more where some are delayed, whose time may have come. */
  async prospect(): Promise<number> {
    const { wait, prioritized, delayed } = this.queue.keys
    const { client } = this
    const [waiting, ordered, later] = await Promise.all([
      client.llen(wait!),
      client.zcard(prioritized!),
      client.zcard(delayed!),
    ])
    return waiting + ordered + (later > 0 ? 1 : 0)
  }
  /** The next job, if there is one. */
  async take(token: string, leaseMs: number, worker: string): Promise<HeldRedisJob | undefined> {
    return this.#given(await this.#taker(leaseMs).moveToActive(token, worker), token)
  }
  /** Completes a job, and takes the next in the same script. */
  async completeAndTake(
    { id, data, token }: HeldRedisJob,
    output: string,
    leaseMs: number,
  ): Promise<HeldRedisJob | undefined> {
    const job = { id, opts: { attempts: 0 } } as never
    const isDropped = data.keepCompletedMs === 0
    const { result } = await this.#taker(leaseMs).moveToCompleted(job, output as never, isDropped, token, true)
    return this.#given(result, token)
  }
  #given(answer: unknown, token: string): HeldRedisJob | undefined {
    const [json, id] = (answer ?? []) as [(JobJson | null)?, string?, ...unknown[]]
    return json === undefined || json === null || id === undefined || id === ""
      ? undefined
      : this.#hold(id, json, token)
  }
  #hold(id: string, json: JobJson, token: string): HeldRedisJob {
    const data = JSON.parse(json.data) as RedisJobData
    const { input, attempts, meta } = data
    return {
      id,
      name: this.name,
      input,
      attempt: json.attemptsStarted ?? 1,
      attempts,
      createdMs: json.timestamp,
      ...(meta !== undefined && { meta }),
      lane: this,
      data,
      token,
    }
  }
  #taker(leaseMs: number): RedisQueueBackend {
    const known = this.#takers.get(leaseMs)
    if (known !== undefined) return known
    const made = this.#open(leaseMs, 1_000).getBackend() as RedisQueueBackend
    this.#takers.set(leaseMs, made)
    return made
  }

  /** Looks for jobs whose lease has ended. @param everyMs No process looks more often. */
  async recover(everyMs: number): Promise<number> {
    const backend = this.#open(30_000, everyMs).getBackend() as RedisQueueBackend
    return (await backend.moveStalledJobsToWait()).length
  }

  #open(lockDuration: number, stalledInterval: number): Queue<RedisJobData, string> {
    const { client, prefix } = this.#settings
    // What a worker of BullMQ would have, for its scripts are run without one.
    const options = {
      connection: client,
      prefix,
      lockDuration,
      stalledInterval,
      maxStalledCount: MAX_STALLED,
      skipMetasUpdate: true,
    }
    const queue = new Queue<RedisJobData, string>(
      RedisLane.queueName(this.name, this.side),
      options as unknown as QueueOptions,
    )
    // What is wrong comes back from the command that met it.
    queue.on("error", () => undefined)
    return queue
  }
}
