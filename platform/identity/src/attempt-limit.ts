import { createHash } from "node:crypto"
import { memoryLimits, openRateLimits, type RateLimit, type RateLimits } from "@ashlar/cache/rate-limits"
import type { Clock } from "@ashlar/core"
import { TooManyAttempts } from "./errors.ts"

export interface AttemptRule {
  /** Attempts within one window; the next is refused. */
  readonly limit: number
  /** The window that slides: an attempt counts for this long, or for up to a sixteenth longer. */
  readonly windowMs: number
}

/** Counts attempts per key within a sliding window. */
export interface AttemptLimit {
  /**
   * Counts one attempt for `key`, before its outcome is known, so that parallel guesses cannot slip through together.
   *
   * @throws {IDENTITY_TOO_MANY_ATTEMPTS} when the window is full; refused attempts do not count.
   *   `details.retryAfterSeconds` says when there is room again.
   */
  take(key: string): Promise<void>
  /** Forgets the attempts of `key`: whoever knows the password has not been guessing. */
  forgive(key: string): Promise<void>
}

export interface AttemptLimitOptions {
  /** Where attempts are counted for all nodes. Undefined: there is one node. */
  readonly shared: RateLimits | undefined
  /** Where this node counts for itself. */
  readonly own: RateLimits
  readonly clock: Clock
  /** Told when `shared` fails. */
  readonly onError: (error: unknown) => void
}

/** After a failure the shared limits are left alone for so long, so that a store that hangs does not hold up every sign-in. */
const AWAY_MS = 1_000

/**
 * A limit that all nodes share. Each node counts as well for itself: when what they share is away, sign-in goes on with what
 * this node has seen, so that an outage opens the door to guesses no further than by the number of nodes.
 *
 * @param name Keeps the keys of one limit apart from those of others.
 */
export function createAttemptLimit(name: string, rule: AttemptRule, options: AttemptLimitOptions): AttemptLimit {
  const { clock, onError } = options
  const window = { limit: rule.limit, window: `${rule.windowMs}ms` } as const
  const shared = options.shared?.slidingWindow(name, window)
  const own = options.own.slidingWindow(name, window)
  let awayUntilMs = 0

  /** What the shared limits say, or this node's word where they cannot be asked. */
  async function ask<T>(use: (limit: RateLimit) => Promise<T>, ownWord: T): Promise<T> {
    if (shared === undefined || clock.now() < awayUntilMs) return ownWord
    try {
      return await use(shared)
    } catch (error) {
      awayUntilMs = clock.now() + AWAY_MS
      onError(error)
      return ownWord
    }
  }
  return {
    async take(key) {
      const hash = hashOf(key)
      const { allowed, retryAfterMs } = await ask((limit) => limit.take(hash), await own.take(hash))
      if (allowed) return
      const retryAfterSeconds = Math.max(1, Math.ceil(retryAfterMs / 1000))
      throw new TooManyAttempts(`Too many attempts. Try again in ${retryAfterSeconds} seconds.`, {
        details: { retryAfterSeconds },
      })
    },
    async forgive(key) {
      const hash = hashOf(key)
      await own.reset(hash)
      await ask((limit) => limit.reset(hash), undefined)
    },
  }
}

/** Of one length whatever the key is, and it tells whoever looks into the store nobody's address. */
function hashOf(key: string): string {
  return createHash("sha256").update(key).digest("base64url")
}

/** Keys of one node. Each costs some 200 bytes, and an address can make a hundred in a window. */
const MAX_OWN_KEYS = 100_000

/** Limits of this process alone. */
export function ownLimits(clock: Clock): RateLimits {
  return openRateLimits(memoryLimits({ maxKeys: MAX_OWN_KEYS, clock }))
}

/**
 * What counts as one address. IPv6 customers hold a /64 at least, so counting single addresses would count nothing;
 * an IPv4 address in IPv6 clothes is the IPv4 address.
 */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped) return mapped[1]!
  if (!address.includes(":")) return address
  const [head = "", tail] = address.toLowerCase().replace(/%.*$/, "").split("::")
  const groups = head === "" ? [] : head.split(":")
  if (tail !== undefined) {
    const tailGroups = tail === "" ? [] : tail.split(":")
    while (groups.length + tailGroups.length < 8) groups.push("0")
    groups.push(...tailGroups)
  }
  return groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")
}
