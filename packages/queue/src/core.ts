import { type Clock, detach, systemClock } from "@ashlar/core"
import { QueueClosed, QueueFull } from "./errors.ts"
import { Emitter } from "./events.ts"
import { type QueueGuarantees, requireFeature } from "./guarantees.ts"
import { Tallies } from "./metrics.ts"
import type { PushHome } from "./pusher.ts"
import type { QueuePlan } from "./queue-options.ts"
import type { MaybePromise, QueueStore } from "./store.ts"

const DEPTH_MS = 1_000

/** What all parts of one open queue share: its store, and the bounds on what is sent there. */
export class Core implements PushHome {
  readonly clock: Clock
  readonly emitter: Emitter = new Emitter()
  readonly tallies: Tallies = new Tallies()
  readonly outside: <T>(work: () => T) => T
  readonly #open: () => MaybePromise<QueueStore>
  readonly #plan: QueuePlan
  /** Set once it is open. */
  store: QueueStore | undefined
  pending = 0
  #drained: (() => void) | undefined
  #opening: Promise<QueueStore> | undefined
  #closing: Promise<void> | undefined
  #depth = 0
  #depthAtMs = Number.NEGATIVE_INFINITY
  #counting: Promise<void> | undefined

  constructor(plan: QueuePlan, open: () => MaybePromise<QueueStore>) {
    this.#plan = plan
    this.#open = open
    this.clock = plan.clock ?? systemClock
    this.outside = detach()
    this.emitter.on("error", plan.onError)
  }

  get isClosed(): boolean {
    return this.#closing !== undefined
  }

  guarantees: () => QueueGuarantees = () => this.store!.guarantees

  /** @throws {QUEUE_CLOSED} and what the driver throws. */
  use: () => MaybePromise<QueueStore> = () => {
    if (this.isClosed) throw new QueueClosed("The queue was closed.")
    if (this.store !== undefined) return this.store
    this.#opening ??= this.outside(() => this.#connect())
    return this.#opening
  }
  async #connect(): Promise<QueueStore> {
    try {
      const store = await this.#open()
      if (this.isClosed) {
        await store.close()
        throw new QueueClosed("The queue was closed while it opened.")
      }
      try {
        await store.ready?.()
      } catch (error) {
        await store.close()
        throw error
      }
      this.store = store
      return store
    } catch (error) {
      this.#opening = undefined // the next use tries again
      throw error
    }
  }

  enter: (jobs: number) => MaybePromise<void> = (jobs) => {
    if (this.isClosed) throw new QueueClosed("The queue was closed.")
    const { maxPending, maxDepth } = this.#plan
    if (this.pending > 0 && this.pending + jobs > maxPending)
      throw new QueueFull(
        `Expected at most ${maxPending} jobs on their way to the store (maxPending). Push again later.`,
      )
    this.pending += jobs
    if (maxDepth === undefined) return
    return this.#checkDepth(jobs, maxDepth).catch((error) => {
      this.leave(jobs)
      throw error
    })
  }
  leave: (jobs: number) => void = (jobs) => {
    this.pending -= jobs
    if (this.pending === 0) this.#drained?.()
  }

  async #checkDepth(jobs: number, maxDepth: number): Promise<void> {
    if (performance.now() - this.#depthAtMs > DEPTH_MS)
      this.#counting ??= this.outside(() => this.#count()).finally(() => {
        this.#counting = undefined
      })
    await this.#counting
    if (this.#depth + jobs > maxDepth)
      throw new QueueFull(`Expected at most ${maxDepth} jobs to wait (maxDepth). Push again later.`)
    this.#depth += jobs
  }
  async #count(): Promise<void> {
    const store = await this.use()
    requireFeature(store.guarantees, "inspect", "maxDepth")
    const counts = (await store.counts?.()) ?? []
    this.#depth = counts.reduce(
      (sum, { waiting, delayed, held, blocked }) => sum + waiting + delayed + held + blocked,
      0,
    )
    this.#depthAtMs = performance.now()
  }

  /** @param before Ends what uses the store. */
  close(before: () => Promise<void>): Promise<void> {
    this.#closing ??= this.outside(() => this.#close(before))
    return this.#closing
  }
  async #close(before: () => Promise<void>): Promise<void> {
    await before()
    if (this.pending > 0) await new Promise<void>((resolve) => (this.#drained = resolve))
    const store = this.store ?? (await this.#opening?.catch(() => undefined))
    this.store = undefined
    await store?.close()
  }
}
