import { type Clock, type IdSource, uuidv7 } from "@ashlar/core"
import { checkInteger, MAX_MS } from "./check.ts"
import { QueueOptionInvalid } from "./errors.ts"
import { planFlow } from "./flow.ts"
import { type QueueGuarantees, requireFeature } from "./guarantees.ts"
import type { Job, JobItem, PushArguments } from "./job.ts"
import type { Tallies } from "./metrics.ts"
import { writeInput } from "./payload.ts"
import { type PushPlan, planPush } from "./push-options.ts"
import type { BatchOptions, FlowNode, JobPusher, Pushed } from "./queue.ts"
import type { Added, JobSink, MaybePromise, NewBatch, NewJob } from "./store.ts"

/** What pushes of one queue share. */
export interface PushHome {
  readonly clock: Clock
  readonly tallies: Tallies
  readonly guarantees: () => QueueGuarantees
  /** Opens the store, if it is not. */
  readonly use: () => MaybePromise<unknown>
  /** Takes a place among the pushes under way. @throws {QUEUE_FULL} {QUEUE_CLOSED} */
  readonly enter: (jobs: number) => MaybePromise<void>
  readonly leave: (jobs: number) => void
}

const MAX_JOBS = 10_000
const DAY_MS = 86_400_000
const newId: IdSource = uuidv7

/** What a job is beside its own options: a part of a batch, or what follows one. */
export type Place = Pick<NewJob, "batch" | "continues">

/** Checks jobs, writes them down, and gives them to a sink: a store, or a transaction of it. */
export class Pusher implements JobPusher {
  readonly #home: PushHome
  readonly #sink: () => JobSink

  constructor(home: PushHome, sink: () => JobSink) {
    this.#home = home
    this.#sink = sink
  }

  async push<Input>(job: Job<Input, unknown, unknown>, ...args: PushArguments<Input>): Promise<Pushed> {
    const [input, options] = args
    const opening = this.#home.use()
    if (opening instanceof Promise) await opening
    const written = this.#write({ job, input, options: options ?? NO_OPTIONS })
    const adding = this.#add([written instanceof Promise ? await written : written])
    return (adding instanceof Promise ? await adding : adding)[0]!
  }

  async pushMany(items: readonly JobItem[]): Promise<readonly Pushed[]> {
    checkCount(items.length, "pushMany")
    await this.#home.use()
    return await this.#add(await this.#writeAll(items))
  }

  async pushBatch(items: readonly JobItem[], options: BatchOptions = {}): Promise<{ readonly id: string }> {
    checkCount(items.length, "a batch")
    await this.#flows("A batch")
    const id = newId()
    const follow = async (item: JobItem | undefined) =>
      item === undefined ? undefined : await this.#write(item, { continues: id })
    const [success, failure, end] = [
      await follow(options.onSuccess),
      await follow(options.onFailure),
      await follow(options.onEnd),
    ]
    const keepMs = checkInteger("keepMs of a batch", options.keepMs ?? DAY_MS, 0, MAX_MS)
    const batch: NewBatch = {
      id,
      total: items.length,
      ifFailed: "drop",
      keepMs,
      ...(success !== undefined && { success }),
      ...(failure !== undefined && { failure }),
      ...(end !== undefined && { end }),
    }
    await this.#add(await this.#writeAll(items, { batch: id }), [batch])
    return { id }
  }

  async pushChain(items: readonly JobItem[]): Promise<{ readonly id: string }> {
    checkCount(items.length, "a chain", 1_000)
    const [first, ...rest] = items
    let flow: FlowNode = { job: first! }
    for (const job of rest) flow = { job, children: [flow] }
    return await this.pushFlow(flow)
  }

  async pushFlow(flow: FlowNode): Promise<{ readonly id: string }> {
    await this.#flows("A flow")
    const write = async (item: JobItem, place: Place) => await this.#write(item, place)
    const { id, jobs, batches } = await planFlow(flow, { newId, write, keepMs: DAY_MS })
    await this.#add(jobs, batches)
    return { id }
  }

  async #flows(what: string): Promise<void> {
    await this.#home.use()
    requireFeature(this.#home.guarantees(), "flows", what)
  }

  async #writeAll(items: readonly JobItem[], place?: Place): Promise<NewJob[]> {
    const written: NewJob[] = []
    for (const item of items) {
      const one = this.#write(item, place)
      written.push(one instanceof Promise ? await one : one)
    }
    return written
  }

  #write(item: JobItem, place?: Place): MaybePromise<NewJob> {
    const guarantees = this.#home.guarantees()
    const { name, settings } = item.job
    const plan = planPush(item.options === NO_OPTIONS ? undefined : item.options, () => this.#home.clock.now())
    const job = newJob(item.job, plan, place)
    checkFeatures(job, guarantees)
    if (place !== undefined && job.unique !== undefined)
      throw new QueueOptionInvalid("A job of a batch, a chain or a flow cannot be unique: the others wait for it.")
    const text = writeInput(name, settings.input, item.input, guarantees.maxPayloadBytes)
    if (text instanceof Promise) return text.then((input) => Object.assign(job, { input }))
    job.input = text
    return job
  }

  /** At once where nothing has to be waited for, as in the memory. */
  #add(jobs: readonly NewJob[], batches?: readonly NewBatch[]): MaybePromise<readonly Added[]> {
    const entering = this.#home.enter(jobs.length)
    if (entering instanceof Promise) return entering.then(() => this.#give(jobs, batches))
    return this.#give(jobs, batches)
  }
  #give(jobs: readonly NewJob[], batches: readonly NewBatch[] | undefined): MaybePromise<readonly Added[]> {
    const refused = (error: unknown): never => {
      this.#home.leave(jobs.length)
      throw error
    }
    try {
      const adding = batches === undefined ? this.#sink().add(jobs) : this.#sink().add(jobs, batches)
      if (adding instanceof Promise) return adding.then((added) => this.#given(jobs, added), refused)
      return this.#given(jobs, adding)
    } catch (error) {
      return refused(error)
    }
  }
  #given(jobs: readonly NewJob[], added: readonly Added[]): readonly Added[] {
    this.#home.leave(jobs.length)
    for (let at = 0; at < jobs.length; at++) if (added[at]!.isNew) this.#home.tallies.of(jobs[at]!.name).pushed++
    return added
  }
}

const NO_OPTIONS = {}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

function newJob({ name, settings }: JobItem["job"], plan: PushPlan, place: Place | undefined): Writable<NewJob> {
  const job: Writable<NewJob> = {
    id: newId(),
    name,
    input: "",
    attempts: plan.attempts ?? settings.attempts,
    priority: plan.priority ?? settings.priority,
    delayMs: plan.delayMs,
    keepCompletedMs: settings.keepCompletedMs,
    keepFailedMs: settings.keepFailedMs,
  }
  if (plan.group !== undefined) {
    job.group = plan.group
    if (settings.groupConcurrency !== undefined) job.groupConcurrency = settings.groupConcurrency
  }
  if (plan.unique !== undefined) job.unique = plan.unique
  if (plan.meta !== undefined) job.meta = plan.meta
  if (place?.batch !== undefined) job.batch = place.batch
  if (place?.continues !== undefined) job.continues = place.continues
  return job
}

function checkFeatures(job: NewJob, guarantees: QueueGuarantees): void {
  if (job.delayMs > 0) {
    requireFeature(guarantees, "delay", "A delay")
    checkInteger("the delay", job.delayMs, 0, guarantees.maxDelayMs)
  }
  if (job.priority !== 0) requireFeature(guarantees, "priority", "A priority")
  if (job.unique !== undefined) requireFeature(guarantees, "unique", "A unique job")
  if (job.group !== undefined) requireFeature(guarantees, "fairGroups", "A group")
  if (job.keepCompletedMs > 0) requireFeature(guarantees, "retention", "keepCompletedMs")
}

function checkCount(count: number, what: string, max = MAX_JOBS): void {
  if (count >= 1 && count <= max) return
  throw new QueueOptionInvalid(`Expected ${what} to have 1 to ${max} jobs, got ${count}.`)
}
