import type { Clock } from "@ashlar/core"
import { TooManyAttempts } from "./errors.ts"

export interface AttemptRule {
  /** Attempts within one window; the next is refused. */
  readonly limit: number
  /** The window that slides: an attempt counts for this long. */
  readonly windowMs: number
}

/** Counts attempts per key within a sliding window, in bounded memory. */
export interface AttemptLimit {
  /**
   * Counts one attempt for `key`, before its outcome is known, so that parallel guesses cannot slip through together.
   *
   * @throws {IDENTITY_TOO_MANY_ATTEMPTS} when the window is full; refused attempts do not count.
   *   `details.retryAfterSeconds` says when the oldest attempt leaves the window.
   */
  take(key: string): void
  /** Forgets the attempts of `key`: whoever knows the password has not been guessing. */
  forgive(key: string): void
}

/**
 * @param maxKeys Keys remembered at once. Beyond it the key that was quiet for longest is forgotten. Default 10,000.
 */
export function createAttemptLimit(rule: AttemptRule, clock: Clock, maxKeys: number = 10_000): AttemptLimit {
  // A Map keeps the order of insertion; every attempt re-inserts its key, so the first key is the quietest.
  const attempts = new Map<string, number[]>()
  return {
    take(key) {
      const nowMs = clock.now()
      const recent = (attempts.get(key) ?? []).filter((atMs) => atMs > nowMs - rule.windowMs)
      if (recent.length >= rule.limit) {
        const retryAfterSeconds = Math.max(1, Math.ceil((recent[0]! + rule.windowMs - nowMs) / 1000))
        throw new TooManyAttempts(`Too many attempts. Try again in ${retryAfterSeconds} seconds.`, {
          details: { retryAfterSeconds },
        })
      }
      recent.push(nowMs)
      attempts.delete(key)
      attempts.set(key, recent)
      if (attempts.size > maxKeys) attempts.delete(attempts.keys().next().value!)
    },
    forgive(key) {
      attempts.delete(key)
    },
  }
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
