import type { Dialect } from "@ashlar/orm"
import type { Outcome } from "../store.ts"
import { Batches } from "./batches.ts"
import { letWait } from "./bring-due.ts"
import { isPlainEnd, type SqlClaim } from "./claimed.ts"
import { keepFailedMs } from "./extra.ts"
import { Groups } from "./groups.ts"
import { freeKey } from "./keys.ts"
import { STATES } from "./tables.ts"
import { inList, type SqlWork } from "./work.ts"

/** Whether statements that each stand for themselves do it. MySQL needs two for one. */
export function arePlainEnds(dialect: Dialect, outcomes: readonly Outcome[]): boolean {
  if (dialect === "mysql") return false
  return outcomes.every(({ kind, job }) => kind === "complete" && isPlainEnd(job as SqlClaim))
}

/** Writes how jobs ended. Within a transaction, unless all are plain ends. @returns of each whether its hold was still there. */
export async function settleJobs(work: SqlWork, outcomes: readonly Outcome[]): Promise<readonly boolean[]> {
  const kept = outcomes.map(() => false)
  const plain = new Map<number, { at: number; seq: number }[]>()
  const others: { at: number; outcome: Outcome }[] = []
  for (const [at, outcome] of outcomes.entries()) {
    const { seq, lease } = outcome.job as SqlClaim
    if (outcome.kind === "complete" && isPlainEnd(outcome.job as SqlClaim)) {
      const list = plain.get(lease)
      if (list === undefined) plain.set(lease, [{ at, seq }])
      else list.push({ at, seq })
    } else others.push({ at, outcome })
  }
  if (plain.size > 0) await deletePlain(work, plain, kept)
  if (others.length === 0) return kept
  const settling = new Settling(work)
  // In one order for all, so that two transactions seldom wait for each other.
  others.sort((a, b) => (a.outcome.job as SqlClaim).seq - (b.outcome.job as SqlClaim).seq)
  for (const { at, outcome } of others) kept[at] = await settling.settle(outcome)
  await settling.end()
  return kept
}

async function deletePlain(
  work: SqlWork,
  plain: ReadonlyMap<number, readonly { at: number; seq: number }[]>,
  kept: boolean[],
): Promise<void> {
  const { db, dialect } = work
  if (dialect === "postgres") {
    const all = [...plain].flatMap(([lease, jobs]) => jobs.map((job) => ({ ...job, lease })))
    const rows = await db.sql<{ seq: number }>`
      delete from ashlar_queue_jobs j using unnest(${all.map(({ seq }) => seq)}::bigint[],
        ${all.map(({ lease }) => lease)}::bigint[]) as x (seq, lease)
      where j.seq = x.seq and j.lease = x.lease and j.state = 1 returning j.seq`.all()
    const gone = new Set(rows.map(({ seq }) => Number(seq)))
    for (const { at, seq } of all) kept[at] = gone.delete(seq)
    return
  }
  for (const [lease, jobs] of plain) {
    const seqs = jobs.map(({ seq }) => seq)
    const gone = dialect === "sqlite" ? await deleteOnSqlite(seqs, lease) : await deleteOnMysql(seqs, lease)
    for (const { at, seq } of jobs) kept[at] = gone.delete(seq)
  }

  async function deleteOnSqlite(seqs: readonly number[], lease: number): Promise<Set<number>> {
    const rows = await work.db.sql<{ seq: number }>`delete from ashlar_queue_jobs
      where seq ${inList(dialect, seqs)} and lease = ${lease} and state = 1 returning seq`.all()
    return new Set(rows.map(({ seq }) => seq))
  }
  async function deleteOnMysql(seqs: readonly number[], lease: number): Promise<Set<number>> {
    const rows = await work.db.sql<{ seq: number }>`select seq from ashlar_queue_jobs
      where seq ${inList(dialect, seqs)} and lease = ${lease} and state = 1 for update`.all()
    const found = rows.map(({ seq }) => seq)
    if (found.length > 0) await work.db.sql`delete from ashlar_queue_jobs where seq ${inList(dialect, found)}`.run()
    return new Set(found)
  }
}

/** Ends jobs one by one, with all that follows of it. */
class Settling {
  readonly #work: SqlWork
  readonly #groups: Groups
  readonly #batches: Batches

  constructor(work: SqlWork) {
    this.#work = work
    this.#groups = new Groups(work)
    this.#batches = new Batches(work, this.#groups)
  }

  async settle(outcome: Outcome): Promise<boolean> {
    const job = outcome.job as SqlClaim
    const { nowMs } = this.#work
    switch (outcome.kind) {
      case "release":
        return await this.#change(job, { state: STATES.waiting, due: nowMs, attempts: -1 })
      case "retry":
        return await this.#retry(job, outcome.delayMs, outcome.error)
      case "complete":
        return await this.#finish(job, "completed", outcome.output)
      case "fail":
        return await this.#finish(job, "failed", outcome.error)
    }
  }

  async #change(
    { seq, lease }: SqlClaim,
    {
      state,
      due,
      attempts = 0,
      error = null,
      output = null,
    }: {
      state: number
      due: number
      attempts?: number
      error?: string | null
      output?: string | null
    },
  ): Promise<boolean> {
    const { changes } = await this.#work.db.sql`
      update ashlar_queue_jobs set state = ${state}, due = ${due}, attempt = attempt + ${attempts}, lease = 0,
        error = nullif(coalesce(${error}, error), ''), output = coalesce(${output}, output)
      where seq = ${seq} and lease = ${lease} and state = ${STATES.active}`.run()
    return changes === 1
  }

  async #retry(job: SqlClaim, delayMs: number, error: string): Promise<boolean> {
    const due = this.#work.nowMs + delayMs
    if (!(await this.#change(job, { state: STATES.delayed, due, error }))) return false
    const { seq, lane, group = null, groupLimit } = job
    if (group !== null && groupLimit !== null) await this.#groups.vacate(lane, group)
    if (delayMs <= 0) await letWait(this.#work, [{ seq, lane, grp: group, grp_limit: groupLimit }], this.#groups)
    return true
  }

  async #finish(job: SqlClaim, state: "completed" | "failed", text: string): Promise<boolean> {
    const { db, nowMs } = this.#work
    const { seq, lane, lease, id, group, groupLimit, more } = job
    const keepMs = state === "completed" ? (more.kc ?? 0) : keepFailedMs(more)
    const result = state === "completed" ? { output: text, error: "" } : { error: text }
    const isKept =
      keepMs > 0
        ? await this.#change(job, { state: STATES[state], due: nowMs + keepMs, ...result })
        : (
            await db.sql`delete from ashlar_queue_jobs
              where seq = ${seq} and lease = ${lease} and state = ${STATES.active}`.run()
          ).changes === 1
    if (!isKept) return false
    if (group !== undefined && groupLimit !== null) await this.#groups.vacate(lane, group)
    if (more.u !== undefined && typeof more.u[1] !== "number") await freeKey(this.#work, more.u[0], id)
    if (job.batch !== undefined) {
      const end = state === "completed" ? { output: text } : { output: "", error: text }
      await this.#batches.count(job.batch, { id, name: job.name, state, ...end })
    }
    return true
  }

  async end(): Promise<void> {
    await this.#groups.write()
  }
}
