import type { ClaimRequest, RateRule } from "../store.ts"
import { type ClaimRow, type SqlClaim, toClaim } from "./claimed.ts"
import { freeKey } from "./keys.ts"
import { WHOLE_QUEUE } from "./lanes.ts"
import { STATES } from "./tables.ts"
import { forUpdate, inList, type SqlWork, skipLocked } from "./work.ts"

interface LaneRow {
  readonly id: number
  readonly name: string
  readonly paused: number
  readonly turn: number
  readonly taken: number
  readonly taken_at: number
}

export function hasRate({ lanes, rate }: ClaimRequest): boolean {
  return rate !== undefined || lanes.some((lane) => lane.rate !== undefined)
}

/** Takes jobs that wait. Within a transaction where rates are asked for; else each kind for itself. */
export async function claimJobs(
  work: SqlWork,
  request: ClaimRequest,
  onTurn: (lane: number, turn: number) => void,
): Promise<readonly SqlClaim[]> {
  const rows = await readLanes(work, request)
  const whole = rows.get(WHOLE_QUEUE)
  if (whole !== undefined && whole.paused !== 0) return []
  const claimed: SqlClaim[] = []
  const most = request.rate === undefined || whole === undefined ? request.max : roomOf(whole, request.rate, work.nowMs)
  // Another kind first each time, or the first would always have the room.
  const start = Math.floor(Math.random() * request.lanes.length)
  for (let step = 0; step < request.lanes.length; step++) {
    const { name, max, rate } = request.lanes[(start + step) % request.lanes.length]!
    const lane = rows.get(name)
    if (lane === undefined || lane.paused !== 0) continue
    onTurn(lane.id, lane.turn)
    const room = rate === undefined ? max : Math.min(max, roomOf(lane, rate, work.nowMs))
    const wanted = Math.min(room, Math.min(request.max, most) - claimed.length)
    if (wanted <= 0) continue
    const taken = await claimLane(work, lane, wanted, request.leaseMs)
    if (taken.length === 0) continue
    await noteTaken(work, lane, taken, rate)
    for (const one of taken) claimed.push(one.claim)
  }
  if (request.rate !== undefined && whole !== undefined && claimed.length > 0)
    await writeTokens(work, whole, request.rate, claimed.length)
  return claimed
}

async function readLanes(work: SqlWork, request: ClaimRequest): Promise<Map<string, LaneRow>> {
  const names = [WHOLE_QUEUE, ...request.lanes.map(({ name }) => name)]
  const lock = hasRate(request) ? forUpdate(work) : undefined
  const rows = await work.db.sql<LaneRow>`
    select id, name, paused, turn, taken, taken_at from ashlar_queue_lanes
    where queue = ${work.queue} and name ${inList(work.dialect, names)} order by id${lock ?? NO_LOCK}`.all()
  return new Map(rows.map((row) => [row.name, { ...row, id: Number(row.id), turn: Number(row.turn) }]))
}
const NO_LOCK = forUpdate({ dialect: "sqlite" } as SqlWork)

interface Taken {
  readonly row: ClaimRow
  readonly claim: SqlClaim
}

async function claimLane(work: SqlWork, lane: LaneRow, count: number, leaseMs: number): Promise<Taken[]> {
  const lease = newLease()
  const until = work.nowMs + leaseMs
  const rows = work.dialect === "mysql" ? await claimOnMysql() : await claimAtOnce()
  const isBefore = (a: ClaimRow, b: ClaimRow) => a.prio - b.prio || a.turn - b.turn || a.seq - b.seq
  const taken = rows.toSorted(isBefore).map((row) => ({ row, claim: toClaim(row, lane.name, lane.id, lease) }))
  for (const { claim } of taken) if (claim.more.u?.[1] === "started") await freeKey(work, claim.more.u[0], claim.id)
  return taken

  async function claimAtOnce(): Promise<ClaimRow[]> {
    return await work.db.sql<ClaimRow>`
      update ashlar_queue_jobs set state = ${STATES.active}, due = ${until}, lease = ${lease}, attempt = attempt + 1
      where seq in (select seq from ashlar_queue_jobs where lane = ${lane.id} and state = 0
        order by prio, turn, seq limit ${count}${skipLocked(work)})
      returning seq, id, prio, turn, attempt, attempts, grp, grp_limit, batch, input, extra, created`.all()
  }
  async function claimOnMysql(): Promise<ClaimRow[]> {
    const found = await work.db.sql<ClaimRow>`
      select seq, id, prio, turn, attempt + 1 as attempt, attempts, grp, grp_limit, batch, input, extra, created
      from ashlar_queue_jobs where lane = ${lane.id} and state = 0
      order by prio, turn, seq limit ${count}${skipLocked(work)}`.all()
    if (found.length > 0)
      await work.db.sql`
        update ashlar_queue_jobs set state = ${STATES.active}, due = ${until}, lease = ${lease}, attempt = attempt + 1
        where seq ${inList(
          work.dialect,
          found.map(({ seq }) => seq),
        )}`.run()
    return found
  }
}

/** Different for every claim: who has lost a job cannot end it. */
function newLease(): number {
  return 1 + Math.floor(Math.random() * (Number.MAX_SAFE_INTEGER - 1))
}

/** Moves the turn of the kind on, and takes tokens of its rate. */
async function noteTaken(work: SqlWork, lane: LaneRow, taken: readonly Taken[], rate: RateRule | undefined) {
  const turn = Math.max(...taken.map(({ row }) => row.turn))
  if (turn > lane.turn)
    await work.db.sql`update ashlar_queue_lanes set turn = ${turn} where id = ${lane.id} and turn < ${turn}`.run()
  if (rate !== undefined) await writeTokens(work, lane, rate, taken.length)
}

/** So many at once, and then one by one as time passes. */
function roomOf(lane: LaneRow, rate: RateRule, nowMs: number): number {
  return Math.floor(rate.max - takenNow(lane, rate, nowMs) + 1e-9)
}
function takenNow({ taken, taken_at }: LaneRow, { max, perMs }: RateRule, nowMs: number): number {
  return Math.max(0, Number(taken) - ((nowMs - Number(taken_at)) * max) / perMs)
}
async function writeTokens({ db, nowMs }: SqlWork, lane: LaneRow, rate: RateRule, count: number): Promise<void> {
  const taken = takenNow(lane, rate, nowMs) + count
  await db.sql`update ashlar_queue_lanes set taken = ${taken}, taken_at = ${nowMs} where id = ${lane.id}`.run()
}
