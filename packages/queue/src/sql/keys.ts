import type { UniqueRule } from "../store.ts"
import { hashOf } from "./extra.ts"
import type { SqlWork } from "./work.ts"

/** Later than any time. */
const NEVER = Number.MAX_SAFE_INTEGER

/** Takes a unique key for a job. @returns the job that has it: this one, or another. */
export async function takeKey(work: SqlWork, { key, until }: UniqueRule, job: string): Promise<string> {
  return await takeHash(work, hashOf(key), typeof until === "number" ? work.nowMs + until : NEVER, job)
}

async function takeHash(work: SqlWork, hash: string, untilMs: number, job: string): Promise<string> {
  const { db, dialect, queue, nowMs } = work
  if (dialect === "mysql") {
    // What is assigned first is already seen by what is assigned next.
    await db.sql`insert into ashlar_queue_keys (queue, hash, job, until_ms) values (${queue}, ${hash}, ${job}, ${untilMs})
      on duplicate key update job = if(until_ms <= ${nowMs}, values(job), job),
        until_ms = if(until_ms <= ${nowMs}, values(until_ms), until_ms)`.run()
  } else
    await db.sql`insert into ashlar_queue_keys (queue, hash, job, until_ms) values (${queue}, ${hash}, ${job}, ${untilMs})
      on conflict (queue, hash) do update set job = excluded.job, until_ms = excluded.until_ms
      where ashlar_queue_keys.until_ms <= ${nowMs}`.run()
  const [row] = await db.sql<{ job: string }>`
    select job from ashlar_queue_keys where queue = ${queue} and hash = ${hash}`.all()
  return row?.job ?? job
}

/** A job that begins anew takes its key again. @returns false while another has it. */
export async function retakeKey(work: SqlWork, hash: string, job: string): Promise<boolean> {
  return (await takeHash(work, hash, NEVER, job)) === job
}

/** The job needs its key no more; others may have it since. */
export async function freeKey({ db, queue }: SqlWork, hash: string, job: string): Promise<void> {
  await db.sql`delete from ashlar_queue_keys where queue = ${queue} and hash = ${hash} and job = ${job}`.run()
}
