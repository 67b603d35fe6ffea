import type { Clock } from "@ashlar/core"
import { type Duration, toMs } from "../duration.ts"
import { CacheLockLost } from "../errors.ts"
import type { Claim, LockStore } from "./lock-store.ts"
import type { Lock } from "./locks.ts"

/**
 * How far apart the rates of two clocks may be: the store's, by which the lock ends, and the holder's, by which it believes to hold
 * it. That much of the time is not used. What the clocks show makes no difference: only how much time passes counts.
 */
export const CLOCK_DRIFT = 0.02

/** Times of this process: one that never jumps, and one that goes on while the machine sleeps. */
export interface Stopwatch {
  readonly steady: Clock
  readonly wall: Clock
}

export interface Holding {
  readonly claim: Claim
  readonly fence: number
  readonly ttlMs: number
  /** The time before the store was asked. */
  readonly since: Moment
  /** Called once, when it is held no more. */
  readonly over: () => void
}
export interface Moment {
  readonly steadyMs: number
  readonly wallMs: number
}
export function moment({ steady, wall }: Stopwatch): Moment {
  return { steadyMs: steady.now(), wallMs: wall.now() }
}

export class HeldLock implements Lock {
  readonly name: string
  readonly fence: number
  readonly #store: LockStore
  readonly #watch: Stopwatch
  readonly #claim: Claim
  readonly #over: () => void
  readonly #lost = new AbortController()
  #ttlMs: number
  #since: Moment
  #timer: ReturnType<typeof setTimeout> | undefined
  #isReleased = false

  constructor(store: LockStore, watch: Stopwatch, { claim, fence, ttlMs, since, over }: Holding) {
    this.name = claim.name
    this.fence = fence
    this.#store = store
    this.#watch = watch
    this.#claim = claim
    this.#over = over
    this.#ttlMs = ttlMs
    this.#since = since
    this.#arm()
  }

  get isHeld(): boolean {
    if (this.#isReleased || this.#lost.signal.aborted) return false
    if (this.#leftMs() > 0) return true
    this.#lose("The lock ran out before the work ended. Extend it, or take it for longer.")
    return false
  }
  get signal(): AbortSignal {
    return this.#lost.signal
  }

  async extend(ttl?: Duration): Promise<void> {
    if (!this.isHeld) throw this.#lossOf()
    const ttlMs = ttl === undefined ? this.#ttlMs : toMs(ttl, "ttl")
    const since = moment(this.#watch)
    if (!(await this.#store.extend(this.#claim, ttlMs))) {
      this.#lose("Another has the lock, or it ran out.")
      throw this.#lossOf()
    }
    if (this.#isReleased || this.#lost.signal.aborted) throw this.#lossOf()
    this.#ttlMs = ttlMs
    this.#since = since
    this.#arm()
  }
  async release(): Promise<boolean> {
    if (this.#isReleased) return false
    const wasHeld = this.isHeld
    this.#isReleased = true
    this.#end()
    // Asked also when it ran out by our clock: it may stand by the store's, and others wait for it.
    const was = await this.#store.release(this.#claim)
    return wasHeld && was
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.release()
  }

  /** What is surely left: by the clock that has gone further. */
  #leftMs(): number {
    const { steady, wall } = this.#watch
    const passedMs = Math.max(steady.now() - this.#since.steadyMs, wall.now() - this.#since.wallMs)
    return this.#ttlMs * (1 - CLOCK_DRIFT) - passedMs
  }
  #arm(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.isHeld && this.#arm(), Math.min(Math.max(1, this.#leftMs()), 2 ** 31 - 1))
    this.#timer.unref?.()
  }
  #lose(message: string): void {
    if (this.#isReleased || this.#lost.signal.aborted) return
    this.#end()
    this.#lost.abort(new CacheLockLost(message))
  }
  #lossOf(): unknown {
    return this.#lost.signal.aborted ? this.#lost.signal.reason : new CacheLockLost("The lock was released.")
  }
  #end(): void {
    clearTimeout(this.#timer)
    this.#over()
  }
}
