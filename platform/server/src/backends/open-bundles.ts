import type { BundleStore } from "@ashlar/functions"
import { openStorage, type Storage } from "@ashlar/storage"
import { type Backend, driverOf, reachBackend, readBackend } from "./backend.ts"

/** What keeps the code of functions. */
export interface Bundles extends Backend {
  readonly storage: Storage
  close(): Promise<void>
}

/** @throws {SERVER_BACKEND_INVALID} @throws {SERVER_BACKEND_DOWN} */
export async function openBundles(url: string): Promise<Bundles> {
  const storage = readBackend("storage", () => openStorage(url))
  const check = (): Promise<unknown> => storage.head("health")
  try {
    await reachBackend("storage", url, async () => {
      await storage.ready()
      await check()
    })
  } catch (error) {
    await storage.close()
    throw error
  }
  return { name: "storage", driver: driverOf(url), storage, check, close: () => storage.close() }
}

/**
 * Bundles as functions keep them.
 *
 * @param discard Has them removed, now or after a crash.
 */
export function bundleStore(storage: Storage, discard: (keys: readonly string[]) => Promise<void>): BundleStore {
  return {
    async put(key, code) {
      await storage.put(key, code, { ifNoneMatch: "*", contentType: "text/javascript" })
    },
    async get(key) {
      try {
        return await storage.get(key)
      } catch (error) {
        if ((error as { code?: string }).code === "STORAGE_NOT_FOUND") return undefined
        throw error
      }
    },
    discard,
  }
}
