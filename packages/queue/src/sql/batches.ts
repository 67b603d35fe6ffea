import { isSettled, stepsAfter } from "../batch-rules.ts"
import { QueueChildFailed } from "../errors.ts"
import { writeFailure } from "../failure.ts"
import type { ChildOutcome } from "../store.ts"
import { letWait } from "./bring-due.ts"
import { keepFailedMs, readExtra } from "./extra.ts"
import type { Groups } from "./groups.ts"
import { STATES } from "./tables.ts"
import { forUpdate, type SqlWork } from "./work.ts"

interface BatchRow {
  readonly total: number
  readonly completed: number
  readonly failed: number
  readonly if_failed: "drop" | "fail"
  readonly settled: number | null
  readonly success: string | null
  readonly failure: string | null
  readonly ending: string | null
}

interface FollowerRow {
  readonly seq: number
  readonly name: string
  readonly lane: number
  readonly grp: string | null
  readonly grp_limit: number | null
  readonly batch: string | null
  readonly extra: string | null
}

/** Counts the jobs of batches, and lets go what follows. Within a transaction. */
export class Batches {
  readonly #work: SqlWork
  readonly #groups: Groups

  constructor(work: SqlWork, groups: Groups) {
    this.#work = work
    this.#groups = groups
  }

  /** One of its jobs has ended. */
  async count(batch: string, outcome: ChildOutcome): Promise<void> {
    // What fails with a child is a child itself: by hand, for such a chain may be long.
    const rest = [{ batch, outcome }]
    for (let next = rest.pop(); next !== undefined; next = rest.pop())
      for (const failed of await this.#countOne(next.batch, next.outcome)) rest.push(failed)
  }

  async #countOne(id: string, outcome: ChildOutcome): Promise<{ batch: string; outcome: ChildOutcome }[]> {
    const { db, nowMs } = this.#work
    const row = await this.#hold(id)
    // Once all have ended, one that was begun anew counts no more.
    if (row === undefined || row.settled !== null) return []
    const isDone = outcome.state === "completed"
    const state = {
      total: row.total,
      ifFailed: row.if_failed,
      completed: row.completed + (isDone ? 1 : 0),
      failed: row.failed + (isDone ? 0 : 1),
    }
    await db.sql`insert into ashlar_queue_children (batch, id, name, state, output, error)
      values (${id}, ${outcome.id}, ${outcome.name}, ${outcome.state}, ${outcome.output}, ${outcome.error ?? null})`.run()
    const settled = isSettled(state) ? nowMs : null
    await db.sql`update ashlar_queue_batches set completed = ${state.completed}, failed = ${state.failed},
      settled = ${settled} where id = ${id}`.run()
    const failures: { batch: string; outcome: ChildOutcome }[] = []
    for (const { follower, act } of stepsAfter(state, outcome.state)) {
      const job = follower === "end" ? row.ending : row[follower]
      if (job === null) continue
      const failure = await this.#step(job, act)
      if (failure !== undefined) failures.push(failure)
    }
    return failures
  }

  async #hold(id: string): Promise<BatchRow | undefined> {
    const [row] = await this.#work.db.sql<BatchRow>`
      select total, completed, failed, if_failed, settled, success, failure, ending
      from ashlar_queue_batches where id = ${id}${forUpdate(this.#work)}`.all()
    return row
  }

  async #step(id: string, act: "release" | "drop" | "fail") {
    const { db } = this.#work
    const [row] = await db.sql<FollowerRow>`
      select j.seq, l.name, j.lane, j.grp, j.grp_limit, j.batch, j.extra
      from ashlar_queue_jobs j join ashlar_queue_lanes l on l.id = j.lane
      where j.id = ${id} and j.state = ${STATES.blocked}`.all()
    if (row === undefined) return undefined
    if (act === "release") return await this.#release(row)
    if (act === "fail") return await this.#fail(id, row)
    await db.sql`delete from ashlar_queue_jobs where seq = ${row.seq}`.run()
    return undefined
  }
  async #release({ seq, lane, grp, grp_limit, extra }: FollowerRow): Promise<undefined> {
    const { db, nowMs } = this.#work
    const delayMs = readExtra(extra).d ?? 0
    if (delayMs <= 0)
      return void (await letWait(this.#work, [{ seq, lane: Number(lane), grp, grp_limit }], this.#groups))
    await db.sql`update ashlar_queue_jobs set state = ${STATES.delayed}, due = ${nowMs + delayMs} where seq = ${seq}`.run()
  }
  async #fail(id: string, { seq, name, batch, extra }: FollowerRow) {
    const { db, nowMs } = this.#work
    const error = writeFailure(new QueueChildFailed("A job that this one waited for failed for good."))
    const keepMs = keepFailedMs(readExtra(extra))
    if (keepMs <= 0) await db.sql`delete from ashlar_queue_jobs where seq = ${seq}`.run()
    else
      await db.sql`update ashlar_queue_jobs set state = ${STATES.failed}, due = ${nowMs + keepMs}, error = ${error}
        where seq = ${seq}`.run()
    if (batch === null) return undefined
    return { batch, outcome: { id, name, state: "failed" as const, output: "", error } }
  }

  /** A failed one begins anew: it counts again, unless all is over. */
  async revive(batch: string, job: string): Promise<void> {
    const { db } = this.#work
    const row = await this.#hold(batch)
    if (row === undefined || row.settled !== null) return
    const { changes } = await db.sql`delete from ashlar_queue_children where batch = ${batch} and id = ${job}`.run()
    if (changes > 0) await db.sql`update ashlar_queue_batches set failed = failed - 1 where id = ${batch}`.run()
  }
}
