import { type Clock, detach } from "@ashlar/core"
import { type Database, isInTransaction, type Queryable, sharesTransactions } from "@ashlar/orm"
import { Doorbell } from "../doorbell.ts"
import { QueueClosed, QueueStoreFailed, QueueTransactionForeign } from "../errors.ts"
import type { QueueGuarantees } from "../guarantees.ts"
import type {
  Added,
  BatchCounts,
  ChildOutcome,
  ClaimedJob,
  ClaimRequest,
  JobSelection,
  JobSink,
  JobState,
  LaneCounts,
  ListRequest,
  NewBatch,
  NewJob,
  Outcome,
  QueueStore,
  StoredJob,
  StoreSettings,
} from "../store.ts"
import { addJobs } from "./add-jobs.ts"
import { isThereWork } from "./bring-due.ts"
import { type Part, redrivePart, removePart, sweep } from "./change.ts"
import { Desk } from "./desk.ts"
import { Lanes, WHOLE_QUEUE } from "./lanes.ts"
import { countJobs, getBatch, getJob, listChildren, listJobs } from "./look.ts"
import { ServerClock } from "./server-clock.ts"
import { hasTables, makeTables } from "./tables.ts"
import type { SqlWork } from "./work.ts"

/** Keeps jobs in tables of a database, beside the rows of the app. */
export class SqlStore implements QueueStore {
  readonly guarantees: QueueGuarantees
  readonly #database: Database
  readonly #settings: StoreSettings
  readonly #clock: Clock
  readonly #serverClock: ServerClock
  readonly #lanes: Lanes
  readonly #desk: Desk
  readonly #bell: Doorbell = new Doorbell()
  readonly #outside: <T>(work: () => T) => T
  /** Of kinds that have groups: the turn of one that belongs to none, as of the last claim. */
  readonly #turns: Map<number, number> = new Map()
  /** Whether the tables are there for all. */
  #isMade = false
  #making: Promise<void> | undefined
  #isClosed = false

  constructor(database: Database, guarantees: QueueGuarantees, settings: StoreSettings) {
    this.#database = database
    this.guarantees = guarantees
    this.#settings = settings
    this.#serverClock = new ServerClock(database)
    this.#clock = settings.clock ?? this.#serverClock
    this.#lanes = new Lanes(settings.queue)
    this.#outside = detach()
    this.#desk = new Desk(database, {
      work: (db) => this.#work(db),
      lanes: this.#lanes,
      turnOf: (lane) => this.#turns.get(lane) ?? 0,
      onTurn: (lane, turn) => void (turn > 0 && this.#turns.set(lane, turn)),
    })
  }

  async ready(): Promise<void> {
    if (this.#isClosed) throw new QueueClosed("The queue was closed.")
    // SQLite has one writer, which may be that of the transaction that the queue is first used in: its tables are made by the next work.
    if (this.#database.dialect !== "sqlite") await this.#do(async () => undefined)
  }

  async add(jobs: readonly NewJob[], batches: readonly NewBatch[] = []): Promise<readonly Added[]> {
    // The writer of SQLite would wait for the transaction, and the transaction for it.
    if (isInTransaction(this.#database)) return await this.#addWithin(this.#database, jobs, batches)
    const added = await this.#do(() => this.#desk.add({ jobs, batches }))
    this.#bell.ring()
    return added
  }

  in(transaction: unknown): JobSink {
    if (!sharesTransactions(this.#database, transaction))
      throw new QueueTransactionForeign(
        "Expected a transaction of the database that keeps the queue: open both with the same URL.",
      )
    if (!isInTransaction(transaction))
      throw new QueueTransactionForeign("Expected a transaction, got the database itself outside of any.")
    return { add: (jobs, batches = []) => this.#addWithin(transaction, jobs, batches) }
  }

  async #addWithin(db: Queryable, jobs: readonly NewJob[], batches: readonly NewBatch[]): Promise<readonly Added[]> {
    if (this.#isClosed) throw new QueueClosed("The queue was closed.")
    try {
      if (!this.#isMade)
        if (db.dialect === "sqlite") await makeTables(db)
        else await this.#outside(() => this.#made())
      const lanes = await this.#lanes.ensure(db, this.#desk.namesOf(jobs, batches), false)
      const turnOf = (lane: number) => this.#turns.get(lane) ?? 0
      const added = await addJobs(this.#work(db), jobs, batches, { lanes, turnOf })
      await db.afterCommit(() => this.#bell.ring())
      return added
    } catch (cause) {
      throw failed(cause)
    }
  }

  async claim(request: ClaimRequest): Promise<readonly ClaimedJob[]> {
    const deadline = performance.now() + request.waitMs
    await this.#do(() => this.#serverClock.measure())
    for (let isAsked = true; ; ) {
      if (isAsked) {
        const claimed = await this.#do(() => this.#desk.claim(request))
        if (claimed.length > 0) return claimed
      }
      const leftMs = deadline - performance.now()
      if (leftMs <= 0 || request.signal?.aborted || this.#isClosed) return []
      const pollMs = this.#settings.pollMs * (0.75 + 0.5 * Math.random())
      const rang = await this.#bell.wait(Math.min(leftMs, pollMs), request.signal)
      isAsked = rang || (await this.#isThereWork(request))
    }
  }
  async #isThereWork(request: ClaimRequest): Promise<boolean> {
    if (this.#isClosed || request.signal?.aborted) return false
    return await this.#do(async () => {
      const names = new Set(request.lanes.map(({ name }) => name))
      const lanes = await this.#lanes.ensure(this.#database, names, true)
      return await isThereWork(
        this.#work(this.#database.primary),
        [...names].map((name) => lanes.get(name)!),
      )
    })
  }

  async extend(
    jobs: readonly ClaimedJob[],
    leaseMs: number,
    progress?: readonly (string | undefined)[],
  ): Promise<readonly boolean[]> {
    return await this.#do(() => this.#desk.extend({ jobs, leaseMs, progress }))
  }
  async settle(outcomes: readonly Outcome[]): Promise<readonly boolean[]> {
    const kept = await this.#do(() => this.#desk.settle(outcomes))
    // A job that is begun anew, or that was waiting for this one, may begin now.
    if (outcomes.some(({ kind, job }) => kind !== "complete" || job.batch !== undefined || job.group !== undefined))
      this.#bell.ring()
    return kept
  }

  async pause(name: string | undefined): Promise<void> {
    await this.#setPaused(name, 1)
  }
  async resume(name: string | undefined): Promise<void> {
    await this.#setPaused(name, 0)
    this.#bell.ring()
  }
  async #setPaused(name: string = WHOLE_QUEUE, paused: number): Promise<void> {
    await this.#do(async () => {
      const lanes = await this.#lanes.ensure(this.#database, new Set([name]), true)
      await this.#database.sql`update ashlar_queue_lanes set paused = ${paused} where id = ${lanes.get(name)}`.run()
    })
  }

  async get(id: string): Promise<StoredJob | undefined> {
    return await this.#look((work) => getJob(work, id))
  }
  async list(request: ListRequest): Promise<readonly StoredJob[]> {
    return await this.#look((work) => listJobs(work, request))
  }
  async counts(): Promise<readonly LaneCounts[]> {
    return await this.#look((work) => countJobs(work))
  }
  async batch(id: string): Promise<BatchCounts | undefined> {
    return await this.#look((work) => getBatch(work, id))
  }
  async children(batch: string): Promise<readonly ChildOutcome[]> {
    return await this.#look((work) => listChildren(work, batch))
  }
  async #look<T>(look: (work: SqlWork) => Promise<T>): Promise<T> {
    // The primary: what was just written is seen, whatever replicas are behind.
    return await this.#do(() => look(this.#work(this.#database.primary)))
  }

  async remove(selection: JobSelection & { readonly state?: JobState }): Promise<number> {
    return await this.#inParts((work, after) => removePart(work, selection, after))
  }
  async redrive(selection: JobSelection): Promise<number> {
    return await this.#inParts((work, after) => redrivePart(work, selection, after))
  }
  async #inParts(change: (work: SqlWork, afterSeq: number) => Promise<Part>): Promise<number> {
    let total = 0
    for (let next: number | undefined = 0; next !== undefined; ) {
      const after: number = next
      const part: Part = await this.#do(() => this.#desk.transaction((work) => change(work, after)))
      total += part.count
      next = part.next
    }
    this.#bell.ring()
    return total
  }
  async sweep(): Promise<void> {
    await this.#do(() => sweep(this.#work(this.#database)))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#bell.ring()
    await this.#desk.idle()
    await this.#database.close()
  }

  async #made(): Promise<void> {
    this.#making ??= this.#make().finally(() => {
      this.#making = undefined
    })
    await this.#making
  }
  async #make(): Promise<void> {
    if (!(await hasTables(this.#database))) await makeTables(this.#database)
    if (this.#settings.clock === undefined) await this.#serverClock.measure()
    this.#isMade = true
  }

  #work(db: Queryable): SqlWork {
    return { db, dialect: db.dialect, queue: this.#settings.queue, nowMs: this.#clock.now() }
  }

  /** Outside of the transaction that the caller may be in. */
  async #do<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new QueueClosed("The queue was closed.")
    try {
      return await this.#outside(async () => {
        if (!this.#isMade) await this.#made()
        return await work()
      })
    } catch (cause) {
      throw failed(cause)
    }
  }
}

function failed(cause: unknown): unknown {
  if (cause instanceof QueueClosed || cause instanceof QueueStoreFailed) return cause
  return new QueueStoreFailed("The database of the queue did not do its work.", { cause })
}
