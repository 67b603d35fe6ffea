import { type Clock, detach, systemClock } from "@ashlar/core"
import { type Duration, toMs } from "../duration.ts"
import { CacheClosed, CacheLockTimeout, CacheOptionInvalid } from "../errors.ts"
import { uniqueName } from "../record.ts"
import { checkKey } from "../store.ts"
import { HeldLock, moment, type Stopwatch } from "./held-lock.ts"
import type { Claim, LockStore } from "./lock-store.ts"
import type { AcquireOptions, Lock, LockOptions, Locks } from "./locks.ts"

const steadyClock: Clock = { now: () => performance.now() }
export const processStopwatch: Stopwatch = { steady: steadyClock, wall: systemClock }

/** Milliseconds between two tries for a lock that another process holds. */
const PAUSE = { first: 10, most: 250 } as const
const MIN_TTL_MS = 10

export class LiveLocks implements Locks {
  readonly #open: () => Promise<LockStore>
  readonly #watch: Stopwatch
  /** Who waits in this process, by the lock's name: the first of them tries as soon as it is free here. */
  readonly #waiting = new Map<string, Set<() => void>>()
  #opening: Promise<LockStore> | undefined
  #isClosed = false

  constructor(open: () => Promise<LockStore>, watch: Stopwatch = processStopwatch) {
    const outside = detach()
    this.#open = () => outside(open)
    this.#watch = watch
  }

  async try(name: string, options: LockOptions = {}): Promise<Lock | undefined> {
    const attempt = await this.#attempt({ name, owner: uniqueName() }, ttlOf(options.ttl))
    return attempt instanceof HeldLock ? attempt : undefined
  }

  async acquire(name: string, { ttl, wait = "10s", signal }: AcquireOptions = {}): Promise<Lock> {
    const [ttlMs, waitMs] = [ttlOf(ttl), toMs(wait, "wait")]
    const claim = { name, owner: uniqueName() }
    const endsMs = performance.now() + waitMs
    for (let pause: number = PAUSE.first; ; pause = Math.min(pause * 2, PAUSE.most)) {
      signal?.throwIfAborted()
      const attempt = await this.#attempt(claim, ttlMs)
      if (attempt instanceof HeldLock) {
        if (!signal?.aborted) return attempt
        await attempt.release()
        signal.throwIfAborted()
      }
      const leftMs = endsMs - performance.now()
      if (leftMs <= 0)
        throw new CacheLockTimeout(`The lock was held by another for the ${waitMs} ms that were waited (wait).`)
      // Not all at the same time again.
      const spreadMs = pause * (0.5 + Math.random())
      await this.#pause(name, Math.min(leftMs, spreadMs, (attempt as { heldForMs: number }).heldForMs + 1), signal)
    }
  }

  async with<T>(name: string, options: AcquireOptions, work: (lock: Lock) => T | Promise<T>): Promise<T> {
    const lock = await this.acquire(name, options)
    const everyMs = ttlOf(options.ttl) / 3
    let extending: Promise<void> = Promise.resolve()
    const timer = setInterval(() => {
      // Lost: the signal says it. A store that fails is asked again, as long as there is time.
      extending = extending.then(() => lock.extend()).catch(() => undefined)
    }, everyMs)
    timer.unref?.()
    try {
      const result = await work(lock)
      if (!lock.isHeld) throw lock.signal.reason
      return result
    } finally {
      clearInterval(timer)
      await extending
      // The work is done: a store that fails now leaves the lock to run out.
      await lock.release().catch(() => false)
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    const store = await this.#opening?.catch(() => undefined)
    await store?.close()
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async use(): Promise<LockStore> {
    if (this.#isClosed) throw new CacheClosed("The locks were closed")
    this.#opening ??= this.#open()
    try {
      return await this.#opening
    } catch (error) {
      this.#opening = undefined // the next use tries again
      throw error
    }
  }

  async #attempt(claim: Claim, ttlMs: number): Promise<HeldLock | { readonly heldForMs: number }> {
    checkKey(claim.name, "name")
    const store = await this.use()
    const since = moment(this.#watch)
    const attempt = await store.attempt(claim, ttlMs)
    if ("heldForMs" in attempt) return attempt
    const over = (): void => this.#wake(claim.name)
    return new HeldLock(store, this.#watch, { claim, fence: attempt.fence, ttlMs, since, over })
  }

  /** Ends after so long, or when the lock may be free. */
  async #pause(name: string, ms: number, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiting = this.#waiting.get(name) ?? new Set()
    this.#waiting.set(name, waiting.add(resolve))
    const timer = setTimeout(resolve, ms)
    signal?.addEventListener("abort", () => resolve(), { once: true })
    await promise
    clearTimeout(timer)
    waiting.delete(resolve)
    if (waiting.size === 0) this.#waiting.delete(name)
  }
  #wake(name: string): void {
    // After the store has heard of the release.
    const first = this.#waiting.get(name)?.values().next().value
    if (first !== undefined) setTimeout(first, 1)
  }
}

function ttlOf(ttl: Duration = "30s"): number {
  const ms = toMs(ttl, "ttl")
  if (ms < MIN_TTL_MS) throw new CacheOptionInvalid(`Expected ttl to be at least ${MIN_TTL_MS} ms, got ${ms}.`)
  return ms
}
