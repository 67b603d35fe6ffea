import { defineService, type Guarantees, type Service, type Services } from "@ashlar/core"
import { lockDrivers } from "./drivers.ts"
import { LiveLocks } from "./live-locks.ts"
import type { LockStore } from "./lock-store.ts"
import type { Locks } from "./locks.ts"

export interface LocksOptions {
  /** What the caller relies on: `{ crossProcess: true }`. A URL whose driver does not promise it is refused at once. */
  readonly needs?: Guarantees
}

/**
 * Opens locks: `memory:` for this process, `redis://…`, `sqlite:path`, `postgres://…` or `mysql://…` for all that share it. The store
 * is opened at the first use.
 *
 * @throws {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN} {CORE_DRIVER_GUARANTEE_MISSING}
 * @example
 * const locks = openLocks("redis://localhost")
 * await locks.with("nightly report", { ttl: "1m" }, ({ signal }) => makeReport(signal))
 */
export function openLocks(url: string | LockStore, { needs = {} }: LocksOptions = {}): Locks {
  if (typeof url !== "string") {
    const locks = new LiveLocks(async () => url)
    void locks.use() // so that it is closed with them, also when nobody asked
    return locks
  }
  lockDrivers.require(url, needs, "The locks") // a mistake in it should not wait
  return new LiveLocks(() => lockDrivers.open(url))
}

/** What locks behind a URL promise, as data. @throws {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN} */
export function lockGuarantees(url: string): Guarantees {
  return lockDrivers.guarantees(url)
}

/**
 * Locks as a service of an app.
 * @example
 * export const AppLocks = defineLocks(() => process.env.LOCKS_URL ?? "memory:")
 */
export function defineLocks(
  url: (services: Services) => string | Promise<string>,
  { name = "locks", ...options }: LocksOptions & { readonly name?: string } = {},
): Service<Locks> {
  return defineService<Locks>({
    name,
    open: async (services) => openLocks(await url(services), options),
    close: (locks) => locks.close(),
  })
}
