import { defineService, type Guarantees, redactUrl, type Service, type Services } from "@ashlar/core"
import type { Cache } from "./cache.ts"
import { Core } from "./core.ts"
import { cacheDrivers } from "./drivers/drivers.ts"
import { toMs } from "./duration.ts"
import { CacheOptionInvalid } from "./errors.ts"
import { LiveCache } from "./live-cache.ts"
import type { CacheOptions } from "./options.ts"
import type { CacheStore } from "./store.ts"

/**
 * Opens a cache: `memory:`, `file:folder`, `sqlite:path`, `postgres://…`, `redis://…`, or `tiered:memory:,redis://…`, which keeps
 * in this process what is kept in the other. The store is opened at the first use, or by `ready()`.
 *
 * @param url A store of your own is taken as well; the cache closes it.
 * @throws {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN} {CORE_DRIVER_GUARANTEE_MISSING}
 * @example
 * const cache = openCache("memory:?maxBytes=16777216")
 * const user = await cache.remember(`user:${id}`, "5m", () => findUser(id))
 */
export function openCache(url: string | CacheStore, options: CacheOptions = {}): Cache {
  if (typeof url === "string") checkUrl(url, options.needs ?? {}) // a mistake in it should not wait
  const core = new Core(typeof url === "string" ? () => openStore(url, options) : async () => url, options)
  if (typeof url !== "string") void core.use() // so that it is closed with the cache, also when nobody asked
  return new LiveCache(core, "")
}

/**
 * What a cache behind a URL promises, as data; of tiers, what the one behind promises. Opens nothing.
 * @throws {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN} {CACHE_OPTION_INVALID}
 */
export function cacheGuarantees(url: string): Guarantees {
  const tiers = tiersOf(url)
  if (tiers === undefined) return cacheDrivers.guarantees(url)
  cacheDrivers.guarantees(tiers.front)
  return cacheDrivers.guarantees(tiers.back)
}

function checkUrl(url: string, needs: Guarantees): void {
  cacheGuarantees(url)
  cacheDrivers.require(tiersOf(url)?.back ?? url, needs, "The cache")
}

async function openStore(url: string, options: CacheOptions): Promise<CacheStore> {
  const tiers = tiersOf(url)
  if (tiers === undefined) return await cacheDrivers.open(url)
  const { TieredStore } = await import("./drivers/tiered.ts")
  const back = await cacheDrivers.open(tiers.back)
  try {
    const front = await cacheDrivers.open(tiers.front)
    const { clock, onError = () => undefined } = options
    const bus = await back.openBus?.(toMs(options.pollEvery ?? "250ms", "pollEvery"))
    const localTtlMs = toMs(options.localTtl ?? "30s", "localTtl")
    return await new TieredStore(front, back, bus, {
      localTtlMs,
      onError,
      ...(clock !== undefined && { clock }),
    }).start()
  } catch (error) {
    await back.close()
    throw error
  }
}

/** `tiered:memory:,redis://host`: the tier in front, and the one behind it. */
function tiersOf(url: string): { readonly front: string; readonly back: string } | undefined {
  if (!/^tiered:/i.test(url)) return undefined
  const match = /^tiered:(memory:[^,]*),(?!tiered:)([^,]+.*)$/i.exec(url)
  if (match === null)
    throw new CacheOptionInvalid(
      `Expected tiered:memory:,<url>, with the store that is shared behind the comma, got ${redactUrl(url)}.`,
    )
  return { front: match[1]!, back: match[2]! }
}

/**
 * A cache as a service of an app: opened when it is first asked for, closed with the app.
 *
 * @example
 * export const AppCache = defineCache(() => process.env.CACHE_URL ?? "memory:")
 * const cache = await ctx.use(AppCache)
 */
export function defineCache(
  url: (services: Services) => string | Promise<string>,
  { name = "cache", ...options }: CacheOptions & { readonly name?: string } = {},
): Service<Cache> {
  return defineService<Cache>({
    name,
    async open(services) {
      const cache = openCache(await url(services), options)
      await cache.ready()
      return cache
    },
    close: (cache) => cache.close(),
    async health(cache) {
      await cache.deleteMany(["ashlar:health"])
    },
  })
}
