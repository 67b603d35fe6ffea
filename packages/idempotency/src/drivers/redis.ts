import { type OpenClient, RedisLink, type RedisOptions, type Reply, redisClients, script } from "@ashlar/cache/redis"
import type { DriverUrl } from "@ashlar/core"
import { IdempotencyClosed, IdempotencyStoreFailed } from "../errors.ts"
import type { Begun, Claim, IdempotencyStore } from "../store.ts"

/** KEYS: the claim. ARGV: fingerprint, owner, lease in ms. Gives nothing when it has begun, else what there is. */
const BEGIN = script(`
local at = redis.call("HMGET", KEYS[1], "fingerprint", "owner", "answer")
if not at[2] then
  redis.call("HSET", KEYS[1], "fingerprint", ARGV[1], "owner", ARGV[2])
  redis.call("PEXPIRE", KEYS[1], ARGV[3])
  return {}
end
return { at[1], at[3] and "kept" or "running", at[3] or tostring(redis.call("PTTL", KEYS[1])) }`)

const HELD = `local at = redis.call("HMGET", KEYS[1], "owner", "answer")
if at[1] ~= ARGV[1] or at[2] then return 0 end`

/** ARGV: owner, lease in ms. */
const EXTEND = script(`${HELD}
return redis.call("PEXPIRE", KEYS[1], ARGV[2])`)

/** ARGV: owner, how long in ms, answer. */
const KEEP = script(`${HELD}
redis.call("HSET", KEYS[1], "answer", ARGV[3])
return redis.call("PEXPIRE", KEYS[1], ARGV[2])`)

/** ARGV: owner. */
const END = script(`${HELD}
return redis.call("DEL", KEYS[1])`)

/** Opens claims and answers in one Redis or Valkey. @throws {IDEMPOTENCY_STORE_FAILED} */
export async function open(url: DriverUrl, options: RedisOptions): Promise<IdempotencyStore> {
  return await openRedisStore(url, options, await redisClients())
}
export async function openRedisStore(
  url: DriverUrl,
  options: RedisOptions,
  openClient: OpenClient,
): Promise<IdempotencyStore> {
  try {
    return new RedisStore(await RedisLink.open(url, options, openClient), options.prefix)
  } catch (cause) {
    throw new IdempotencyStoreFailed(`Redis does not answer at ${url}`, { cause })
  }
}

class RedisStore implements IdempotencyStore {
  readonly #link: RedisLink
  readonly #prefix: string
  #isClosed = false

  constructor(link: RedisLink, prefix: string) {
    this.#link = link
    this.#prefix = `${prefix}:idempotency:`
  }

  async begin({ id, fingerprint, owner }: Claim, leaseMs: number): Promise<Begun> {
    const found = (await this.#run(BEGIN, id, [fingerprint, owner, String(leaseMs)])) as readonly string[]
    const [first, state, rest] = found
    if (first === undefined) return { state: "begun" }
    if (state === "kept") return { state: "kept", fingerprint: first, answer: rest! }
    return { state: "running", fingerprint: first, leftMs: Math.max(1, Number(rest)) }
  }
  async extend({ id, owner }: Claim, leaseMs: number): Promise<boolean> {
    return (await this.#run(EXTEND, id, [owner, String(leaseMs)])) === 1
  }
  async keep({ id, owner }: Claim, answer: string, ttlMs: number): Promise<boolean> {
    return (await this.#run(KEEP, id, [owner, String(ttlMs), answer])) === 1
  }
  async end({ id, owner }: Claim): Promise<void> {
    await this.#run(END, id, [owner])
  }
  async close(): Promise<void> {
    this.#isClosed = true
    this.#link.close()
  }

  async #run(what: ReturnType<typeof script>, id: string, args: readonly string[]): Promise<Reply> {
    if (this.#isClosed) throw new IdempotencyClosed()
    try {
      return await this.#link.run(what, [this.#prefix + id], args)
    } catch (cause) {
      throw new IdempotencyStoreFailed("Redis, which keeps the answers of requests, did not do its work", { cause })
    }
  }
}
