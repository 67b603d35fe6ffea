import { inPlaceOf, lanesFor } from "./claim-plan.ts"
import { QueueWorkerStopped } from "./errors.ts"
import type { Emitter } from "./events.ts"
import { writeFailure } from "./failure.ts"
import { Heartbeat } from "./heartbeat.ts"
import type { AnyHandledJob } from "./job.ts"
import { JobRun, type RunHome } from "./job-run.ts"
import { judge } from "./judge.ts"
import { type Kind, toKind } from "./kind.ts"
import { LinkedSet } from "./linked-set.ts"
import type { Tallies } from "./metrics.ts"
import { writeOutput } from "./payload.ts"
import type { JobPusher } from "./queue.ts"
import { Settler, type Settling } from "./settler.ts"
import type { ClaimedJob, ClaimRequest, MaybePromise, Outcome, QueueStore } from "./store.ts"
import type { StopOptions, Worker, WorkerStopReport } from "./worker.ts"
import type { WorkerPlan } from "./worker-options.ts"
import { workerPart } from "./worker-part.ts"

/** What a worker is given by its queue. */
export interface WorkerHome {
  readonly store: () => Promise<QueueStore>
  readonly pusher: JobPusher
  readonly emitter: Emitter
  readonly tallies: Tallies
  /** Runs work outside of the transaction or request that the caller may be in. */
  readonly outside: <T>(work: () => T) => T
  readonly onStopped: () => void
}

const WAIT_MS = 5_000
const SWEEP_MS = 5_000
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5_000

export class LiveWorker implements Worker {
  readonly id: string
  readonly #plan: WorkerPlan
  readonly #home: WorkerHome
  readonly #kinds: ReadonlyMap<string, Kind>
  /** All that is claimed, and not settled. */
  readonly #runs: LinkedSet<JobRun> = new LinkedSet()
  #waiting: JobRun[] = []
  #running = 0
  #isPaused = false
  #stopping: Promise<WorkerStopReport> | undefined
  /** Of the claim that waits for jobs. */
  #patience: AbortController | undefined
  /** Kinds that it does not ask for, since as many are here as may. */
  #leftOut: Set<string> = new Set()
  #wake: (() => void) | undefined
  #idlers: (() => void)[] = []
  #heartbeat: Heartbeat | undefined
  #settler: Settler | undefined
  #runHome: RunHome | undefined
  readonly #looping: Promise<void>

  constructor(jobs: readonly AnyHandledJob[], plan: WorkerPlan, home: WorkerHome) {
    this.id = plan.id
    this.#plan = plan
    this.#home = home
    this.#kinds = new Map(jobs.map((job) => [job.name, toKind(job, home.tallies)]))
    this.#looping = home.outside(() => this.#loop())
  }

  get running(): number {
    return this.#running
  }

  pause(): void {
    this.#isPaused = true
    this.#patience?.abort()
  }
  resume(): void {
    this.#isPaused = false
    this.#startWaiting()
    this.#rouse()
  }

  async idle(): Promise<void> {
    if (this.#stopping !== undefined) return void (await this.#stopping)
    await new Promise<void>((resolve) => {
      this.#idlers.push(resolve)
      this.#patience?.abort()
      this.#rouse()
    })
  }

  stop({ graceMs = this.#plan.graceMs }: StopOptions = {}): Promise<WorkerStopReport> {
    this.#stopping ??= this.#home.outside(() => this.#stop(graceMs))
    return this.#stopping
  }

  part(): ReturnType<Worker["part"]> {
    return workerPart(this, () => this.#giveUp())
  }

  async #loop(): Promise<void> {
    let store: QueueStore | undefined
    let pauseMs = FIRST_PAUSE_MS
    let sweepAtMs = 0
    while (this.#stopping === undefined) {
      try {
        store ??= await this.#open()
        if (performance.now() > sweepAtMs) {
          sweepAtMs = performance.now() + SWEEP_MS * (0.5 + Math.random())
          await store.sweep?.()
        }
        await this.#turn(store)
        pauseMs = FIRST_PAUSE_MS
      } catch (error) {
        this.#home.emitter.emit("error", error)
        await this.#rest(pauseMs)
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
      }
    }
  }

  async #open(): Promise<QueueStore> {
    const store = await this.#home.store()
    const { leaseMs } = this.#plan
    const onError = (error: unknown) => this.#home.emitter.emit("error", error)
    this.#settler = new Settler(store, {
      patienceMs: leaseMs,
      onError,
      next: (done) => this.#next(done),
      take: (claimed, askedMs) => this.#takeInPlace(claimed, askedMs),
      settled: (settling, isKept) => this.#settled(settling, isKept),
    })
    const onLost = (run: JobRun) => this.#lost(run)
    this.#heartbeat = new Heartbeat(store, leaseMs, { runs: this.#runs, onLost, onError })
    this.#runHome = { store, pusher: this.#home.pusher, onProgress: () => this.#heartbeat?.tell() }
    return store
  }

  /** Fetches jobs once, when there is room for enough of them. */
  async #turn(store: QueueStore): Promise<void> {
    // It may have been stopped while the store was opened or swept.
    if (this.#stopping !== undefined) return
    const { concurrency, prefetch, leaseMs, rate } = this.#plan
    const room = concurrency + prefetch - this.#runs.size
    if (this.#isPaused || room <= prefetch / 2) return await this.#rest(WAIT_MS)
    const lanes = lanesFor(this.#kinds, this.#plan)
    this.#leftOut = new Set([...this.#kinds.keys()].filter((name) => !lanes.some((lane) => lane.name === name)))
    if (lanes.length === 0) return await this.#rest(WAIT_MS)
    const isAsked = this.#idlers.length > 0
    this.#patience = isAsked ? undefined : new AbortController()
    const askedMs = performance.now()
    const claiming = store.claim({
      lanes,
      max: room,
      leaseMs,
      waitMs: isAsked ? 0 : WAIT_MS,
      worker: this.id,
      ...(rate !== undefined && { rate }),
      ...(this.#patience !== undefined && { signal: this.#patience.signal }),
    })
    const claimed = claiming instanceof Promise ? await claiming : claiming
    this.#patience = undefined
    // A claim that waited gives leases that began when it found something, which is later than it was asked.
    const heldSinceMs = isAsked || claimed.length === 0 ? askedMs : Math.max(askedMs, performance.now() - leaseMs / 3)
    for (const job of claimed) this.#take(job, heldSinceMs)
    if (claimed.length > 0) return
    if (isAsked) {
      if (this.#runs.size === 0) for (const idle of this.#idlers.splice(0)) idle()
      else await this.#rest(WAIT_MS)
    }
  }

  #next(done: readonly ClaimedJob[]): ClaimRequest | undefined {
    if (this.#stopping !== undefined || this.#isPaused || this.#idlers.length > 0) return undefined
    return inPlaceOf(done, this.#kinds, this.#plan)
  }

  #takeInPlace(claimed: readonly ClaimedJob[], heldSinceMs: number): void {
    // Nobody begins them any more, and nobody looks for them again.
    if (this.#stopping !== undefined) for (const job of claimed) this.#giveBack(job)
    else for (const job of claimed) this.#take(job, heldSinceMs)
  }

  #giveBack(claimed: ClaimedJob): void {
    this.#settler!.add({ outcome: { kind: "release", job: claimed }, run: undefined })
  }

  #take(claimed: ClaimedJob, heldSinceMs: number): void {
    const kind = this.#kinds.get(claimed.name)
    if (kind === undefined) {
      // A store that gives what nobody asked for must not lose it.
      this.#giveBack(claimed)
      return
    }
    const run = new JobRun(claimed, kind, this.#runHome!, heldSinceMs)
    this.#runs.add(run)
    kind.held++
    if (this.#stopping === undefined && !this.#isPaused && this.#mayRun(run)) this.#start(run)
    else this.#waiting.push(run)
  }

  #mayRun({ kind }: JobRun): boolean {
    return this.#running < this.#plan.concurrency && kind.running < kind.job.settings.concurrency
  }

  #startWaiting(): void {
    if (this.#isPaused || this.#stopping !== undefined || this.#waiting.length === 0) return
    // As one of each kind may run at most, the first that may is the next.
    for (let at = 0; at < this.#waiting.length && this.#running < this.#plan.concurrency; ) {
      const run = this.#waiting[at]!
      if (!this.#mayRun(run)) at++
      else {
        if (at === 0) this.#waiting.shift()
        else this.#waiting.splice(at, 1)
        this.#start(run)
      }
    }
  }

  #start(run: JobRun): void {
    // The event loop stood still for so long that it is another's by now.
    if (this.#heartbeat!.isStale(run)) {
      this.#lost(run)
      return
    }
    const { emitter } = this.#home
    const { kind } = run
    const { tally } = kind
    this.#running++
    kind.running++
    tally.started++
    tally.running++
    if (emitter.hears("started")) emitter.emit("started", run.event)
    run.begin((output, error, isError) => {
      this.#running--
      kind.running--
      tally.running--
      run.durationMs = performance.now() - run.startedMs
      tally.took(run.durationMs)
      if (!run.isSettled && isError) this.#failed(run, error)
      else if (!run.isSettled) this.#ended(run, output)
      // Not from within a handler that ended at once: the stack would grow with what waits.
      if (this.#waiting.length > 0) queueMicrotask(() => this.#startWaiting())
    })
  }

  #ended(run: JobRun, output: unknown): void {
    const written = this.#write(run, output)
    if (typeof written === "string") this.#settle({ kind: "complete", job: run.claimed, output: written }, run)
    else
      written.then(
        (text) => this.#settle({ kind: "complete", job: run.claimed, output: text }, run),
        (invalid) => this.#failed(run, invalid),
      )
  }
  #write(run: JobRun, output: unknown): MaybePromise<string> {
    const schema = run.job.settings.output
    if (output === undefined && schema === undefined) return ""
    return writeOutput(run.name, schema, output, this.#runHome!.store.guarantees.maxPayloadBytes)
  }

  #failed(run: JobRun, thrown: unknown): void {
    if (thrown instanceof QueueWorkerStopped) {
      this.#release(run)
      return
    }
    const { error, wait } = judge(run, thrown)
    run.failure = error
    const told = { job: run.claimed, error: writeFailure(error) }
    this.#settle(wait === "stop" ? { kind: "fail", ...told } : { kind: "retry", delayMs: wait, ...told }, run)
  }

  #release(run: JobRun): void {
    this.#settle({ kind: "release", job: run.claimed }, run)
  }

  #settle(outcome: Outcome, run: JobRun): void {
    run.isSettled = true
    this.#settler!.add({ outcome, run })
  }

  #settled({ outcome, run }: Settling, isKept: boolean): void {
    if (run === undefined) return
    this.#forget(run)
    if (!isKept) {
      this.#tellLost(run)
      return
    }
    const { emitter } = this.#home
    const { durationMs, failure: error } = run
    const { tally } = run.kind
    if (outcome.kind === "complete") {
      tally.completed++
      if (emitter.hears("completed")) emitter.emit("completed", { ...run.event, durationMs, output: outcome.output })
    } else if (outcome.kind === "fail") {
      tally.failed++
      emitter.emit("failed", { ...run.event, durationMs, error })
    } else if (outcome.kind === "retry") {
      tally.retried++
      emitter.emit("retried", { ...run.event, durationMs, delayMs: outcome.delayMs, error })
    } else {
      tally.released++
      emitter.emit("released", run.event)
    }
  }

  /** Another may have it: what its handler gives counts for nothing. */
  #lost(run: JobRun): void {
    run.isSettled = true
    const at = this.#waiting.indexOf(run)
    if (at >= 0) this.#waiting.splice(at, 1)
    this.#forget(run)
    this.#tellLost(run)
  }
  #tellLost(run: JobRun): void {
    run.kind.tally.lost++
    this.#home.emitter.emit("lost", run.event)
  }

  #forget(run: JobRun): void {
    if (!this.#runs.delete(run)) return
    const { kind } = run
    kind.held--
    // A claim that waits for other kinds must not keep this one waiting.
    if (kind.held <= kind.job.settings.concurrency && this.#leftOut.has(run.name)) this.#patience?.abort()
    if (this.#runs.size <= this.#plan.concurrency + this.#plan.prefetch / 2) this.#rouse()
  }

  #rouse(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
  /** Until something happens that may make room, or the time has passed. */
  async #rest(ms: number): Promise<void> {
    if (this.#stopping !== undefined) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async #stop(graceMs: number): Promise<WorkerStopReport> {
    this.#patience?.abort()
    this.#rouse()
    await this.#looping
    const before = this.#waiting.splice(0)
    let released = before.length
    for (const run of before) this.#release(run)
    const clean = await this.#drained(graceMs)
    if (!clean) released += await this.#stopRuns()
    await this.#settler?.done()
    this.#heartbeat?.stop()
    for (const idle of this.#idlers.splice(0)) idle()
    this.#home.onStopped()
    return { clean, released }
  }

  #giveUp: () => void = () => undefined
  /** Whether all handlers ended in time. */
  async #drained(graceMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#giveUp = resolve
    const timer = setTimeout(resolve, Math.min(graceMs, 2_147_483_647))
    let isLate = false
    void promise.then(() => {
      isLate = true
    })
    while (this.#running > 0 && !isLate) await Promise.race([promise, pause(5)])
    clearTimeout(timer)
    return this.#running === 0
  }

  /** Tells handlers to stop, and gives back what does not listen. */
  async #stopRuns(): Promise<number> {
    const runs = [...this.#runs].filter(({ isSettled }) => !isSettled)
    for (const run of runs) run.abort(new QueueWorkerStopped("The worker was stopped."))
    await pause(this.#plan.stopGraceMs)
    for (const run of runs) if (!run.isSettled) this.#release(run)
    return runs.length
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms))
}
