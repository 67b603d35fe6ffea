import { createDrivers, type Driver, defineDriver } from "./drivers.ts"
import type { StandardSchemaV1 } from "./standard-schema.ts"

interface Cache {
  get(key: string): string | undefined
}
declare const seconds: StandardSchemaV1<unknown, number>
const cache: Cache = { get: () => undefined }

// The options that `open` gets are what the schemas give out.
export const memory: Driver<Cache> = defineDriver<Cache>()({
  schemes: ["memory"],
  options: { ttlSeconds: seconds },
  guarantees: { ttl: true },
  load: async () => ({
    open(_url, options) {
      const ttlSeconds: number = options.ttlSeconds
      // @ts-expect-error no such option
      void options.ttl
      return ttlSeconds > 0 ? cache : cache
    },
  }),
})

export const opened: Promise<Cache> = createDrivers("cache", [memory]).open("memory:")

export const wrong: Driver<Cache> = defineDriver<Cache>()({
  schemes: ["memory"],
  options: {},
  guarantees: {},
  // @ts-expect-error what it opens is no cache
  load: async () => ({ open: () => ({ set: () => undefined }) }),
})
