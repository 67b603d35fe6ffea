import { createHash } from "node:crypto"
import {
  type OpenClient,
  RedisLink,
  type RedisOptions,
  type Reply,
  redisClients,
  type Script,
  script,
} from "@ashlar/cache/redis"
import type { Clock, DriverUrl } from "@ashlar/core"
import { AuthClosed, AuthStoreFailed } from "../../errors.ts"
import { checkProof } from "../check-proof.ts"
import type { Proof, ProofStore } from "../proof-store.ts"

const MAX_LISTED = 1_000
/** Kept on by the server, whose clock is not ours, and not found any more by then. */
const GRACE_MS = 60_000

const ALIVE = `local function alive(key)
  local at = redis.call("HMGET", key, "user", "counter", "data", "created", "expires")
  if at[1] and (at[5] == "" or tonumber(at[5]) > tonumber(ARGV[1])) then return at end
end
`
/** KEYS: the proof, its user's names. ARGV: now, its time to live or "", its name, the prefix, then its fields. */
const ADD = script(`${ALIVE}
if alive(KEYS[1]) then return 0 end
redis.call("DEL", KEYS[1])
redis.call("HSET", KEYS[1], "user", ARGV[5], "counter", ARGV[6], "data", ARGV[7], "created", ARGV[8], "expires", ARGV[9])
if ARGV[2] ~= "" then redis.call("PEXPIRE", KEYS[1], ARGV[2]) end
for _, name in ipairs(redis.call("SRANDMEMBER", KEYS[2], 4)) do
  if redis.call("EXISTS", ARGV[4] .. name) == 0 then redis.call("SREM", KEYS[2], name) end
end
return redis.call("SADD", KEYS[2], ARGV[3]) and 1`)

/** KEYS: the proof. ARGV: now. */
const FIND = script(`${ALIVE} return alive(KEYS[1]) or {}`)

/** KEYS: the proof. ARGV: now, the counter. */
const RAISE = script(`${ALIVE}
local at = alive(KEYS[1])
if not at or tonumber(at[2]) >= tonumber(ARGV[2]) then return 0 end
redis.call("HSET", KEYS[1], "counter", ARGV[2])
return 1`)

/** KEYS: the proof. ARGV: now, the most. */
const COUNT = script(`${ALIVE}
local at = alive(KEYS[1])
if not at or tonumber(at[2]) >= tonumber(ARGV[2]) then return 0 end
redis.call("HINCRBY", KEYS[1], "counter", 1)
return 1`)

/** KEYS: the proof. ARGV: now, from, to. */
const REPLACE = script(`${ALIVE}
local at = alive(KEYS[1])
if not at or at[3] ~= ARGV[2] then return 0 end
redis.call("HSET", KEYS[1], "data", ARGV[3])
return 1`)

/** KEYS: the proof. ARGV: now. */
const TAKE = script(`${ALIVE}
local at = alive(KEYS[1])
redis.call("DEL", KEYS[1])
return at or {}`)

/** KEYS: the user's names. ARGV: the prefix. Gives names that are there, and forgets the others. */
const NAMES = script(`local found = {}
for _, name in ipairs(redis.call("SMEMBERS", KEYS[1])) do
  if redis.call("EXISTS", ARGV[1] .. name) == 1 then found[#found + 1] = name else redis.call("SREM", KEYS[1], name) end
end
return found`)

/** Opens proofs in one Redis or Valkey. @throws {AUTH_STORE_FAILED} */
export async function openRedisProofs(
  url: DriverUrl,
  options: RedisOptions,
  { clock, openClient }: { readonly clock: Clock; readonly openClient?: OpenClient },
): Promise<ProofStore> {
  try {
    return new RedisProofs(
      await RedisLink.open(url, options, openClient ?? (await redisClients())),
      options.prefix,
      clock,
    )
  } catch (cause) {
    throw new AuthStoreFailed(`Redis does not answer at ${url}`, { cause })
  }
}

class RedisProofs implements ProofStore {
  readonly #link: RedisLink
  readonly #prefix: string
  readonly #users: string
  readonly #clock: Clock
  #isClosed = false

  constructor(link: RedisLink, prefix: string, clock: Clock) {
    this.#link = link
    this.#prefix = `${prefix}:auth:proof:`
    this.#users = `${prefix}:auth:user:`
    this.#clock = clock
  }

  async add(proof: Proof): Promise<boolean> {
    checkProof(proof)
    const { kind, id, userId, counter, data, createdMs, expiresMs } = proof
    const nowMs = this.#clock.now()
    const ttl = expiresMs === undefined ? "" : String(Math.max(1, expiresMs - nowMs) + GRACE_MS)
    const name = `${kind}:${id}`
    const fields = [userId, String(counter), data, String(createdMs), expiresMs === undefined ? "" : String(expiresMs)]
    const keys = [this.#prefix + name, this.#userKey(userId)]
    return (await this.#run(ADD, keys, [String(nowMs), ttl, name, this.#prefix, ...fields])) === 1
  }
  async find(kind: string, id: string): Promise<Proof | undefined> {
    return toProof(kind, id, await this.#on(FIND, kind, id))
  }
  async list(userId: string, kind?: string): Promise<readonly Proof[]> {
    const names = (await this.#run(NAMES, [this.#userKey(userId)], [this.#prefix])) as readonly string[]
    const wanted = names.filter((name) => kind === undefined || name.startsWith(`${kind}:`))
    const found = await Promise.all(wanted.map((name) => this.find(...split(name))))
    return found
      .filter((proof) => proof !== undefined)
      .filter((proof) => proof.userId === userId)
      .toSorted((a, b) => a.createdMs - b.createdMs || (a.id < b.id ? -1 : 1))
      .slice(0, MAX_LISTED)
  }
  async raise(kind: string, id: string, counter: number): Promise<boolean> {
    return (await this.#on(RAISE, kind, id, String(counter))) === 1
  }
  async count(kind: string, id: string, max: number): Promise<boolean> {
    return (await this.#on(COUNT, kind, id, String(max))) === 1
  }
  async replace(kind: string, id: string, { from, to }: { from: string; to: string }): Promise<boolean> {
    checkProof({ kind, id, userId: "-", counter: 0, data: to, createdMs: 0, expiresMs: undefined })
    return (await this.#on(REPLACE, kind, id, from, to)) === 1
  }
  async take(kind: string, id: string): Promise<Proof | undefined> {
    return toProof(kind, id, await this.#on(TAKE, kind, id))
  }
  async removeAll(userId: string, kinds?: readonly string[]): Promise<number> {
    let removed = 0
    // As many as are listed at once, until there are none.
    for (;;) {
      const found = (await this.list(userId)).filter(({ kind }) => kinds === undefined || kinds.includes(kind))
      const taken = await Promise.all(found.map(({ kind, id }) => this.take(kind, id)))
      removed += taken.filter((proof) => proof !== undefined).length
      if (found.length < MAX_LISTED) return removed
    }
  }
  async close(): Promise<void> {
    this.#isClosed = true
    this.#link.close()
  }

  #userKey(userId: string): string {
    return this.#users + createHash("sha256").update(userId).digest("hex")
  }
  #on(what: Script, kind: string, id: string, ...args: readonly string[]): Promise<Reply> {
    return this.#run(what, [`${this.#prefix}${kind}:${id}`], [String(this.#clock.now()), ...args])
  }
  async #run(what: Script, keys: readonly string[], args: readonly string[]): Promise<Reply> {
    if (this.#isClosed) throw new AuthClosed()
    try {
      return await this.#link.run(what, keys, args)
    } catch (cause) {
      throw new AuthStoreFailed("Redis, which keeps proofs, did not do its work", { cause })
    }
  }
}

function split(name: string): [string, string] {
  const at = name.indexOf(":")
  return [name.slice(0, at), name.slice(at + 1)]
}

function toProof(kind: string, id: string, reply: Reply): Proof | undefined {
  const [userId, counter, data, created, expires] = reply as readonly string[]
  if (userId === undefined) return undefined
  const expiresMs = expires === "" ? undefined : Number(expires)
  return { kind, id, userId, counter: Number(counter), data: data!, createdMs: Number(created), expiresMs }
}
