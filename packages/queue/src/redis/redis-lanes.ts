import type { IRedisClient } from "bullmq"
import { type LaneSide, RedisLane } from "./redis-lane.ts"

/** Jobs that are looked at in each sweep, of each lane and state. */
const SWEEP = 200

/** The kinds of job that a queue has had, known to all processes by a hash: `lane:…` and `paused:…`. */
export class RedisLanes {
  readonly #client: IRedisClient
  readonly #prefix: string
  readonly #key: string
  readonly #tell: () => void
  readonly #lanes = new Map<string, RedisLane>()
  readonly #ready = new Set<string>()
  readonly #registered = new Map<string, Promise<void>>()

  /** @param tell Lets other processes know of a new one. */
  constructor(client: IRedisClient, prefix: string, tell: () => void) {
    this.#client = client
    this.#prefix = prefix
    this.#key = `${prefix}:lanes`
    this.#tell = tell
  }

  get all(): readonly RedisLane[] {
    return [...this.#lanes.values()]
  }
  /** Those of a kind, in the order in which they are asked. */
  of(name: string): readonly RedisLane[] {
    const high = this.#lanes.get(`high:${name}`)
    const usual = this.#lane(name, "usual")
    return high === undefined ? [usual] : [high, usual]
  }

  /** A lane that all know of. */
  known(name: string, side: LaneSide): RedisLane | undefined {
    const id = `${side}:${name}`
    return this.#ready.has(id) ? this.#lanes.get(id) : undefined
  }
  /** The lane that a job is put into, known to all from now on. */
  async make(name: string, side: LaneSide): Promise<RedisLane> {
    const lane = this.#lane(name, side)
    const known = this.#registered.get(lane.id)
    if (known !== undefined) {
      await known
      return lane
    }
    await lane.queue.waitUntilReady()
    const registering = this.#register(lane)
    this.#registered.set(lane.id, registering)
    registering.catch(() => this.#registered.delete(lane.id))
    await registering
    this.#ready.add(lane.id)
    return lane
  }
  async #register(lane: RedisLane): Promise<void> {
    const isNew = (await this.#client.hset(this.#key, { [`lane:${lane.id}`]: 1 })) === 1
    if (!isNew) return
    await this.#applyPause(lane)
    this.#tell()
  }

  /** Takes over what other processes have made. */
  async refresh(): Promise<void> {
    for (const field of Object.keys(await this.#client.hgetall(this.#key))) {
      const [, side, name] = /^lane:(high|usual):(.+)$/.exec(field) ?? []
      if (side === undefined || name === undefined) continue
      const lane = this.#lane(name, side as LaneSide)
      if (this.#registered.has(lane.id)) continue
      const ready = lane.queue.waitUntilReady().then(() => undefined)
      this.#registered.set(lane.id, ready)
      ready.catch(() => this.#registered.delete(lane.id))
    }
  }

  /** @param name Undefined: the whole queue. */
  async setPaused(name: string | undefined, isPaused: boolean): Promise<void> {
    const field = name === undefined ? "paused" : `paused:${name}`
    if (isPaused) await this.#client.hset(this.#key, { [field]: 1 })
    else await this.#client.hdel(this.#key, field)
    if (name !== undefined) await this.make(name, "usual")
    await this.refresh()
    for (const lane of this.all) await this.#applyPause(lane)
  }
  async #applyPause(lane: RedisLane): Promise<void> {
    const [all, one] = await this.#client.hmget(this.#key, "paused", `paused:${lane.name}`)
    await lane.backend.pause(Boolean(all ?? one))
  }

  async recover(everyMs: number): Promise<number> {
    const found = await Promise.all(this.all.map((lane) => lane.recover(everyMs)))
    return found.reduce((sum, count) => sum + count, 0)
  }

  /** When jobs that have ended are to be forgotten, and where they are. */
  async sweep(nowMs: number): Promise<void> {
    for (const lane of this.all)
      for (const state of ["completed", "failed"] as const) {
        const jobs = await lane.queue.getJobs([state], 0, SWEEP - 1, true)
        for (const job of jobs)
          if (job !== undefined && isOver(job, state, nowMs)) await job.remove().catch(() => undefined)
      }
  }

  #lane(name: string, side: LaneSide): RedisLane {
    const id = `${side}:${name}`
    const known = this.#lanes.get(id)
    if (known !== undefined) return known
    const made = new RedisLane(name, side, { client: this.#client, prefix: this.#prefix })
    this.#lanes.set(id, made)
    return made
  }
}

/** Whether a job that has ended was kept as long as it should be. */
export function isOver(
  {
    data,
    finishedOn,
  }: {
    readonly data: { readonly keepCompletedMs: number; readonly keepFailedMs: number }
    readonly finishedOn?: number
  },
  state: "completed" | "failed",
  nowMs: number,
): boolean {
  const keepMs = state === "completed" ? data.keepCompletedMs : data.keepFailedMs
  return finishedOn !== undefined && finishedOn + keepMs <= nowMs
}
