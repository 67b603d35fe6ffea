import { Doorbell } from "../doorbell.ts"
import type { ClaimedJob, ClaimLane, ClaimRequest } from "../store.ts"

/** Asks for jobs of one kind, without waiting. */
export type TakeJobs<J extends ClaimedJob> = (lane: ClaimLane, max: number, leaseMs: number) => Promise<readonly J[]>

/** Claims of a store that answers at once: asked again when somebody rings, and now and then. */
export class ClaimLoop {
  readonly #bell = new Doorbell()
  readonly #pollMs: number
  #turn = 0
  #rings = 0
  #isClosed = false

  /** @param pollMs How long nothing is asked for while nobody rings. */
  constructor(pollMs: number) {
    this.#pollMs = pollMs
  }

  /** There may be jobs. */
  ring(): void {
    this.#rings++
    this.#bell.ring()
  }
  /** Nobody waits any more. */
  close(): void {
    this.#isClosed = true
    this.#bell.ring()
  }

  async claim<J extends ClaimedJob>(request: ClaimRequest, take: TakeJobs<J>): Promise<readonly J[]> {
    return await this.until(request, () => this.#round(request, take))
  }
  /** Asks until there are jobs, or the wait is over. */
  async until<J extends ClaimedJob>(request: ClaimRequest, ask: () => Promise<readonly J[]>): Promise<readonly J[]> {
    const deadlineMs = performance.now() + request.waitMs
    for (;;) {
      const rings = this.#rings
      const jobs = await ask()
      const leftMs = deadlineMs - performance.now()
      if (jobs.length > 0 || leftMs <= 0 || this.#isClosed || request.signal?.aborted) return jobs
      // It may have rung while it was asked.
      if (rings === this.#rings) await this.#bell.wait(Math.min(leftMs, this.#pollMs), request.signal)
      if (request.signal?.aborted) return jobs
    }
  }

  /** Each kind in its turn gets a share of the room, and those that have more get the rest. */
  async #round<J extends ClaimedJob>({ lanes, max, leaseMs }: ClaimRequest, take: TakeJobs<J>): Promise<J[]> {
    const from = this.#turn++ % lanes.length
    const order = [...lanes.slice(from), ...lanes.slice(0, from)].slice(0, max)
    const share = Math.max(1, Math.floor(max / order.length))
    const parts = await Promise.allSettled(order.map((lane) => take(lane, Math.min(lane.max, share), leaseMs)))
    const jobs = parts.flatMap((part) => (part.status === "fulfilled" ? [...part.value] : []))
    const failed = parts.find((part) => part.status === "rejected")
    // What was given must not be lost for what was not.
    if (failed !== undefined && jobs.length === 0) throw failed.reason
    for (const [at, part] of parts.entries()) {
      const lane = order[at]!
      const got = part.status === "fulfilled" ? part.value.length : 0
      const more = Math.min(lane.max - got, max - jobs.length)
      if (got < Math.min(lane.max, share) || more <= 0) continue
      try {
        jobs.push(...(await take(lane, more, leaseMs)))
      } catch {
        return jobs // the next claim will say so
      }
    }
    return jobs
  }
}
