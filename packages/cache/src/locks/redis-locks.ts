import type { DriverUrl } from "@ashlar/core"
import {
  type OpenClient,
  RedisLink,
  type RedisOptions,
  redisClients,
  type Script,
  script,
} from "../redis/redis-link.ts"
import type { Attempt, Claim, LockStore } from "./lock-store.ts"

/** KEYS: the lock, the last fence. ARGV: the owner, its time in ms. Gives the fence, or minus the time that is left. */
const ATTEMPT: Script = script(`
local held = redis.call("GET", KEYS[1])
if held then
  local cut = string.find(held, " ", 1, true)
  if string.sub(held, cut + 1) ~= ARGV[1] then return "-" .. redis.call("PTTL", KEYS[1]) end
  redis.call("PEXPIRE", KEYS[1], ARGV[2])
  return string.sub(held, 1, cut - 1)
end
local time = redis.call("TIME")
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local fence = math.max(now, tonumber(redis.call("GET", KEYS[2]) or "0") + 1)
local text = string.format("%.0f", fence)
redis.call("SET", KEYS[2], text, "EX", 3600)
redis.call("SET", KEYS[1], text .. " " .. ARGV[1], "PX", ARGV[2])
return text`)

const EXTEND: Script = script(`
local held = redis.call("GET", KEYS[1])
if held and string.sub(held, string.find(held, " ", 1, true) + 1) == ARGV[1] then return redis.call("PEXPIRE", KEYS[1], ARGV[2]) end
return 0`)

const RELEASE: Script = script(`
local held = redis.call("GET", KEYS[1])
if held and string.sub(held, string.find(held, " ", 1, true) + 1) == ARGV[1] then return redis.call("DEL", KEYS[1]) end
return 0`)

/** Opens locks in one Redis or Valkey. @throws {CACHE_STORE_FAILED} */
export async function open(url: DriverUrl, options: RedisOptions): Promise<LockStore> {
  return await openRedisLocks(url, options, await redisClients())
}
export async function openRedisLocks(
  url: DriverUrl,
  options: RedisOptions,
  openClient: OpenClient,
): Promise<LockStore> {
  return new RedisLocks(await RedisLink.open(url, options, openClient), options.prefix)
}

class RedisLocks implements LockStore {
  readonly #link: RedisLink
  readonly #prefix: string
  readonly #fences: string

  constructor(link: RedisLink, prefix: string) {
    this.#link = link
    this.#prefix = `${prefix}:lock:`
    this.#fences = `${prefix}:fence:`
  }

  async attempt({ name, owner }: Claim, ttlMs: number): Promise<Attempt> {
    const answer = Number(
      await this.#link.run(ATTEMPT, [this.#prefix + name, `${this.#fences}${name}`], [owner, String(ttlMs)]),
    )
    return answer > 0 ? { fence: answer } : { heldForMs: Math.max(1, -answer) }
  }
  async extend({ name, owner }: Claim, ttlMs: number): Promise<boolean> {
    return (await this.#link.run(EXTEND, [this.#prefix + name], [owner, String(ttlMs)])) === 1
  }
  async release({ name, owner }: Claim): Promise<boolean> {
    return (await this.#link.run(RELEASE, [this.#prefix + name], [owner])) === 1
  }
  async close(): Promise<void> {
    this.#link.close()
  }
}
