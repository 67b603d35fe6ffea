import { systemClock } from "@ashlar/core"
import { ClaimLoop } from "../brokers/claim-loop.ts"
import { FarBell } from "../brokers/far-bell.ts"
import { QueueClosed, QueueStoreFailed } from "../errors.ts"
import type { QueueGuarantees } from "../guarantees.ts"
import type {
  Added,
  ClaimedJob,
  ClaimRequest,
  JobSelection,
  JobState,
  LaneCounts,
  ListRequest,
  NewJob,
  Outcome,
  QueueStore,
  SettledAndClaimed,
  StoredJob,
  StoreSettings,
} from "../store.ts"
import { Patience } from "./patience.ts"
import type { RedisConnection, RedisOptions } from "./redis-client.ts"
import { type HeldRedisJob, RedisLane } from "./redis-lane.ts"
import { RedisLanes } from "./redis-lanes.ts"
import { RedisLooker } from "./redis-looker.ts"
import { replaceRedisJob, settleRedisJob } from "./redis-settle.ts"
import { RedisUniques } from "./redis-uniques.ts"

/** Jobs that are asked for at once. */
const MAX_ASKED = 256

/** A queue in Redis, kept by BullMQ: each kind of job is a queue of its own there. */
export class RedisStore implements QueueStore {
  readonly guarantees: QueueGuarantees
  readonly #connection: RedisConnection
  readonly #settings: StoreSettings
  readonly #timeoutMs: number
  readonly #loop: ClaimLoop
  readonly #bell: FarBell
  readonly #channel: string
  readonly #lanes: RedisLanes
  readonly #looker: RedisLooker
  readonly #uniques: RedisUniques
  readonly #token = crypto.randomUUID()
  readonly #patience = new Patience()
  #tokens = 0
  #recovering: ReturnType<typeof setTimeout> | undefined
  #recoverEveryMs = Number.POSITIVE_INFINITY
  #isClosed = false

  constructor(
    guarantees: QueueGuarantees,
    connection: RedisConnection,
    { prefix, commandTimeoutMs, ...settings }: StoreSettings & RedisOptions,
  ) {
    this.guarantees = guarantees
    this.#connection = connection
    this.#settings = settings
    this.#timeoutMs = commandTimeoutMs
    // In braces: one slot of a cluster for all of it.
    const home = `{${prefix}:${settings.queue}}`
    this.#channel = `${home}:bell`
    this.#loop = new ClaimLoop(settings.pollMs)
    this.#bell = new FarBell(() => connection.publish(this.#channel, ""))
    this.#lanes = new RedisLanes(connection.client, home, () => connection.publish(this.#channel, "lanes"))
    this.#looker = new RedisLooker(this.#lanes)
    this.#uniques = new RedisUniques(connection.client, home)
  }

  async ready(): Promise<void> {
    await this.#do("get ready", async () => {
      await this.#connection.subscribe(this.#channel, (text) => {
        if (text !== "lanes" || this.#isClosed) this.#loop.ring()
        else
          void this.#lanes.refresh().then(
            () => this.#loop.ring(),
            (error) => this.#isClosed || this.#settings.onError(error),
          )
      })
      await this.#lanes.refresh()
    })
  }

  async add(jobs: readonly NewJob[]): Promise<readonly Added[]> {
    const added = await this.#do("add", async () => {
      const [job] = jobs
      if (jobs.length === 1 && job!.unique === undefined) {
        // One script is a transaction by itself.
        const lane = this.#lanes.known(job!.name, RedisLane.sideOf(job!.priority))
        if (lane !== undefined) {
          await lane.add(this.#connection.client, job!, systemClock.now())
          return [{ id: job!.id, isNew: true }]
        }
      }
      const held = await this.#uniques.reserve(jobs)
      const fresh = jobs.filter((_, at) => held[at] === undefined)
      if (fresh.length > 0) await this.#add(fresh)
      return jobs.map(({ id }, at) => ({ id: held[at] ?? id, isNew: held[at] === undefined }))
    })
    this.#ring()
    return added
  }
  async #add(jobs: readonly NewJob[]): Promise<void> {
    const nowMs = systemClock.now()
    const lanes: RedisLane[] = []
    for (const { name, priority } of jobs) lanes.push(await this.#lanes.make(name, RedisLane.sideOf(priority)))
    // A lane that was just made has to teach the client its scripts first.
    const transaction = this.#connection.client.multi()
    for (const [at, job] of jobs.entries()) await lanes[at]!.add(transaction, job, nowMs)
    this.#uniques.confirm(transaction, jobs)
    const results = await transaction.exec()
    const failed = results?.find(([error, id]) => error !== null || (typeof id === "number" && id < 0))
    if (results === null || failed !== undefined)
      throw new QueueStoreFailed("Redis did not keep the jobs", { cause: failed?.[0] ?? failed?.[1] })
  }

  async claim(request: ClaimRequest): Promise<readonly ClaimedJob[]> {
    this.#recoverEvery(request.leaseMs)
    return await this.#do(
      "claim",
      () =>
        this.#loop.claim(request, async ({ name }, max, leaseMs) => {
          const jobs: HeldRedisJob[] = []
          for (const lane of this.#lanes.of(name))
            if (jobs.length < max)
              jobs.push(...(await this.#take(lane, { max: max - jobs.length, leaseMs, worker: request.worker })))
          return jobs
        }),
      request.waitMs,
    )
  }
  /** As many as are there: to look costs less than to ask for one that is not. */
  async #take(
    lane: RedisLane,
    { max, leaseMs, worker }: { readonly max: number; readonly leaseMs: number; readonly worker: string },
  ): Promise<HeldRedisJob[]> {
    const asked = Math.min(await lane.prospect(), max, MAX_ASKED)
    const takes = Array.from({ length: asked }, () => lane.take(`${this.#token}:${++this.#tokens}`, leaseMs, worker))
    const jobs = (await Promise.all(takes)).filter((job) => job !== undefined)
    await this.#uniques.started(jobs)
    return jobs
  }

  async extend(
    jobs: readonly ClaimedJob[],
    leaseMs: number,
    progress: readonly (string | undefined)[] = [],
  ): Promise<readonly boolean[]> {
    return await this.#do("extend", () =>
      Promise.all(
        (jobs as readonly HeldRedisJob[]).map(async ({ lane, id, token }, at) => {
          const isHeld = (await lane.backend.extendLock(id, token, leaseMs)) === 1
          const news = progress[at]
          if (isHeld && news !== undefined) await lane.backend.updateProgress(id, news)
          return isHeld
        }),
      ),
    )
  }

  async settle(outcomes: readonly Outcome[]): Promise<readonly boolean[]> {
    return (await this.#settle(outcomes, undefined)).kept
  }
  async settleAndClaim(outcomes: readonly Outcome[], next: ClaimRequest): Promise<SettledAndClaimed> {
    this.#recoverEvery(next.leaseMs)
    return await this.#settle(outcomes, next)
  }
  async #settle(outcomes: readonly Outcome[], next: ClaimRequest | undefined): Promise<SettledAndClaimed> {
    const claimed: HeldRedisJob[] = []
    const room = new Map(next?.lanes.map(({ name, max }) => [name, max]))
    const kept = await this.#do("settle", async () => {
      const all = await Promise.all(
        outcomes.map(async (outcome) => {
          const job = outcome.job as HeldRedisJob
          const left = outcome.kind === "complete" && this.#isFirst(job) ? (room.get(job.name) ?? 0) : 0
          let isKept: boolean
          if (outcome.kind === "complete" && left > 0) {
            room.set(job.name, left - 1)
            const replaced = await replaceRedisJob(outcome, next!.leaseMs)
            isKept = replaced.isKept
            if (replaced.next !== undefined) claimed.push(replaced.next)
          } else isKept = await settleRedisJob(outcome, this.#connection.client)
          if (isKept && outcome.kind !== "release" && outcome.kind !== "retry")
            await this.#uniques.ended(job.data.unique, job)
          return isKept
        }),
      )
      await this.#uniques.started(claimed)
      return all
    })
    if (outcomes.some((outcome) => outcome.kind === "release" || outcome.kind === "retry")) this.#ring()
    return { kept, claimed }
  }
  /** Whether no other lane of its kind would be asked before its own. */
  #isFirst({ lane }: HeldRedisJob): boolean {
    return this.#lanes.of(lane.name)[0] === lane
  }

  async pause(name: string | undefined): Promise<void> {
    await this.#do("pause", () => this.#lanes.setPaused(name, true))
  }
  async resume(name: string | undefined): Promise<void> {
    await this.#do("resume", () => this.#lanes.setPaused(name, false))
    this.#ring()
  }
  async get(id: string): Promise<StoredJob | undefined> {
    return await this.#do("look", () => this.#looker.get(id))
  }
  async list(request: ListRequest): Promise<readonly StoredJob[]> {
    return await this.#do("look", () => this.#looker.list(request))
  }
  async counts(): Promise<readonly LaneCounts[]> {
    return await this.#do("count", () => this.#looker.counts())
  }
  async remove(selection: JobSelection & { readonly state?: JobState }): Promise<number> {
    return await this.#do("remove", async () => {
      let count = 0
      for (const { lane, job } of await this.#looker.select(selection)) {
        if (selection.state === undefined && (await job.isActive())) continue
        await job.remove().then(
          () => count++,
          () => undefined, // a worker took it meanwhile
        )
        if ((await lane.queue.getJob(job.id!)) === undefined)
          await this.#uniques.ended(job.data.unique, { id: job.id!, lane }, true)
      }
      return count
    })
  }
  async redrive(selection: JobSelection): Promise<number> {
    const count = await this.#do("redrive", async () => {
      const failed = await this.#looker.select({ ...selection, state: "failed" })
      for (const { job } of failed) await job.retry("failed", { resetAttemptsMade: true, resetAttemptsStarted: true })
      return failed.length
    })
    this.#ring()
    return count
  }
  async sweep(): Promise<void> {
    await this.#do("sweep", () => this.#lanes.sweep(systemClock.now()))
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#recovering)
    this.#loop.close()
    this.#bell.close()
    this.#connection.close()
  }

  #ring(): void {
    this.#loop.ring()
    this.#bell.ring()
  }

  /** Looks for jobs whose worker went silent: twice until one is given to another, as BullMQ does it. */
  #recoverEvery(leaseMs: number): void {
    const everyMs = Math.max(100, Math.min(1_000, leaseMs / 8))
    if (everyMs >= this.#recoverEveryMs) return
    this.#recoverEveryMs = everyMs
    clearTimeout(this.#recovering)
    const again = (): void => {
      this.#recovering = setTimeout(async () => {
        const found = await this.#lanes.recover(this.#recoverEveryMs).catch((error) => {
          if (!this.#isClosed) this.#settings.onError(error)
          return 0
        })
        if (found > 0) this.#ring()
        if (!this.#isClosed) again()
      }, this.#recoverEveryMs)
      this.#recovering.unref?.()
    }
    again()
  }

  async #do<T>(what: string, work: () => Promise<T>, longerMs = 0): Promise<T> {
    if (this.#isClosed) throw new QueueClosed("The queue was closed.")
    const ms = this.#timeoutMs + longerMs
    const late = () => new QueueStoreFailed(`Redis did not ${what} within ${this.#timeoutMs} ms (commandTimeoutMs)`)
    try {
      return await this.#patience.wait(work(), ms, late)
    } catch (cause) {
      if (cause instanceof QueueStoreFailed || cause instanceof QueueClosed) throw cause
      throw new QueueStoreFailed(`Redis did not ${what}`, { cause })
    }
  }
}
