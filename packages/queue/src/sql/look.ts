import { sql } from "@ashlar/orm"
import type { BatchCounts, ChildOutcome, JobState, LaneCounts, ListRequest, StoredJob } from "../store.ts"
import { keepFailedMs, readExtra } from "./extra.ts"
import { WHOLE_QUEUE } from "./lanes.ts"
import { STATES } from "./tables.ts"
import type { SqlWork } from "./work.ts"

interface JobRow {
  readonly id: string
  readonly name: string
  readonly state: number
  readonly prio: number
  readonly due: number
  readonly attempt: number
  readonly attempts: number
  readonly grp: string | null
  readonly batch: string | null
  readonly input: string
  readonly extra: string | null
  readonly progress: string | null
  readonly output: string | null
  readonly error: string | null
  readonly created: number
}

const NAMES = Object.fromEntries(Object.entries(STATES).map(([name, number]) => [number, name])) as Record<
  number,
  JobState
>
const COLUMNS = sql`j.id, l.name, j.state, j.prio, j.due, j.attempt, j.attempts, j.grp, j.batch, j.input, j.extra,
  j.progress, j.output, j.error, j.created`

function toStored(row: JobRow): StoredJob {
  const state = NAMES[Number(row.state)]!
  const extra = readExtra(row.extra)
  const keepMs = state === "completed" ? (extra.kc ?? 0) : keepFailedMs(extra)
  const isFinished = state === "completed" || state === "failed"
  return {
    id: row.id,
    name: row.name,
    state,
    input: row.input,
    attempt: row.attempt,
    attempts: row.attempts,
    priority: row.prio === 0 ? 0 : -row.prio,
    createdMs: row.created,
    ...(row.grp !== null && { group: row.grp }),
    ...(row.batch !== null && { batch: row.batch }),
    ...(row.progress !== null && { progress: row.progress }),
    ...(row.output !== null && row.output !== "" && { output: row.output }),
    ...(row.error !== null && { error: row.error }),
    ...(state === "delayed" && { runAtMs: row.due }),
    ...(isFinished && { finishedMs: row.due - keepMs }),
  }
}

export async function getJob({ db, queue }: SqlWork, id: string): Promise<StoredJob | undefined> {
  const [row] = await db.sql<JobRow>`
    select ${COLUMNS} from ashlar_queue_jobs j join ashlar_queue_lanes l on l.id = j.lane
    where j.id = ${id} and l.queue = ${queue}`.all()
  return row === undefined ? undefined : toStored(row)
}

export async function listJobs({ db, queue }: SqlWork, request: ListRequest): Promise<readonly StoredJob[]> {
  const { state, name, after = "", limit } = request
  const ofName = name === undefined ? sql`` : sql` and l.name = ${name}`
  const rows = await db.sql<JobRow>`
    select ${COLUMNS} from ashlar_queue_jobs j join ashlar_queue_lanes l on l.id = j.lane
    where l.queue = ${queue}${ofName} and j.state = ${STATES[state]} and j.id > ${after}
    order by j.id limit ${limit}`.all()
  return rows.map(toStored)
}

interface CountRow {
  readonly name: string
  readonly state: number
  readonly count: number
}
interface LaneRow {
  readonly id: number
  readonly name: string
  readonly paused: number
  readonly since: number | null
}

export async function countJobs({ db, queue, nowMs }: SqlWork): Promise<readonly LaneCounts[]> {
  const lanes = await db.sql<LaneRow>`
    select l.id, l.name, l.paused, (select j.due from ashlar_queue_jobs j where j.lane = l.id and j.state = 0
      order by j.prio, j.turn, j.seq limit 1) as since
    from ashlar_queue_lanes l where l.queue = ${queue} order by l.name`.all()
  // By state, as the indexes are.
  const counts = await db.sql<CountRow>`
    select l.name, c.state, c.count from ashlar_queue_lanes l join (
      select lane, state, count(*) as count from ashlar_queue_jobs where state = 0 group by lane, state
      union all select lane, state, count(*) from ashlar_queue_jobs where state = 3 group by lane, state
      union all select lane, state, count(*) from ashlar_queue_jobs where state not in (0, 3) group by lane, state
    ) c on c.lane = l.id where l.queue = ${queue}`.all()
  const isAllPaused = lanes.some(({ name, paused }) => name === WHOLE_QUEUE && Number(paused) !== 0)
  return lanes
    .filter(({ name }) => name !== WHOLE_QUEUE)
    .map(({ name, paused, since }) => {
      const of = (state: JobState) =>
        Number(counts.find((row) => row.name === name && Number(row.state) === STATES[state])?.count ?? 0)
      return {
        name,
        waiting: of("waiting"),
        delayed: of("delayed"),
        held: of("held"),
        blocked: of("blocked"),
        active: of("active"),
        completed: of("completed"),
        failed: of("failed"),
        oldestWaitingMs: since === null ? 0 : Math.max(0, nowMs - Number(since)),
        isPaused: isAllPaused || Number(paused) !== 0,
      }
    })
}

interface BatchRow {
  readonly total: number
  readonly completed: number
  readonly failed: number
  readonly created: number
  readonly settled: number | null
}

export async function getBatch({ db, queue }: SqlWork, id: string): Promise<BatchCounts | undefined> {
  const [row] = await db.sql<BatchRow>`
    select total, completed, failed, created, settled from ashlar_queue_batches where id = ${id} and queue = ${queue}`.all()
  if (row === undefined) return undefined
  const { total, completed, failed, created, settled } = row
  const pending = total - completed - failed
  return { id, total, completed, failed, pending, createdMs: created, ...(settled !== null && { settledMs: settled }) }
}

interface ChildRow {
  readonly id: string
  readonly name: string
  readonly state: "completed" | "failed"
  readonly output: string
  readonly error: string | null
}

export async function listChildren({ db, queue }: SqlWork, batch: string): Promise<readonly ChildOutcome[]> {
  const rows = await db.sql<ChildRow>`
    select c.id, c.name, c.state, c.output, c.error from ashlar_queue_children c
    join ashlar_queue_batches b on b.id = c.batch where c.batch = ${batch} and b.queue = ${queue} order by c.id`.all()
  return rows.map(({ error, ...row }) => (error === null ? row : { ...row, error }))
}
