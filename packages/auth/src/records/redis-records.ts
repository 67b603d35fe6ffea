import { type OpenClient, RedisLink, type RedisOptions, type Reply, redisClients, script } from "@ashlar/cache/redis"
import type { DriverUrl } from "@ashlar/core"
import { AuthClosed, AuthStoreFailed } from "../errors.ts"
import { MAX_OWNED, type RecordStore, type StoredRecord } from "./record-store.ts"

/*
 * A record is a hash with the time of its end; the records of an owner are a sorted set by that time. The scripts make the names of
 * keys from what they find, so they run on one server or one shard.
 */

/** Adds a record. Needs `base` and its parts. */
const PUT = `local function put(base, key, owner, value, till, version)
  redis.call("HSET", base .. "r:" .. key, "owner", owner, "value", value, "until", till, "version", version)
  redis.call("PEXPIREAT", base .. "r:" .. key, till)
  redis.call("ZADD", base .. "o:" .. owner, till, key)
  local last = redis.call("ZREVRANGE", base .. "o:" .. owner, 0, 0, "WITHSCORES")
  redis.call("PEXPIREAT", base .. "o:" .. owner, string.format("%.0f", last[2]))
end
local function drop(base, key)
  local owner = redis.call("HGET", base .. "r:" .. key, "owner")
  if not owner then return 0 end
  redis.call("DEL", base .. "r:" .. key)
  redis.call("ZREM", base .. "o:" .. owner, key)
  return 1
end`
/** ARGV: key, owner, value, until, version. */
const INSERT = script(`${PUT}
if redis.call("EXISTS", KEYS[1] .. "r:" .. ARGV[1]) == 1 then return 0 end
put(KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5])
return 1`)
/** ARGV: key, value, until, version. */
const CHANGE = script(`${PUT}
local at = redis.call("HMGET", KEYS[1] .. "r:" .. ARGV[1], "owner", "version")
if at[2] ~= ARGV[4] then return 0 end
put(KEYS[1], ARGV[1], at[1], ARGV[2], ARGV[3], tostring(tonumber(ARGV[4]) + 1))
return 1`)
/** ARGV: the key that goes, then as for an insert. */
const REPLACE = script(`${PUT}
if redis.call("EXISTS", KEYS[1] .. "r:" .. ARGV[2]) == 1 then return -1 end
if drop(KEYS[1], ARGV[1]) == 0 then return 0 end
put(KEYS[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6])
return 1`)
/** ARGV: key. */
const REMOVE = script(`${PUT}
return drop(KEYS[1], ARGV[1])`)
/** ARGV: owner, how many at most. */
const LIST = script(`local found = {}
for _, key in ipairs(redis.call("ZREVRANGE", KEYS[1] .. "o:" .. ARGV[1], 0, tonumber(ARGV[2]) - 1)) do
  local at = redis.call("HMGET", KEYS[1] .. "r:" .. key, "owner", "value", "until", "version")
  if at[1] then
    table.insert(found, key)
    for part = 1, 4 do table.insert(found, at[part]) end
  else
    redis.call("ZREM", KEYS[1] .. "o:" .. ARGV[1], key)
  end
end
return found`)
/** ARGV: owner, the key that stays. */
const REMOVE_OWNED = script(`${PUT}
local count = 0
for _, key in ipairs(redis.call("ZRANGE", KEYS[1] .. "o:" .. ARGV[1], 0, -1)) do
  if key ~= ARGV[2] then count = count + drop(KEYS[1], key) end
end
return count`)

const PARTS = 5

/** Opens records in one Redis or Valkey. @throws {AUTH_STORE_FAILED} */
export async function openRedisRecords(
  url: DriverUrl,
  options: RedisOptions & { readonly name: string },
  openClient?: OpenClient,
): Promise<RecordStore> {
  try {
    const link = await RedisLink.open(url, options, openClient ?? (await redisClients()))
    return new RedisRecords(link, `${options.prefix}:${options.name}:`)
  } catch (cause) {
    throw new AuthStoreFailed(`Redis does not answer at ${url}`, { cause })
  }
}

class RedisRecords implements RecordStore {
  readonly #link: RedisLink
  readonly #base: string
  #isClosed = false

  constructor(link: RedisLink, base: string) {
    this.#link = link
    this.#base = base
  }

  async insert(record: StoredRecord): Promise<void> {
    if ((await this.#run(INSERT, texts(record))) !== 1) throw new AuthStoreFailed("There is a record of this key.")
  }
  async find(key: string): Promise<StoredRecord | undefined> {
    const fields = ["owner", "value", "until", "version"]
    const found = await this.#do((link) => link.send("HMGET", `${this.#base}r:${key}`, ...fields))
    const [owner] = found as readonly (string | null)[]
    return owner === null ? undefined : fromTexts([key, ...(found as readonly string[])])
  }
  async change({ key, value, untilMs, version }: StoredRecord): Promise<boolean> {
    return (await this.#run(CHANGE, [key, value, String(untilMs), String(version)])) === 1
  }
  async replace(key: string, record: StoredRecord): Promise<boolean> {
    const done = await this.#run(REPLACE, [key, ...texts(record)])
    if (done === -1) throw new AuthStoreFailed("There is a record of this key.")
    return done === 1
  }
  async remove(key: string): Promise<boolean> {
    return (await this.#run(REMOVE, [key])) === 1
  }
  async list(owner: string): Promise<readonly StoredRecord[]> {
    const flat = (await this.#run(LIST, [owner, String(MAX_OWNED)])) as readonly string[]
    return Array.from({ length: flat.length / PARTS }, (_, at) => fromTexts(flat.slice(at * PARTS, (at + 1) * PARTS)))
  }
  async removeOwned(owner: string, exceptKey = ""): Promise<number> {
    return Number(await this.#run(REMOVE_OWNED, [owner, exceptKey]))
  }
  async close(): Promise<void> {
    this.#isClosed = true
    this.#link.close()
  }

  async #run(what: ReturnType<typeof script>, args: readonly string[]): Promise<Reply> {
    return await this.#do((link) => link.run(what, [this.#base], args))
  }
  async #do(work: (link: RedisLink) => Promise<Reply>): Promise<Reply> {
    if (this.#isClosed) throw new AuthClosed()
    try {
      return await work(this.#link)
    } catch (cause) {
      throw new AuthStoreFailed("Redis, which keeps what people sign in with, did not do its work", { cause })
    }
  }
}

function texts({ key, owner, value, untilMs, version }: StoredRecord): readonly string[] {
  return [key, owner, value, String(untilMs), String(version)]
}

function fromTexts(texts: readonly string[]): StoredRecord {
  const [key, owner, value, untilMs, version] = texts as [string, string, string, string, string]
  return { key, owner, value, untilMs: Number(untilMs), version: Number(version) }
}
