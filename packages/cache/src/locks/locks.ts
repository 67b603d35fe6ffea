import type { Duration } from "../duration.ts"

export interface LockOptions {
  /** How long it is held without a sign of life. Default `"30s"`. */
  readonly ttl?: Duration
}
export interface AcquireOptions extends LockOptions {
  /** How long to wait for it. Default `"10s"`. */
  readonly wait?: Duration
  /** Ends the wait. */
  readonly signal?: AbortSignal
}

/** A lock that is held. */
export interface Lock {
  readonly name: string
  /**
   * Larger than that of every earlier holder. Send it along with what the lock protects, and let whoever stores that refuse a
   * smaller one than it has seen: it is the only protection from a holder that was asleep while its lock ran out.
   */
  readonly fence: number
  /** Whether it surely is held: by this process's clock, less what two clocks may differ by. */
  readonly isHeld: boolean
  /** Aborts when the lock ran out or another has it. The reason is a CACHE_LOCK_LOST. Releasing it aborts nothing. */
  readonly signal: AbortSignal
  /** Holds it for so long from now on. Default: as long as at first. @throws {CACHE_LOCK_LOST} {CACHE_STORE_FAILED} */
  extend(ttl?: Duration): Promise<void>
  /** Only its owner can. @returns whether it was still held: if not, the work was not alone. @throws {CACHE_STORE_FAILED} */
  release(): Promise<boolean>
  [Symbol.asyncDispose](): Promise<void>
}

/** Locks that are leases: who holds one and dies holds it no longer than `ttl`. */
export interface Locks {
  /** @throws {CACHE_LOCK_TIMEOUT} {CACHE_STORE_FAILED} {CACHE_CLOSED} and the reason of `signal`. */
  acquire(name: string, options?: AcquireOptions): Promise<Lock>
  /** `undefined` when another holds it now. @throws {CACHE_STORE_FAILED} */
  try(name: string, options?: LockOptions): Promise<Lock | undefined>
  /**
   * Runs work while the lock is held, and extends it meanwhile.
   *
   * @throws {CACHE_LOCK_LOST} when it was lost before the work ended: the work may not have been alone.
   * @throws {CACHE_LOCK_TIMEOUT} {CACHE_STORE_FAILED} and what the work throws.
   * @example
   * await locks.with(`invoice:${id}`, {}, async ({ signal, fence }) => send(invoice, { signal, fence }))
   */
  with<T>(name: string, options: AcquireOptions, work: (lock: Lock) => T | Promise<T>): Promise<T>
  /** Gives the store back. Locks that are held run out. Twice does nothing. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
