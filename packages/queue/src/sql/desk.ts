import type { Database, Dialect, Queryable } from "@ashlar/orm"
import { Batcher } from "../batcher.ts"
import type { Added, ClaimedJob, ClaimRequest, NewBatch, NewJob, Outcome } from "../store.ts"
import { addJobs, isPlain } from "./add-jobs.ts"
import { bringDue } from "./bring-due.ts"
import { claimJobs, hasRate } from "./claim-jobs.ts"
import type { SqlClaim } from "./claimed.ts"
import { type Lanes, WHOLE_QUEUE } from "./lanes.ts"
import { arePlainEnds, settleJobs } from "./settle-jobs.ts"
import { inList, type SqlWork } from "./work.ts"

export interface Adding {
  readonly jobs: readonly NewJob[]
  readonly batches: readonly NewBatch[]
}
export interface Extending {
  readonly jobs: readonly ClaimedJob[]
  readonly leaseMs: number
  readonly progress: readonly (string | undefined)[] | undefined
}

/** What is asked of the database, of one kind or another. */
type Op =
  | { readonly kind: "add"; readonly add: Adding }
  | { readonly kind: "settle"; readonly settle: readonly Outcome[] }
  | { readonly kind: "extend"; readonly extend: Extending }
  | { readonly kind: "claim"; readonly claim: ClaimRequest }
type Answer = readonly unknown[]

export interface DeskHome {
  readonly work: (db: Queryable) => SqlWork
  readonly lanes: Lanes
  readonly turnOf: (lane: number) => number
  readonly onTurn: (lane: number, turn: number) => void
}

/** Jobs of one group. */
const MAX_GROUP = 1_024
/** How often it is looked for what time alone brings. */
const DUE_MS = 25
const MOST_DUE = 500

/**
 * Puts together what many ask for. SQLite has one writer: adds, claims and ends of all callers share one transaction, and so one fsync. A server
 * has several: kinds go side by side, and what is one statement needs no transaction around it.
 */
export class Desk {
  readonly #database: Database
  readonly #home: DeskHome
  readonly #batchers: { readonly [K in Op["kind"]]: Batcher<Op, Answer> }
  #dueAtMs = Number.NEGATIVE_INFINITY

  constructor(database: Database, home: DeskHome) {
    this.#database = database
    this.#home = home
    const isSqlite = database.dialect === "sqlite"
    const batcher = (maxFlights: number) =>
      new Batcher<Op, Answer>((ops) => this.#run(ops), { maxFlights, maxWeight: MAX_GROUP, weigh })
    const add = batcher(isSqlite ? 1 : 2)
    this.#batchers = isSqlite
      ? { add, claim: add, settle: add, extend: add }
      : { add, claim: batcher(2), settle: batcher(2), extend: batcher(1) }
  }

  async add(add: Adding): Promise<readonly Added[]> {
    await this.#home.lanes.ensure(this.#database, this.namesOf(add.jobs, add.batches), true)
    return (await this.#batchers.add.do({ kind: "add", add })) as readonly Added[]
  }
  async settle(settle: readonly Outcome[]): Promise<readonly boolean[]> {
    return (await this.#batchers.settle.do({ kind: "settle", settle })) as readonly boolean[]
  }
  async extend(extend: Extending): Promise<readonly boolean[]> {
    return (await this.#batchers.extend.do({ kind: "extend", extend })) as readonly boolean[]
  }
  async claim(claim: ClaimRequest): Promise<readonly ClaimedJob[]> {
    return (await this.#batchers.claim.do({ kind: "claim", claim })) as readonly ClaimedJob[]
  }
  async idle(): Promise<void> {
    await Promise.all(Object.values(this.#batchers).map((batcher) => batcher.idle()))
  }

  namesOf(jobs: readonly NewJob[], batches: readonly NewBatch[]): ReadonlySet<string> {
    const names = new Set(jobs.map(({ name }) => name))
    for (const { success, failure, end } of batches)
      for (const follower of [success, failure, end]) if (follower !== undefined) names.add(follower.name)
    return names
  }

  async transaction<T>(act: (work: SqlWork) => Promise<T>): Promise<T> {
    const isolation = this.#database.dialect === "sqlite" ? {} : ({ isolation: "read committed" } as const)
    return await this.#database.transaction((db) => act(this.#home.work(db)), isolation)
  }

  async #run(ops: readonly Op[]): Promise<readonly Answer[]> {
    const isOne = ops.length === 1 || ops.every(({ kind }) => kind === ops[0]!.kind)
    if (isOne && this.#isAlone(ops)) return await this.#answer(this.#home.work(this.#database), ops)
    return await this.transaction((work) => this.#answer(work, ops))
  }

  /** Whether it is one statement, or several that each stand for themselves. */
  #isAlone(ops: readonly Op[]): boolean {
    const { dialect } = this.#database
    return ops.every((op) => {
      if (op.kind === "add") return isPlain(op.add.jobs, op.add.batches) && isOneStatement(dialect, ops)
      if (op.kind === "settle") return arePlainEnds(dialect, op.settle)
      return op.kind === "claim" && dialect === "postgres" && !hasRate(op.claim) && !this.#isDueTime()
    })
  }

  async #answer(work: SqlWork, ops: readonly Op[]): Promise<readonly Answer[]> {
    const answers = new Map<Op, Answer>()
    const adds = ops.filter((op) => op.kind === "add")
    const settles = ops.filter((op) => op.kind === "settle")
    await this.#addAll(work, adds, answers)
    if (settles.length > 0) {
      const kept = await settleJobs(
        work,
        settles.flatMap((op) => op.settle),
      )
      let at = 0
      for (const op of settles) {
        answers.set(op, kept.slice(at, at + op.settle.length))
        at += op.settle.length
      }
    }
    for (const op of ops) if (op.kind === "extend") answers.set(op, await extendJobs(work, op.extend))
    for (const op of ops) if (op.kind === "claim") answers.set(op, await this.#claimOne(work, op.claim))
    return ops.map((op) => answers.get(op)!)
  }

  async #addAll(work: SqlWork, adds: readonly Extract<Op, { kind: "add" }>[], answers: Map<Op, Answer>): Promise<void> {
    if (adds.length === 0) return
    const jobs = adds.length === 1 ? adds[0]!.add.jobs : adds.flatMap(({ add }) => add.jobs)
    const batches = adds.flatMap(({ add }) => add.batches)
    const lanes = await this.#home.lanes.ensure(work.db, this.namesOf(jobs, batches), true)
    const added = await addJobs(work, jobs, batches, { lanes, turnOf: this.#home.turnOf })
    let at = 0
    for (const op of adds) {
      answers.set(op, added.slice(at, at + op.add.jobs.length))
      at += op.add.jobs.length
    }
  }

  #isDueTime(): boolean {
    return performance.now() - this.#dueAtMs >= DUE_MS
  }

  async #claimOne(work: SqlWork, request: ClaimRequest): Promise<readonly ClaimedJob[]> {
    const names = new Set(request.lanes.map(({ name }) => name))
    const rated = request.rate === undefined ? names : new Set([...names, WHOLE_QUEUE])
    const lanes = await this.#home.lanes.ensure(work.db, rated, true)
    if (this.#isDueTime()) {
      const found = await bringDue(
        work,
        [...names].map((name) => lanes.get(name)!),
      )
      // Where there were many, there may be more.
      if (found < MOST_DUE) this.#dueAtMs = performance.now()
    }
    return await claimJobs(work, request, this.#home.onTurn)
  }
}

function isOneStatement(dialect: Dialect, ops: readonly Op[]): boolean {
  if (dialect === "postgres") return true
  const jobs = ops.reduce((sum, op) => sum + weigh(op), 0)
  // As many as one text of `parts` holds: a power of two.
  return jobs <= 64 && (jobs & (jobs - 1)) === 0
}

function weigh(op: Op): number {
  switch (op.kind) {
    case "add":
      return op.add.jobs.length
    case "settle":
      return op.settle.length
    case "extend":
      return op.extend.jobs.length
    case "claim":
      return op.claim.max
  }
}

async function extendJobs(work: SqlWork, { jobs, leaseMs, progress }: Extending): Promise<readonly boolean[]> {
  const { db, dialect, nowMs } = work
  const until = nowMs + leaseMs
  const held = new Map<number, Set<number>>()
  for (const job of jobs as readonly SqlClaim[]) {
    if (held.has(job.lease)) continue
    const seqs = (jobs as readonly SqlClaim[]).filter(({ lease }) => lease === job.lease).map(({ seq }) => seq)
    const condition = [seqs, job.lease] as const
    const rows = await db.sql<{ seq: number }>`select seq from ashlar_queue_jobs
      where seq ${inList(dialect, condition[0])} and lease = ${condition[1]} and state = 1`.all()
    const found = rows.map(({ seq }) => Number(seq))
    held.set(job.lease, new Set(found))
    if (found.length > 0)
      await db.sql`update ashlar_queue_jobs set due = ${until}
        where seq ${inList(dialect, found)} and lease = ${job.lease} and state = 1`.run()
  }
  for (const [at, job] of (jobs as readonly SqlClaim[]).entries()) {
    const news = progress?.[at]
    if (news !== undefined && held.get(job.lease)!.has(job.seq))
      await db.sql`update ashlar_queue_jobs set progress = ${news}
        where seq = ${job.seq} and lease = ${job.lease} and state = 1`.run()
  }
  return (jobs as readonly SqlClaim[]).map(({ lease, seq }) => held.get(lease)!.has(seq))
}
