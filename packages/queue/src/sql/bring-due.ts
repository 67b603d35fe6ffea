import { Groups } from "./groups.ts"
import { STATES } from "./tables.ts"
import { inList, type SqlWork, skipLocked } from "./work.ts"

const MOST = 500

interface DueRow {
  readonly seq: number
  readonly lane: number
  readonly state: number
  readonly grp: string | null
  readonly grp_limit: number | null
}

/**
 * Lets wait again what time alone brings: delayed jobs whose time has come, and those whose worker went silent. Within a transaction.
 *
 * @returns how many; when it is 500, there may be more.
 */
export async function bringDue(work: SqlWork, lanes: readonly number[]): Promise<number> {
  const { db, dialect, nowMs } = work
  const rows = await db.sql<DueRow>`
    select seq, lane, state, grp, grp_limit from ashlar_queue_jobs
    where lane ${inList(dialect, lanes)} and state in (1, 2) and due <= ${nowMs}
    order by seq limit ${MOST}${skipLocked(work)}`.all()
  if (rows.length === 0) return 0
  const stalled = rows.filter(({ state }) => state === STATES.active).map(({ seq }) => seq)
  if (stalled.length > 0)
    // Its turn, and its place in its group, it keeps. Who had it has it no more.
    await db.sql`update ashlar_queue_jobs set state = ${STATES.waiting}, due = ${nowMs}, lease = 0
      where seq ${inList(dialect, stalled)}`.run()
  await letWait(
    work,
    rows.filter(({ state }) => state === STATES.delayed),
  )
  return rows.length
}

/** Lets jobs wait for a worker, or for a place of their group. Within a transaction. */
export async function letWait(
  work: SqlWork,
  rows: readonly Omit<DueRow, "state">[],
  groups: Groups = new Groups(work),
): Promise<void> {
  const { db, dialect, nowMs } = work
  const free = rows.filter(({ grp }) => grp === null)
  for (const lane of new Set(free.map((row) => row.lane))) {
    const [row] = await db.sql<{ turn: number }>`select turn from ashlar_queue_lanes where id = ${lane}`.all()
    const seqs = free.filter((one) => one.lane === lane).map(({ seq }) => seq)
    await db.sql`update ashlar_queue_jobs set state = ${STATES.waiting}, due = ${nowMs}, turn = ${row?.turn ?? 0}
      where seq ${inList(dialect, seqs)}`.run()
  }
  const grouped = rows.filter(({ grp }) => grp !== null)
  const inOrder = grouped.toSorted((a, b) => a.lane - b.lane || (a.grp! < b.grp! ? -1 : 1) || a.seq - b.seq)
  for (const { seq, lane, grp, grp_limit } of inOrder) {
    const turn = groups.admit(await groups.hold(Number(lane), grp!), grp_limit)
    const state = turn === undefined ? STATES.held : STATES.waiting
    await db.sql`update ashlar_queue_jobs set state = ${state}, due = ${nowMs}, turn = ${turn ?? 0}
      where seq = ${seq}`.run()
  }
  await groups.write()
}

/** Whether there is work for those who ask: something waits, or is due. Changes nothing. */
export async function isThereWork(work: SqlWork, lanes: readonly number[]): Promise<boolean> {
  const { db, dialect, nowMs } = work
  const rows = await db.sql<{ found: number }>`
    select 1 as found from ashlar_queue_lanes l where l.id ${inList(dialect, lanes)} and l.paused = 0 and (
      exists (select 1 from ashlar_queue_jobs w where w.lane = l.id and w.state = 0)
      or exists (select 1 from ashlar_queue_jobs d where d.lane = l.id and d.state in (1, 2) and d.due <= ${nowMs}))
    limit 1`.all()
  return rows.length > 0
}
