import { asBusFailed } from "../as-bus-failed.ts"

/** Who is there, and who has what, as a store tells it. */
export interface LaneReport {
  /** All that showed signs of life lately, this one included, in one order for all of them. */
  readonly members: readonly string[]
  /** Lanes that this member holds, for another lease from now on. */
  readonly held: readonly number[]
  /** Lanes that nobody holds. */
  readonly free: readonly number[]
}

/** Where the members of one group agree on who handles which partition. */
export interface LaneStore<Start> {
  readonly member: string
  /** Says that this member lives. */
  beat(): Promise<LaneReport>
  /** `undefined`: another was quicker. */
  take(lane: number): Promise<Start | undefined>
  release(lane: number): Promise<void>
  /** Says that it lives no more. */
  leave(): Promise<void>
}

/** A partition, for as long as this member holds it. */
export interface Lane<Start> {
  readonly number: number
  readonly start: Start
  /** Aborts when it may be another's. */
  readonly lost: AbortSignal
  /** Aborts when it should be given back after what is being done. */
  readonly stopping: AbortSignal
}

export interface LaneKeeperOptions<Start> {
  readonly store: LaneStore<Start>
  readonly partitions: number
  readonly leaseMs: number
  readonly onError: (error: unknown) => void
  /** Works on a lane until one of its signals aborts. What it throws is told, and the lane given back. */
  readonly run: (lane: Lane<Start>) => Promise<void>
}

interface Held<Start> extends Lane<Start> {
  readonly lose: AbortController
  readonly stop: AbortController
  readonly done: Promise<void>
}

const BEATS_PER_LEASE = 5
/** A lease is over for us earlier than for others: their clocks may go faster, and our timers be late. */
const SAFETY = 0.8

/**
 * Holds this member's share of a group's partitions, and lets go of what others should have. A partition is never worked on when its lease
 * may be over, by this process's own clock.
 */
export class LaneKeeper<Start> {
  readonly #options: LaneKeeperOptions<Start>
  readonly #held = new Map<number, Held<Start>>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #expiry: ReturnType<typeof setTimeout> | undefined
  #beating: Promise<void> = Promise.resolve()
  #isStopping = false

  constructor(options: LaneKeeperOptions<Start>) {
    this.#options = options
  }

  /** Takes its first share. @throws {EVENTS_BUS_FAILED} */
  async start(): Promise<void> {
    await this.#beat()
    this.#schedule()
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    clearTimeout(this.#timer)
    await this.#beating
    // It goes on to say that it lives while it ends what it does.
    const timer = setInterval(
      () => void this.#hold().catch(this.#options.onError),
      this.#options.leaseMs / BEATS_PER_LEASE,
    )
    for (const { stop } of this.#held.values()) stop.abort()
    await Promise.allSettled([...this.#held.values()].map(({ done }) => done))
    clearInterval(timer)
    clearTimeout(this.#expiry)
    await this.#options.store.leave().catch(this.#options.onError)
  }

  #schedule(): void {
    if (this.#isStopping) return
    const ms = (this.#options.leaseMs / BEATS_PER_LEASE) * (0.8 + Math.random() * 0.4)
    this.#timer = setTimeout(() => {
      this.#beating = this.#beat().then(undefined, this.#options.onError)
      void this.#beating.then(() => this.#schedule())
    }, ms)
  }

  async #beat(): Promise<void> {
    const { store, partitions } = this.#options
    const { members, free } = await this.#hold()
    if (this.#isStopping) return
    const place = members.indexOf(store.member)
    const share = Math.floor(partitions / members.length) + (place < partitions % members.length ? 1 : 0)
    const extra = [...this.#held.values()].filter(({ stopping }) => !stopping.aborted).slice(share)
    for (const { stop } of extra) stop.abort()
    // Not all members after the same ones.
    const from = Math.floor(Math.random() * free.length)
    for (const lane of [...free.slice(from), ...free.slice(0, from)]) {
      if (this.#held.size >= share) break
      if (!this.#held.has(lane)) await this.#take(lane)
    }
  }

  /** Holds what it has for another lease. */
  async #hold(): Promise<LaneReport> {
    const { store, leaseMs } = this.#options
    const began = performance.now()
    const report = await asBusFailed("Holding partitions", () => store.beat())
    const held = new Set(report.held)
    for (const lane of this.#held.values()) if (!held.has(lane.number)) lane.lose.abort()
    clearTimeout(this.#expiry)
    const leftMs = began + leaseMs * SAFETY - performance.now()
    this.#expiry = setTimeout(() => this.#loseAll(), Math.max(0, leftMs))
    this.#expiry.unref?.()
    return report
  }
  #loseAll(): void {
    for (const { lose } of this.#held.values()) lose.abort()
  }

  async #take(number: number): Promise<void> {
    const { store, run, onError } = this.#options
    const start = await asBusFailed("Taking a partition", () => store.take(number))
    if (start === undefined) return
    const [lose, stop] = [new AbortController(), new AbortController()]
    const lane: Lane<Start> = { number, start, lost: lose.signal, stopping: stop.signal }
    const work = async (): Promise<void> => {
      try {
        await run(lane)
      } catch (error) {
        onError(error)
      }
      try {
        if (!lose.signal.aborted) await store.release(number)
      } catch (error) {
        onError(error) // it runs out by itself
      }
      this.#held.delete(number)
    }
    // `work` may end at once, and must find what it takes away.
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#held.set(number, { ...lane, lose, stop, done: promise })
    void work().then(resolve)
  }
}
