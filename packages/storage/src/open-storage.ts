import { defineService, type Guarantees, type Service, type Services } from "@ashlar/core"
import { Core } from "./core.ts"
import { storageDrivers } from "./drivers/drivers.ts"
import { LiveStorage } from "./live-storage.ts"
import { checkStorageOptions, type StorageOptions } from "./options.ts"
import type { Storage } from "./storage.ts"
import type { ObjectStore } from "./store.ts"
import { Usage } from "./usage.ts"

/**
 * Opens a storage: `memory:`, `file:folder`, or `s3://key:secret@host/bucket?region=…`. What is behind it is opened at the first
 * use, or by `ready()`.
 *
 * @param url A store of your own is taken as well; the storage closes it.
 * @throws {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN} {CORE_DRIVER_GUARANTEE_MISSING} {STORAGE_OPTION_INVALID}
 * @example
 * const storage = openStorage(process.env.STORAGE_URL ?? "file:./data/files")
 * await storage.put("reports/2026.pdf", stream, { metadata: { author: "Ana" } })
 */
export function openStorage(url: string | ObjectStore, options: StorageOptions = {}): Storage {
  checkStorageOptions(options)
  // A mistake in it should not wait.
  if (typeof url === "string") storageDrivers.require(url, options.needs ?? {}, "The storage")
  const core = new Core(() => (typeof url === "string" ? storageDrivers.open(url) : Promise.resolve(url)), options)
  if (typeof url !== "string") void core.use() // so that it is closed with the storage, also when nobody asked
  const usages = options.quota === undefined ? [] : [new Usage("", options.quota, core.quotaRefreshMs, core.clock)]
  return new LiveStorage(core, "", usages)
}

/**
 * What a storage behind a URL promises, as data. Opens nothing.
 * @throws {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN}
 */
export function storageGuarantees(url: string): Guarantees {
  return storageDrivers.guarantees(url)
}

/**
 * A storage as a service of an app: opened when it is first asked for, closed with the app.
 *
 * @example
 * export const Files = defineStorage(() => process.env.STORAGE_URL ?? "file:./data/files")
 * const files = await ctx.use(Files)
 */
export function defineStorage(
  url: (services: Services) => string | Promise<string>,
  { name = "storage", ...options }: StorageOptions & { readonly name?: string } = {},
): Service<Storage> {
  return defineService<Storage>({
    name,
    async open(services) {
      const storage = openStorage(await url(services), options)
      await storage.ready()
      return storage
    },
    close: (storage) => storage.close(),
    async health(storage) {
      await storage.head("health")
    },
  })
}
