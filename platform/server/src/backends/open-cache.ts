import { type Locks, openLocks } from "@ashlar/cache/locks"
import { openRateLimits, type RateLimits } from "@ashlar/cache/rate-limits"
import { type Backend, driverOf, reachBackend, readBackend } from "./backend.ts"

/** What nodes share that may be forgotten: who tried how often, and whose turn it is. */
export interface SharedCache extends Backend {
  /** Undefined where this process is the only one: then it counts for itself anyhow. */
  readonly limits: RateLimits | undefined
  readonly locks: Locks
  close(): Promise<void>
}

/**
 * Opens rate limits and locks at one URL.
 *
 * @param installId Keeps installs apart that share a server; its nodes have it in common.
 * @throws {SERVER_BACKEND_INVALID} @throws {SERVER_BACKEND_DOWN}
 */
export async function openSharedCache(url: string, installId: string): Promise<SharedCache> {
  const limits = readBackend("cache", () => openRateLimits(url))
  const locks = readBackend("cache", () => openLocks(withoutOptions(url)))
  const probe = limits.slidingWindow(`${installId}.health`, { limit: 1, window: "1s" })
  const close = async (): Promise<void> => {
    await Promise.all([limits.close(), locks.close()])
  }
  try {
    await reachBackend("cache", url, async () => {
      await probe.take("probe", 0)
      const lock = await locks.try(`${installId}.start.${crypto.randomUUID()}`, { ttl: "5s" })
      await lock?.release()
    })
  } catch (error) {
    await close()
    throw error
  }
  const driver = driverOf(url)
  return {
    ...{ name: "cache", driver, close },
    check: () => probe.take("probe", 0),
    limits: driver === "memory" ? undefined : named(limits, installId),
    locks: {
      acquire: (name, options) => locks.acquire(`${installId}:${name}`, options),
      try: (name, options) => locks.try(`${installId}:${name}`, options),
      with: (name, options, work) => locks.with(`${installId}:${name}`, options, work),
      close,
      [Symbol.asyncDispose]: close,
    },
  }
}

function named(limits: RateLimits, installId: string): RateLimits {
  return {
    slidingWindow: (name, options) => limits.slidingWindow(`${installId}.${name}`, options),
    tokenBucket: (name, options) => limits.tokenBucket(`${installId}.${name}`, options),
    close: () => limits.close(),
    [Symbol.asyncDispose]: () => limits.close(),
  }
}

/** `memory:?maxKeys=…` is about limits; locks in memory take no options. */
function withoutOptions(url: string): string {
  return driverOf(url) === "memory" ? "memory:" : url
}
