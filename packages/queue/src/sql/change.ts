import { sql } from "@ashlar/orm"
import { QueueChildFailed } from "../errors.ts"
import { writeFailure } from "../failure.ts"
import type { JobSelection, JobState } from "../store.ts"
import { Batches } from "./batches.ts"
import { letWait } from "./bring-due.ts"
import { type Extra, readExtra } from "./extra.ts"
import { Groups } from "./groups.ts"
import { freeKey, retakeKey } from "./keys.ts"
import { STATES } from "./tables.ts"
import { forUpdate, inList, type SqlWork } from "./work.ts"

/** Rows of one transaction. */
const MOST = 500

interface Row {
  readonly seq: number
  readonly id: string
  readonly name: string
  readonly lane: number
  readonly state: number
  readonly grp: string | null
  readonly grp_limit: number | null
  readonly batch: string | null
  readonly extra: string | null
}

type Selection = JobSelection & { readonly state?: JobState }

/** A part of what is selected, in the order of its numbers, held until the commit. */
async function select(work: SqlWork, { ids, name, state }: Selection, afterSeq: number): Promise<readonly Row[]> {
  if (ids !== undefined && ids.length === 0) return []
  const conditions = [
    sql`l.queue = ${work.queue}`,
    sql`j.seq > ${afterSeq}`,
    state === undefined ? sql`j.state <> ${STATES.active}` : sql`j.state = ${STATES[state]}`,
    ...(ids === undefined ? [] : [sql`j.id ${inList(work.dialect, ids)}`]),
    ...(name === undefined ? [] : [sql`l.name = ${name}`]),
  ]
  // The rows of the kinds are not held: those who claim read them.
  const lock = work.dialect === "postgres" ? sql` for update of j` : forUpdate(work)
  return await work.db.sql<Row>`
    select j.seq, j.id, l.name, j.lane, j.state, j.grp, j.grp_limit, j.batch, j.extra
    from ashlar_queue_jobs j join ashlar_queue_lanes l on l.id = j.lane
    where ${sql.join(conditions, sql` and `)} order by j.seq limit ${MOST}${lock}`.all()
}

/** What one transaction did. Where `next` is undefined, nothing is left. */
export interface Part {
  readonly count: number
  readonly next: number | undefined
}
function part(rows: readonly Row[], count: number): Part {
  return { count, next: rows.length < MOST ? undefined : rows.at(-1)!.seq }
}

/** Takes away jobs that no worker has. Within a transaction. */
export async function removePart(work: SqlWork, selection: Selection, afterSeq: number): Promise<Part> {
  if (selection.state === "active") return { count: 0, next: undefined }
  const rows = await select(work, selection, afterSeq)
  if (rows.length === 0) return { count: 0, next: undefined }
  const groups = new Groups(work)
  const batches = new Batches(work, groups)
  await work.db.sql`delete from ashlar_queue_jobs where seq ${inList(
    work.dialect,
    rows.map(({ seq }) => seq),
  )}`.run()
  for (const row of rows) {
    const isFinished = row.state === STATES.completed || row.state === STATES.failed
    if (!isFinished) await removed(work, row, groups, batches)
  }
  await groups.write()
  return part(rows, rows.length)
}

async function removed(work: SqlWork, row: Row, groups: Groups, batches: Batches): Promise<void> {
  const { id, name, lane, grp, grp_limit, state, batch, extra } = row
  if (grp !== null && grp_limit !== null && state === STATES.waiting) await groups.vacate(Number(lane), grp)
  const { u }: Extra = readExtra(extra)
  if (u !== undefined) await freeKey(work, u[0], id)
  if (batch === null) return
  const error = writeFailure(new QueueChildFailed("The job was removed."))
  await batches.count(batch, { id, name, state: "failed", output: "", error })
}

/** Lets failed jobs begin anew. Within a transaction. */
export async function redrivePart(work: SqlWork, selection: JobSelection, afterSeq: number): Promise<Part> {
  const rows = await select(work, { ...selection, state: "failed" }, afterSeq)
  const groups = new Groups(work)
  const batches = new Batches(work, groups)
  const revived: Row[] = []
  for (const row of rows) {
    const { u } = readExtra(row.extra)
    // Not while another has its key.
    const isFree = u === undefined || typeof u[1] === "number" || (await retakeKey(work, u[0], row.id))
    if (!isFree) continue
    revived.push(row)
    if (row.batch !== null) await batches.revive(row.batch, row.id)
  }
  if (revived.length > 0) {
    await work.db.sql`update ashlar_queue_jobs set attempt = 0 where seq ${inList(
      work.dialect,
      revived.map(({ seq }) => seq),
    )}`.run()
    await letWait(
      work,
      revived.map((row) => ({ ...row, lane: Number(row.lane) })),
      groups,
    )
  }
  return part(rows, revived.length)
}

/** Takes away what was kept long enough. Each statement stands for itself. */
export async function sweep({ db, queue, nowMs, dialect }: SqlWork): Promise<void> {
  const lanes = (await db.sql<{ id: number }>`select id from ashlar_queue_lanes where queue = ${queue}`.all()).map(
    ({ id }) => Number(id),
  )
  if (lanes.length === 0) return
  const due = await db.sql<{ seq: number }>`select seq from ashlar_queue_jobs
    where lane ${inList(dialect, lanes)} and state in (5, 6) and due <= ${nowMs} limit 1000`.all()
  const seqs = due.map(({ seq }) => seq)
  if (seqs.length > 0)
    await db.sql`delete from ashlar_queue_jobs where seq ${inList(dialect, seqs)} and state in (5, 6)`.run()
  const batches = (
    await db.sql<{ id: string }>`select id from ashlar_queue_batches
      where queue = ${queue} and settled is not null and settled + keep_ms <= ${nowMs} limit 100`.all()
  ).map(({ id }) => id)
  if (batches.length > 0) {
    await db.sql`delete from ashlar_queue_children where batch ${inList(dialect, batches)}`.run()
    await db.sql`delete from ashlar_queue_batches where id ${inList(dialect, batches)}`.run()
  }
  await db.sql`delete from ashlar_queue_keys where queue = ${queue} and until_ms <= ${nowMs}`.run()
  // A group that has nothing here, and whose turn has come, is as a new one.
  await db.sql`delete from ashlar_queue_groups where lane ${inList(dialect, lanes)} and places = 0 and next_turn <= (
    select l.turn from ashlar_queue_lanes l where l.id = ashlar_queue_groups.lane)`.run()
}
