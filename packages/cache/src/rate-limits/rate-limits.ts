import { detach } from "@ashlar/core"
import { type Duration, toMs } from "../duration.ts"
import { CacheClosed, CacheOptionInvalid } from "../errors.ts"
import { checkKey } from "../store.ts"
import type { RateLimitResult, Rule } from "./algorithms.ts"
import type { LimitStore } from "./limit-store.ts"

export interface WindowOptions {
  /** Uses in any window of time: 1 to 1,000,000,000. */
  readonly limit: number
  readonly window: Duration
}
export interface BucketOptions {
  /** Tokens that a full bucket holds: as many may be taken at once. 1 to 1,000,000,000. */
  readonly capacity: number
  /** Tokens that come back in each `every`. */
  readonly refill: number
  readonly every: Duration
}

/** One rule, for any number of keys: users, addresses, tenants. */
export interface RateLimit {
  /**
   * Takes one, or `cost` (an integer, at most the limit), if so much may be had. A cost of 0 only looks.
   * @throws {CACHE_STORE_FAILED} {CACHE_KEY_INVALID} {CACHE_OPTION_INVALID} {CACHE_CLOSED}
   */
  take(key: string, cost?: number): Promise<RateLimitResult>
  /** Forgets what the key has used. @throws {CACHE_STORE_FAILED} */
  reset(key: string): Promise<void>
}

/** Rate limits over one store. The name of a limit keeps its keys apart from those of others. */
export interface RateLimits {
  /**
   * At most `limit` uses in any `window`, wherever it begins. Counted in sixteen parts: a use may count for a sixteenth of the
   * window longer, and never for less.
   * @throws {CACHE_OPTION_INVALID} {CACHE_KEY_INVALID}
   */
  slidingWindow(name: string, options: WindowOptions): RateLimit
  /** Bursts of up to `capacity`, and `refill` in each `every` in the long run. @throws {CACHE_OPTION_INVALID} {CACHE_KEY_INVALID} */
  tokenBucket(name: string, options: BucketOptions): RateLimit
  /** Gives the store back. Twice does nothing. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const MAX = 1_000_000_000

export class LiveRateLimits implements RateLimits {
  readonly #open: () => Promise<LimitStore>
  #opening: Promise<LimitStore> | undefined
  #isClosed = false
  /** Set once it is open. */
  store: LimitStore | undefined

  constructor(open: () => Promise<LimitStore>) {
    const outside = detach()
    this.#open = () => outside(open)
  }

  slidingWindow(name: string, { limit, window }: WindowOptions): RateLimit {
    const windowMs = toMs(window, "window")
    if (windowMs < 1) throw new CacheOptionInvalid("Expected window to be at least 1 ms.")
    return new LiveRateLimit(this, name, { kind: "window", limit: checkCount(limit, "limit"), windowMs })
  }
  tokenBucket(name: string, { capacity, refill, every }: BucketOptions): RateLimit {
    const perMs = checkCount(refill, "refill") / Math.max(1, toMs(every, "every"))
    return new LiveRateLimit(this, name, { kind: "bucket", limit: checkCount(capacity, "capacity"), perMs })
  }

  async use(): Promise<LimitStore> {
    if (this.#isClosed) throw new CacheClosed("The rate limits were closed")
    this.#opening ??= this.#open()
    try {
      this.store = await this.#opening
      return this.store
    } catch (error) {
      this.#opening = undefined // the next use tries again
      throw error
    }
  }
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    const store = await this.#opening?.catch(() => undefined)
    this.store = undefined
    await store?.close()
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

class LiveRateLimit implements RateLimit {
  readonly #limits: LiveRateLimits
  readonly #prefix: string
  readonly #rule: Rule

  constructor(limits: LiveRateLimits, name: string, rule: Rule) {
    checkKey(name, "name")
    this.#limits = limits
    // Neither name nor key can be taken for part of the other.
    this.#prefix = `${name.length}:${name}:`
    this.#rule = rule
  }

  async take(key: string, cost = 1): Promise<RateLimitResult> {
    checkKey(key)
    if (!Number.isInteger(cost) || cost < 0 || cost > this.#rule.limit)
      throw new CacheOptionInvalid(
        `Expected cost to be an integer from 0 to the limit of ${this.#rule.limit}, got ${cost}.`,
      )
    const store = this.#limits.store ?? (await this.#limits.use())
    const result = store.take(this.#prefix + key, { rule: this.#rule, cost })
    return result instanceof Promise ? await result : result
  }
  async reset(key: string): Promise<void> {
    checkKey(key)
    await (await this.#limits.use()).reset(this.#prefix + key)
  }
}

function checkCount(count: number, what: string): number {
  if (Number.isInteger(count) && count >= 1 && count <= MAX) return count
  throw new CacheOptionInvalid(`Expected ${what} to be an integer from 1 to ${MAX}, got ${String(count)}.`)
}
