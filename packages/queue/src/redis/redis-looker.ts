import { systemClock } from "@ashlar/core"
import type { JobType } from "bullmq"
import type { JobSelection, JobState, LaneCounts, ListRequest, StoredJob } from "../store.ts"
import type { RedisJob, RedisLane } from "./redis-lane.ts"
import { isOver, type RedisLanes } from "./redis-lanes.ts"

/** Ids of a state that are looked at; of more the rest is not seen. */
const MAX_IDS = 100_000

const TYPES: { readonly [state in JobState]: readonly JobType[] } = {
  waiting: ["waiting", "prioritized"],
  delayed: ["delayed"],
  held: [],
  blocked: [],
  active: ["active"],
  completed: ["completed"],
  failed: ["failed"],
}
const STATES: { readonly [type: string]: JobState } = {
  waiting: "waiting",
  prioritized: "waiting",
  delayed: "delayed",
  active: "active",
  completed: "completed",
  failed: "failed",
}

interface Found {
  readonly lane: RedisLane
  readonly job: RedisJob
}

/** Looks at the jobs of a queue. */
export class RedisLooker {
  readonly #lanes: RedisLanes

  constructor(lanes: RedisLanes) {
    this.#lanes = lanes
  }

  async get(id: string): Promise<StoredJob | undefined> {
    const found = await this.#find(id)
    return found === undefined ? undefined : await stored(found)
  }
  async #find(id: string): Promise<Found | undefined> {
    for (const lane of await this.#all()) {
      const job = await lane.queue.getJob(id)
      if (job !== undefined) return { lane, job }
    }
    return undefined
  }

  async list({ state, name, after, limit }: ListRequest): Promise<readonly StoredJob[]> {
    const ids: { readonly id: string; readonly lane: RedisLane }[] = []
    for (const lane of await this.#all(name)) {
      if (TYPES[state].length === 0) continue
      for (const id of await idsOf(lane, state)) if (after === undefined || id > after) ids.push({ id, lane })
    }
    ids.sort((a, b) => (a.id < b.id ? -1 : 1))
    const jobs: StoredJob[] = []
    for (const { id, lane } of ids) {
      if (jobs.length === limit) break
      const job = await lane.queue.getJob(id)
      const shown = job === undefined ? undefined : await stored({ lane, job })
      if (shown?.state === state) jobs.push(shown)
    }
    return jobs
  }

  async counts(): Promise<readonly LaneCounts[]> {
    const byName = Map.groupBy(await this.#all(), ({ name }) => name)
    return await Promise.all([...byName].map(([name, lanes]) => countsOf(name, lanes)))
  }

  /** Jobs of a selection; those that run are not among them unless they are asked for. */
  async select({ ids, name, state }: JobSelection & { readonly state?: JobState }): Promise<readonly Found[]> {
    const found: Found[] = []
    if (ids !== undefined) {
      for (const id of ids) {
        const one = await this.#find(id)
        if (one === undefined || (name !== undefined && one.lane.name !== name)) continue
        if (state === undefined || STATES[await one.job.getState()] === state) found.push(one)
      }
      return found
    }
    const states: readonly JobState[] = state === undefined ? ["waiting", "delayed", "completed", "failed"] : [state]
    for (const lane of await this.#all(name))
      for (const one of states)
        for (const id of await idsOf(lane, one)) {
          const job = await lane.queue.getJob(id)
          if (job !== undefined) found.push({ lane, job })
        }
    return found
  }

  async #all(name?: string): Promise<readonly RedisLane[]> {
    await this.#lanes.refresh()
    return this.#lanes.all.filter((lane) => name === undefined || lane.name === name)
  }
}

async function idsOf(lane: RedisLane, state: JobState): Promise<readonly string[]> {
  const types = TYPES[state].map((type) => (type === "waiting" ? "wait" : type))
  const ids = await lane.backend.getRanges(types as never, 0, MAX_IDS - 1, true)
  return [...new Set((ids as unknown as readonly (readonly string[])[]).flat())]
}

async function countsOf(name: string, lanes: readonly RedisLane[]): Promise<LaneCounts> {
  const total = { waiting: 0, delayed: 0, active: 0, completed: 0, failed: 0 }
  let oldestMs = Number.POSITIVE_INFINITY
  let isPaused = false
  for (const { queue } of lanes) {
    const counts = await queue.getJobCounts("waiting", "prioritized", "delayed", "active", "completed", "failed")
    for (const [type, count] of Object.entries(counts)) {
      const state = STATES[type]
      if (state !== undefined) total[state as keyof typeof total] += count
    }
    const oldest = await queue.getJobs(["wait", "prioritized"], 0, 0, true)
    for (const job of oldest) if (job !== undefined) oldestMs = Math.min(oldestMs, job.timestamp)
    isPaused ||= await queue.isPaused()
  }
  const oldestWaitingMs = oldestMs === Number.POSITIVE_INFINITY ? 0 : Math.max(0, systemClock.now() - oldestMs)
  return { name, ...total, held: 0, blocked: 0, oldestWaitingMs, isPaused }
}

async function stored({ lane, job }: Found): Promise<StoredJob | undefined> {
  const state = STATES[await job.getState()]
  if (state === undefined) return undefined
  if ((state === "completed" || state === "failed") && isOver(job, state, systemClock.now())) return undefined
  const { input, attempts, priority } = job.data
  const isAgain = job.delay > 0 && state === "delayed"
  return {
    id: job.id!,
    name: lane.name,
    state,
    input,
    attempt: job.attemptsStarted,
    attempts,
    priority,
    ...(typeof job.progress === "string" && { progress: job.progress }),
    ...(typeof job.returnvalue === "string" && job.returnvalue !== "" && { output: job.returnvalue }),
    ...(job.failedReason !== undefined && job.failedReason !== "" && { error: job.failedReason }),
    createdMs: job.timestamp,
    ...(isAgain && { runAtMs: (await delayedUntil(lane, job)) ?? systemClock.now() + job.delay }),
    ...(job.finishedOn !== undefined && { finishedMs: job.finishedOn }),
  }
}

/** BullMQ keeps the time and an order in one number. */
async function delayedUntil(lane: RedisLane, job: RedisJob): Promise<number | undefined> {
  const score = await lane.client.zscore(lane.queue.keys.delayed!, job.id!)
  return score === null ? undefined : Math.floor(Number(score) / 0x1000)
}
