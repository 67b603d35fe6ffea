import type { BoundValue } from "@ashlar/orm"
import type { Added, NewBatch, NewJob } from "../store.ts"
import { writeExtra } from "./extra.ts"
import { Groups } from "./groups.ts"
import { takeKey } from "./keys.ts"
import { STATES } from "./tables.ts"
import { parts, rowsTemplate, type SqlWork } from "./work.ts"

export interface AddOptions {
  readonly lanes: ReadonlyMap<string, number>
  /** Of a kind of jobs: the turn of one that belongs to no group. */
  readonly turnOf: (lane: number) => number
}

const HEAD = `insert into ashlar_queue_jobs
  (id, lane, state, prio, turn, due, attempts, grp, grp_limit, batch, input, extra, created)`
const COLUMNS = 13

/** Whether one statement does it: the others need more than their row. */
export function isPlain(jobs: readonly NewJob[], batches: readonly NewBatch[]): boolean {
  return batches.length === 0 && jobs.every(({ unique, group }) => unique === undefined && group === undefined)
}

/** Writes jobs, and batches with what follows them. Within a transaction, unless they are plain. */
export async function addJobs(
  work: SqlWork,
  jobs: readonly NewJob[],
  batches: readonly NewBatch[],
  options: AddOptions,
): Promise<readonly Added[]> {
  const added = await takeKeys(work, jobs)
  const groups = new Groups(work)
  const turns = await takeTurns(groups, jobs, added, options.lanes)
  const rows: (readonly BoundValue[])[] = []
  for (const [at, job] of jobs.entries()) if (added[at]!.isNew) rows.push(rowOf(work, job, options, turns.get(job)))
  for (const batch of batches) {
    await insertBatch(work, batch)
    for (const follower of [batch.success, batch.failure, batch.end])
      if (follower !== undefined) rows.push(blockedRow(work, follower, options))
  }
  await insertRows(work, rows)
  await groups.write()
  return added
}

async function takeKeys(work: SqlWork, jobs: readonly NewJob[]): Promise<Added[]> {
  const added: Added[] = jobs.map(({ id }) => ({ id, isNew: true }))
  // In one order for all, so that two transactions cannot wait for each other.
  const unique = [...jobs.entries()]
    .filter(([, job]) => job.unique !== undefined)
    .toSorted(([at, a], [bt, b]) =>
      a.unique!.key === b.unique!.key ? at - bt : a.unique!.key < b.unique!.key ? -1 : 1,
    )
  for (const [at, { id, unique: rule }] of unique) {
    const holder = await takeKey(work, rule!, id)
    if (holder !== id) added[at] = { id: holder, isNew: false }
  }
  return added
}

/** Of jobs that belong to groups and may begin now: their turn, or undefined for one that has to be held. */
async function takeTurns(
  groups: Groups,
  jobs: readonly NewJob[],
  added: readonly Added[],
  lanes: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<NewJob, number | undefined>> {
  const turns = new Map<NewJob, number | undefined>()
  const grouped = jobs.filter(({ group, delayMs }, at) => added[at]!.isNew && group !== undefined && delayMs <= 0)
  const names = new Set(grouped.map(({ name, group }) => `${lanes.get(name)} ${group}`))
  for (const name of [...names].toSorted()) {
    const [lane = "", ...group] = name.split(" ")
    await groups.hold(Number(lane), group.join(" "))
  }
  for (const job of grouped) {
    const group = await groups.hold(lanes.get(job.name)!, job.group!)
    turns.set(job, groups.admit(group, job.groupConcurrency ?? null))
  }
  return turns
}

function rowOf({ nowMs }: SqlWork, job: NewJob, { lanes, turnOf }: AddOptions, turn: number | undefined): BoundValue[] {
  const lane = lanes.get(job.name)!
  const { delayMs, group } = job
  const isHeld = delayMs <= 0 && group !== undefined && turn === undefined
  const state = delayMs > 0 ? STATES.delayed : isHeld ? STATES.held : STATES.waiting
  return values(job, lane, state, turn ?? (group === undefined ? turnOf(lane) : 0), nowMs)
}
function blockedRow({ nowMs }: SqlWork, job: NewJob, { lanes }: AddOptions): BoundValue[] {
  return values(job, lanes.get(job.name)!, STATES.blocked, 0, nowMs)
}
function values(job: NewJob, lane: number, state: number, turn: number, nowMs: number): BoundValue[] {
  const { id, priority, attempts, group = null, groupConcurrency = null, batch = null, input, delayMs } = job
  const extra = writeExtra(job, state === STATES.blocked)
  const due = state === STATES.delayed ? nowMs + delayMs : nowMs
  return [id, lane, state, -priority, turn, due, attempts, group, groupConcurrency, batch, input, extra, nowMs]
}

async function insertRows({ db, dialect }: SqlWork, rows: readonly (readonly BoundValue[])[]): Promise<void> {
  if (rows.length === 0) return
  if (dialect === "postgres") {
    // One value for any number of rows: one statement, prepared once, that needs no transaction around it.
    const list = JSON.stringify(rows.map((row) => Object.fromEntries(row.map((value, at) => [`c${at}`, value]))))
    await db.sql`insert into ashlar_queue_jobs
      (id, lane, state, prio, turn, due, attempts, grp, grp_limit, batch, input, extra, created)
      select * from json_to_recordset(${list}::text::json) as x (c0 text, c1 bigint, c2 smallint, c3 smallint,
        c4 bigint, c5 bigint, c6 integer, c7 text, c8 integer, c9 text, c10 text, c11 text, c12 bigint)`.run()
    return
  }
  for (const { at, size } of parts(rows.length)) {
    const template = rowsTemplate(HEAD, COLUMNS, size)
    await db.sql(template, ...(size === 1 ? rows[at]! : rows.slice(at, at + size).flat())).run()
  }
}

async function insertBatch({ db, queue, nowMs }: SqlWork, batch: NewBatch): Promise<void> {
  const { id, total, ifFailed, keepMs, success, failure, end } = batch
  await db.sql`
    insert into ashlar_queue_batches (id, queue, total, if_failed, keep_ms, created, success, failure, ending)
    values (${id}, ${queue}, ${total}, ${ifFailed}, ${keepMs}, ${nowMs}, ${success?.id ?? null},
      ${failure?.id ?? null}, ${end?.id ?? null})`.run()
}
