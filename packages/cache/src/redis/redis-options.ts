import type { StandardSchemaV1 } from "@ashlar/core"
import { v } from "@ashlar/validation"
import type { RedisOptions } from "./redis-link.ts"

type Schemas = { readonly [K in keyof RedisOptions]: StandardSchemaV1<unknown, RedisOptions[K]> }

/** What a `redis:` URL may say, whatever is kept there. */
export const redisOptions: Schemas = {
  prefix: v.string().min(1).max(64).default("ashlar"),
  connectTimeoutMs: v.integer().min(1).max(60_000).default(5_000),
  commandTimeoutMs: v.integer().min(1).max(60_000).default(2_000),
}
