import { type Clock, systemClock } from "@ashlar/core"
import { Doorbell } from "../doorbell.ts"
import { QueueChildFailed, QueueClosed, QueueFull } from "../errors.ts"
import { writeFailure } from "../failure.ts"
import type { QueueGuarantees } from "../guarantees.ts"
import type {
  Added,
  BatchCounts,
  ChildOutcome,
  ClaimedJob,
  ClaimRequest,
  JobSelection,
  JobState,
  LaneCounts,
  ListRequest,
  MaybePromise,
  NewBatch,
  NewJob,
  Outcome,
  QueueStore,
  StoredJob,
  StoreSettings,
} from "../store.ts"
import { Batches } from "./batches.ts"
import { type Entry, held, isSooner, MemoryClaim, outcomeOf } from "./entry.ts"
import { EntryBook } from "./entry-book.ts"
import { Heap } from "./heap.ts"
import { Lane, TokenBucket } from "./lane.ts"
import { toStored } from "./stored.ts"
import { UniqueKeys } from "./unique-keys.ts"

/** Keeps jobs in this process: for tests, and for work that may be lost with it. */
export class MemoryStore implements QueueStore {
  readonly guarantees: QueueGuarantees
  readonly #clock: Clock
  /** How often it is looked at a clock that nothing tells of. */
  readonly #pollMs: number
  readonly #maxJobs: number
  readonly #entries: EntryBook = new EntryBook()
  readonly #lanes: Map<string, Lane> = new Map()
  readonly #delayed: Heap<Entry> = new Heap((a, b) => a.atMs < b.atMs || (a.atMs === b.atMs && a.seq < b.seq))
  readonly #finished: Set<Entry> = new Set()
  readonly #keys: UniqueKeys = new UniqueKeys()
  readonly #batches: Batches
  readonly #bucket: TokenBucket = new TokenBucket()
  readonly #bell: Doorbell = new Doorbell()
  /** No lease ends before. */
  #leasesUntilMs = Number.POSITIVE_INFINITY
  #seq = 0
  #isPaused = false
  #isClosed = false

  constructor(guarantees: QueueGuarantees, { clock, pollMs }: StoreSettings, maxJobs: number) {
    this.guarantees = guarantees
    this.#clock = clock ?? systemClock
    this.#pollMs = clock === undefined ? Number.POSITIVE_INFINITY : pollMs
    this.#maxJobs = maxJobs
    this.#batches = new Batches({
      release: (entry) => this.#release(entry),
      drop: (entry) => this.#delete(entry),
      fail: (entry) => this.#finish(entry, { state: "failed", text: CHILD_FAILURE }, this.#clock.now()),
    })
  }

  add(jobs: readonly NewJob[], batches: readonly NewBatch[] = []): readonly Added[] {
    this.#check()
    if (this.#entries.size + jobs.length > this.#maxJobs)
      throw new QueueFull(`Expected at most ${this.#maxJobs} jobs in the memory (maxJobs). Push again later.`)
    const nowMs = this.#clock.now()
    for (const batch of batches) {
      const follow = (job: NewJob | undefined) => (job === undefined ? undefined : this.#enter(job, "blocked", nowMs))
      const followers = { success: follow(batch.success), failure: follow(batch.failure), end: follow(batch.end) }
      this.#batches.add(batch, followers, nowMs)
    }
    const added = jobs.map((job) => this.#addOne(job, nowMs))
    this.#bell.ring()
    return added
  }
  #addOne(job: NewJob, nowMs: number): Added {
    const { id, unique } = job
    const holder = unique === undefined ? undefined : this.#keys.claim(unique, id, nowMs)
    if (holder !== undefined) return { id: holder, isNew: false }
    this.#queue(this.#enter(job, "blocked", nowMs), job.delayMs, nowMs)
    return { id, isNew: true }
  }
  #enter(job: NewJob, state: JobState, nowMs: number): Entry {
    const entry: Entry = {
      job,
      createdMs: nowMs,
      seq: ++this.#seq,
      state,
      attempt: 0,
      turn: 0,
      atMs: nowMs,
      leaseUntilMs: 0,
      claim: undefined,
      isAdmitted: false,
      isCounted: job.batch !== undefined,
      finishedMs: 0,
      progress: undefined,
      output: undefined,
      error: undefined,
      before: undefined,
      after: undefined,
      isIn: false,
    }
    this.#entries.add(entry)
    this.#laneOf(entry).enter(entry)
    return entry
  }
  #queue(entry: Entry, delayMs: number, nowMs: number): void {
    const lane = this.#laneOf(entry)
    if (delayMs <= 0) {
      lane.queue(entry, nowMs)
      return
    }
    entry.atMs = nowMs + delayMs
    lane.move(entry, "delayed")
    this.#delayed.push(entry)
  }
  #release(entry: Entry): void {
    this.#queue(entry, entry.job.delayMs, this.#clock.now())
    this.#bell.ring()
  }

  claim(request: ClaimRequest): MaybePromise<readonly ClaimedJob[]> {
    this.#check()
    const taken = this.#take(request)
    return taken.length > 0 || request.waitMs <= 0 ? taken : this.#wait(request)
  }
  async #wait(request: ClaimRequest): Promise<readonly ClaimedJob[]> {
    const deadline = performance.now() + request.waitMs
    for (;;) {
      const leftMs = deadline - performance.now()
      if (leftMs <= 0 || request.signal?.aborted || this.#isClosed) return []
      await this.#bell.wait(Math.min(leftMs, this.#nextMs(request), this.#pollMs), request.signal)
      if (this.#isClosed) return []
      const taken = this.#take(request)
      if (taken.length > 0) return taken
    }
  }
  /** How long until time alone may bring a job. */
  #nextMs({ lanes, rate }: ClaimRequest): number {
    const nextMs = Math.min(this.#delayed.peek()?.atMs ?? Number.POSITIVE_INFINITY, this.#leasesUntilMs)
    const rates = [...lanes.map((lane) => lane.rate), rate].filter((rule) => rule !== undefined)
    const tokenMs = Math.min(...rates.map(({ max, perMs }) => perMs / max), Number.POSITIVE_INFINITY)
    return Math.max(1, Math.min(nextMs - this.#clock.now(), tokenMs))
  }

  #take(request: ClaimRequest): ClaimedJob[] {
    const nowMs = this.#clock.now()
    this.#bringDue(nowMs)
    if (this.#isPaused) return []
    let room = request.max
    if (request.rate !== undefined) room = Math.min(room, this.#bucket.room(request.rate, nowMs))
    const open = request.lanes.flatMap(({ name, max, rate }) => {
      const lane = this.#lanes.get(name)
      if (lane === undefined || lane.isPaused) return []
      const left = rate === undefined ? max : Math.min(max, lane.bucket.room(rate, nowMs))
      return left > 0 ? [{ lane, left, taken: 0 }] : []
    })
    const taken: ClaimedJob[] = []
    while (taken.length < room) {
      let best: (typeof open)[number] | undefined
      let first: Entry | undefined
      for (const one of open) {
        const entry = one.taken < one.left ? one.lane.ready.peek() : undefined
        if (entry !== undefined && (first === undefined || isSooner(entry, first))) [best, first] = [one, entry]
      }
      if (best === undefined || first === undefined) break
      best.taken++
      best.lane.ready.take(first)
      taken.push(this.#begin(first, best.lane, nowMs + request.leaseMs))
    }
    for (const one of open) one.lane.bucket.take(one.taken)
    this.#bucket.take(taken.length)
    return taken
  }
  #begin(entry: Entry, lane: Lane, leaseUntilMs: number): ClaimedJob {
    lane.move(entry, "active")
    lane.begun(entry)
    entry.attempt++
    entry.leaseUntilMs = leaseUntilMs
    entry.claim = new MemoryClaim(entry)
    if (leaseUntilMs < this.#leasesUntilMs) this.#leasesUntilMs = leaseUntilMs
    if (entry.job.unique?.until === "started") this.#keys.free(entry.job)
    return entry.claim
  }
  /** What time alone brings: delayed jobs that are due, and those whose worker went silent. */
  #bringDue(nowMs: number): void {
    for (let entry = this.#delayed.peek(); entry !== undefined && entry.atMs <= nowMs; entry = this.#delayed.peek()) {
      this.#delayed.pop()
      if (entry.state === "delayed") this.#laneOf(entry).queue(entry, nowMs)
    }
    if (nowMs < this.#leasesUntilMs) return
    this.#leasesUntilMs = Number.POSITIVE_INFINITY
    for (const entry of this.#entries.values())
      if (entry.state !== "active") continue
      else if (entry.leaseUntilMs <= nowMs) this.#putBack(entry)
      else this.#leasesUntilMs = Math.min(this.#leasesUntilMs, entry.leaseUntilMs)
  }
  #putBack(entry: Entry): void {
    entry.claim = undefined
    this.#laneOf(entry).putBack(entry, this.#clock.now())
  }

  extend(jobs: readonly ClaimedJob[], leaseMs: number, progress?: readonly (string | undefined)[]): readonly boolean[] {
    this.#check()
    const untilMs = this.#clock.now() + leaseMs
    return jobs.map((job, at) => {
      const entry = held(job)
      if (entry === undefined) return false
      entry.leaseUntilMs = untilMs
      entry.progress = progress?.[at] ?? entry.progress
      return true
    })
  }

  settle(outcomes: readonly Outcome[]): readonly boolean[] {
    this.#check()
    const nowMs = this.#clock.now()
    const kept = outcomes.map((outcome) => {
      const entry = held(outcome.job)
      if (entry === undefined) return false
      this.#settleOne(entry, outcome, nowMs)
      return true
    })
    return kept
  }
  #settleOne(entry: Entry, outcome: Outcome, nowMs: number): void {
    if (outcome.kind === "release") {
      entry.attempt--
      this.#putBack(entry)
      this.#bell.ring()
      return
    }
    entry.claim = undefined
    if (outcome.kind === "complete") {
      this.#finish(entry, { state: "completed", text: outcome.output }, nowMs)
      return
    }
    if (outcome.kind === "fail") {
      this.#finish(entry, { state: "failed", text: outcome.error }, nowMs)
      return
    }
    entry.error = outcome.error
    const mayRun = this.#laneOf(entry).vacate(entry)
    this.#queue(entry, outcome.delayMs, nowMs)
    if (mayRun || outcome.delayMs <= 0) this.#bell.ring()
    else if (this.#delayed.peek() === entry) this.#bell.ring() // those who wait must look sooner
  }

  #finish(
    entry: Entry,
    { state, text }: { readonly state: "completed" | "failed"; readonly text: string },
    nowMs: number,
  ): void {
    const lane = this.#laneOf(entry)
    const { job } = entry
    if (state === "completed") [entry.output, entry.error] = [text, undefined]
    else entry.error = text
    entry.finishedMs = nowMs
    if (lane.vacate(entry)) this.#bell.ring()
    if (job.unique?.until === "finished") this.#keys.free(job)
    if ((state === "completed" ? job.keepCompletedMs : job.keepFailedMs) > 0) {
      lane.move(entry, state)
      this.#finished.add(entry)
    } else this.#delete(entry)
    if (job.batch !== undefined) this.#batches.count(entry, outcomeOf(entry, state), nowMs)
  }
  #delete(entry: Entry): void {
    const lane = this.#laneOf(entry)
    lane.leave(entry)
    this.#entries.delete(entry)
    if (entry.state === "completed" || entry.state === "failed") this.#finished.delete(entry)
    // What still points at it passes it over.
    entry.state = "completed"
  }

  pause(name: string | undefined): void {
    if (name === undefined) this.#isPaused = true
    else this.#lane(name).isPaused = true
  }
  resume(name: string | undefined): void {
    if (name === undefined) this.#isPaused = false
    else this.#lane(name).isPaused = false
    this.#bell.ring()
  }

  get(id: string): StoredJob | undefined {
    this.#check()
    const entry = this.#entries.get(id)
    return entry === undefined ? undefined : toStored(entry)
  }
  list({ state, name, after = "", limit }: ListRequest): readonly StoredJob[] {
    this.#check()
    const found: Entry[] = []
    for (const entry of this.#entries.values())
      if (entry.state === state && entry.job.id > after && (name === undefined || entry.job.name === name))
        found.push(entry)
    return found
      .toSorted((a, b) => (a.job.id < b.job.id ? -1 : 1))
      .slice(0, limit)
      .map(toStored)
  }
  counts(): readonly LaneCounts[] {
    this.#check()
    const nowMs = this.#clock.now()
    this.#bringDue(nowMs)
    const all = [...this.#lanes.values()].map((lane) => lane.counts(nowMs))
    return this.#isPaused ? all.map((counts) => ({ ...counts, isPaused: true })) : all
  }
  remove({ state, ...selection }: JobSelection & { readonly state?: JobState }): number {
    const isWanted = (entry: Entry) => entry.state !== "active" && (state === undefined || entry.state === state)
    const entries = this.#select(selection).filter(isWanted)
    for (const entry of entries) {
      if (!this.#entries.has(entry)) continue // what it followed was removed before it
      const wasFinished = entry.state === "completed" || entry.state === "failed"
      const lane = this.#laneOf(entry)
      this.#delete(entry)
      if (wasFinished) continue
      lane.vacate(entry)
      if (entry.job.unique !== undefined) this.#keys.free(entry.job)
      entry.error = writeFailure(new QueueChildFailed("The job was removed."))
      if (entry.job.batch !== undefined) this.#batches.count(entry, outcomeOf(entry, "failed"), this.#clock.now())
    }
    this.#bell.ring()
    return entries.length
  }
  redrive(selection: JobSelection): number {
    const nowMs = this.#clock.now()
    const failed = this.#select(selection).filter(({ state }) => state === "failed")
    // Not while another has its key.
    const entries = failed.filter(({ job: { id, unique } }) => {
      if (unique === undefined || typeof unique.until === "number") return true
      return this.#keys.claim(unique, id, nowMs) === undefined
    })
    for (const entry of entries) {
      this.#finished.delete(entry)
      entry.attempt = 0
      this.#batches.revive(entry)
      this.#queue(entry, 0, nowMs)
    }
    this.#bell.ring()
    return entries.length
  }
  #select({ ids, name }: JobSelection): Entry[] {
    this.#check()
    if (ids !== undefined)
      return ids.map((id) => this.#entries.get(id)).filter((entry): entry is Entry => entry !== undefined)
    const all = [...this.#entries.values()]
    return name === undefined ? all : all.filter(({ job }) => job.name === name)
  }

  batch(id: string): BatchCounts | undefined {
    return this.#batches.counts(id)
  }
  children(batch: string): readonly ChildOutcome[] {
    return this.#batches.outcomes(batch)
  }

  sweep(): void {
    const nowMs = this.#clock.now()
    for (const entry of this.#finished) {
      const { keepCompletedMs, keepFailedMs } = entry.job
      const keepMs = entry.state === "completed" ? keepCompletedMs : keepFailedMs
      if (entry.finishedMs + keepMs <= nowMs) this.#delete(entry)
    }
    this.#batches.sweep(nowMs)
    this.#keys.sweep(nowMs)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#bell.ring()
  }

  #check(): void {
    if (this.#isClosed) throw new QueueClosed("The queue was closed.")
  }
  #laneOf(entry: Entry): Lane {
    return this.#lane(entry.job.name)
  }
  #lane(name: string): Lane {
    const known = this.#lanes.get(name)
    if (known !== undefined) return known
    const lane = new Lane(name)
    this.#lanes.set(name, lane)
    return lane
  }
}

const CHILD_FAILURE = writeFailure(new QueueChildFailed("A job that this one waited for failed for good."))
