import { checkInteger } from "./check.ts"
import type { Core } from "./core.ts"
import { QueueClosed, QueueOptionInvalid } from "./errors.ts"
import type { QueueEvents } from "./events.ts"
import { readFailure } from "./failure.ts"
import { type QueueFeature, type QueueGuarantees, requireFeature } from "./guarantees.ts"
import type { AnyHandledJob, Job, JobItem, PushArguments } from "./job.ts"
import type { ChildResult } from "./job-context.ts"
import { toChildResult } from "./job-run.ts"
import { LiveWorker } from "./live-worker.ts"
import type { QueueMetrics } from "./metrics.ts"
import { Pusher } from "./pusher.ts"
import type { BatchOptions, FlowNode, JobChoice, JobListing, JobPusher, JobStatus, Pushed, Queue } from "./queue.ts"
import type { BatchCounts, JobSelection, JobState, LaneCounts, QueueStore, StoredJob } from "./store.ts"
import type { Worker, WorkerOptions } from "./worker.ts"
import { planWorker } from "./worker-options.ts"

const MAX_IDS = 10_000

export class LiveQueue implements Queue {
  readonly name: string
  readonly guarantees: QueueGuarantees
  readonly #core: Core
  readonly #pusher: Pusher
  readonly #workers: Set<LiveWorker> = new Set()

  constructor(name: string, guarantees: QueueGuarantees, core: Core) {
    this.name = name
    this.guarantees = guarantees
    this.#core = core
    this.#pusher = new Pusher(core, () => core.store!)
  }

  async ready(): Promise<void> {
    await this.health()
  }

  push<Input>(job: Job<Input, unknown, unknown>, ...args: PushArguments<Input>): Promise<Pushed> {
    return this.#pusher.push(job, ...args)
  }
  pushMany(items: readonly JobItem[]): Promise<readonly Pushed[]> {
    return this.#pusher.pushMany(items)
  }
  pushBatch(items: readonly JobItem[], options?: BatchOptions): Promise<{ readonly id: string }> {
    return this.#pusher.pushBatch(items, options)
  }
  pushChain(items: readonly JobItem[]): Promise<{ readonly id: string }> {
    return this.#pusher.pushChain(items)
  }
  pushFlow(flow: FlowNode): Promise<{ readonly id: string }> {
    return this.#pusher.pushFlow(flow)
  }

  in(transaction: unknown): JobPusher {
    requireFeature(this.guarantees, "transactional", "queue.in(tx)")
    return new Pusher(this.#core, () => this.#core.store!.in!(transaction))
  }

  work(jobs: readonly AnyHandledJob[], options: WorkerOptions = {}): Worker {
    const plan = planWorker(options)
    const core = this.#core
    if (core.isClosed) throw new QueueClosed("The queue was closed.")
    checkJobs(jobs)
    const hasRate = plan.rate !== undefined || jobs.some(({ settings }) => settings.rate !== undefined)
    if (hasRate) requireFeature(this.guarantees, "rateLimits", "A rate")
    const worker: LiveWorker = new LiveWorker(jobs, plan, {
      store: async () => await core.use(),
      pusher: this.#pusher,
      emitter: core.emitter,
      tallies: core.tallies,
      outside: core.outside,
      onStopped: () => void this.#workers.delete(worker),
    })
    this.#workers.add(worker)
    return worker
  }

  async job(id: string): Promise<JobStatus | undefined> {
    const store = await this.#with("inspect", "queue.job()")
    const stored = await this.#core.outside(() => store.get?.(id))
    return stored === undefined ? undefined : toStatus(stored)
  }
  async list({ state, name, limit = 100, after }: JobListing): Promise<readonly JobStatus[]> {
    const store = await this.#with("inspect", "queue.list()")
    const request = {
      state,
      limit: checkInteger("limit", limit, 1, 1_000),
      ...(name !== undefined && { name }),
      ...(after !== undefined && { after }),
    }
    const stored = (await this.#core.outside(() => store.list?.(request))) ?? []
    return stored.map(toStatus)
  }
  async counts(): Promise<readonly LaneCounts[]> {
    const store = await this.#with("inspect", "queue.counts()")
    return (await this.#core.outside(() => store.counts?.())) ?? []
  }
  async batch(id: string): Promise<BatchCounts | undefined> {
    const store = await this.#with("flows", "queue.batch()")
    return await this.#core.outside(() => store.batch?.(id))
  }
  async batchResults(id: string): Promise<readonly ChildResult[]> {
    const store = await this.#with("flows", "queue.batchResults()")
    return ((await this.#core.outside(() => store.children?.(id))) ?? []).map(toChildResult)
  }

  async pause(name?: string): Promise<void> {
    const store = await this.#with("pause", "queue.pause()")
    await this.#core.outside(() => store.pause?.(name))
  }
  async resume(name?: string): Promise<void> {
    const store = await this.#with("pause", "queue.resume()")
    await this.#core.outside(() => store.resume?.(name))
  }
  async redrive(choice: JobChoice): Promise<number> {
    const store = await this.#with("deadLetters", "queue.redrive()")
    return (await this.#core.outside(() => store.redrive?.(toSelection(choice)))) ?? 0
  }
  async remove(choice: JobChoice, state?: JobState): Promise<number> {
    const store = await this.#with("remove", "queue.remove()")
    const selection = { ...toSelection(choice), ...(state !== undefined && { state }) }
    return (await this.#core.outside(() => store.remove?.(selection))) ?? 0
  }

  on<E extends keyof QueueEvents>(event: E, listener: (event: QueueEvents[E]) => void): () => void {
    return this.#core.emitter.on(event, listener)
  }
  metrics(): QueueMetrics {
    return this.#core.tallies.read(this.#core.pending)
  }
  async health(): Promise<void> {
    const store = await this.#core.use()
    await this.#core.outside(() => store.get?.("00000000-0000-7000-8000-000000000000"))
  }

  close(): Promise<void> {
    return this.#core.close(async () => void (await Promise.all([...this.#workers].map((worker) => worker.stop()))))
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #with(feature: QueueFeature, what: string): Promise<QueueStore> {
    requireFeature(this.guarantees, feature, what)
    return await this.#core.use()
  }
}

function checkJobs(jobs: readonly AnyHandledJob[]): void {
  if (jobs.length === 0) throw new QueueOptionInvalid("Expected a worker to have at least one job.")
  const names = new Set<string>()
  for (const { name, run } of jobs) {
    if (names.has(name)) throw new QueueOptionInvalid(`Two jobs of a worker are called "${name}".`)
    if (typeof run !== "function")
      throw new QueueOptionInvalid(`Job "${name}" has no handler. Give it one with handleJob(job, handler).`)
    names.add(name)
  }
}

function toSelection(choice: JobChoice): JobSelection {
  if ("ids" in choice) {
    if (choice.ids.length > MAX_IDS)
      throw new QueueOptionInvalid(`Expected at most ${MAX_IDS} ids, got ${choice.ids.length}.`)
    return { ids: choice.ids }
  }
  return "name" in choice ? { name: choice.name } : {}
}

function toStatus(stored: StoredJob): JobStatus {
  const { id, name, state, attempt, attempts, priority, group, batch } = stored
  return {
    id,
    name,
    state,
    input: readJson(stored.input),
    attempt,
    attempts,
    priority,
    group,
    batch,
    progress: readJson(stored.progress),
    output: readJson(stored.output),
    error: readFailure(stored.error),
    createdAt: new Date(stored.createdMs),
    runAt: stored.runAtMs === undefined ? undefined : new Date(stored.runAtMs),
    finishedAt: stored.finishedMs === undefined ? undefined : new Date(stored.finishedMs),
  }
}
function readJson(text: string | undefined): unknown {
  return text === undefined || text === "" ? undefined : JSON.parse(text)
}
