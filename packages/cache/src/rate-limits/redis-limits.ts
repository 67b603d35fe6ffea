import type { Clock, DriverUrl } from "@ashlar/core"
import {
  type OpenClient,
  RedisLink,
  type RedisOptions,
  redisClients,
  type Script,
  script,
} from "../redis/redis-link.ts"
import { PARTS, type RateLimitResult, type Wanted } from "./algorithms.ts"
import type { LimitStore } from "./limit-store.ts"

/** The server's time, or that of a test. */
const NOW = `
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call("TIME")
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end`

/** KEYS: a hash of uses by part. ARGV: the time or "", the cost, the limit, the window in ms. */
const WINDOW: Script = script(`${NOW}
local cost, limit, window = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local partMs = window / ${PARTS}
local part = math.floor(now / partMs)
local flat = redis.call("HGETALL", KEYS[1])
local parts, counts, used = {}, {}, 0
for i = 1, #flat, 2 do
  local at = tonumber(flat[i])
  if at > part then part = at end
  parts[#parts + 1] = at
  counts[at] = tonumber(flat[i + 1])
end
table.sort(parts)
local live = {}
for _, at in ipairs(parts) do
  if at < part - ${PARTS} then redis.call("HDEL", KEYS[1], string.format("%.0f", at))
  else
    live[#live + 1] = at
    used = used + counts[at]
  end
end
local allowed = used + cost <= limit
if allowed and cost > 0 then
  redis.call("HINCRBY", KEYS[1], string.format("%.0f", part), cost)
  redis.call("PEXPIRE", KEYS[1], math.ceil(window + 2 * partMs))
  used = used + cost
  if live[#live] ~= part then live[#live + 1] = part end
  counts[part] = (counts[part] or 0) + cost
end
local function freeAfter(most)
  local left = 0
  for i = #live, 1, -1 do
    left = left + counts[live[i]]
    if left > most then return live[i] + ${PARTS} + 1 end
  end
  return 0
end
local reset, retry = 0, 0
if used > 0 then reset = freeAfter(0) * partMs - now end
if not allowed then retry = math.max(1, freeAfter(limit - cost) * partMs - now) end
return {allowed and 1 or 0, limit - used, string.format("%.17g", reset), string.format("%.17g", retry)}`)

/** KEYS: a hash of tokens and their time. ARGV: the time or "", the cost, the limit, the tokens in a ms. */
const BUCKET: Script = script(`${NOW}
local cost, limit, perMs = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local state = redis.call("HMGET", KEYS[1], "tokens", "at")
local at = math.max(now, tonumber(state[2] or "0"))
local had = limit
if state[1] then had = math.min(limit, tonumber(state[1]) + (at - tonumber(state[2])) * perMs) end
local allowed = had >= cost
local tokens = had
if allowed then tokens = had - cost end
if allowed and cost > 0 then
  redis.call("HSET", KEYS[1], "tokens", string.format("%.17g", tokens), "at", string.format("%.0f", at))
  redis.call("PEXPIRE", KEYS[1], math.ceil(limit / perMs) + 1000)
end
local retry = 0
if not allowed then retry = math.max(1, math.ceil((cost - had) / perMs)) end
return {allowed and 1 or 0, math.floor(tokens), string.format("%.17g", math.ceil((limit - tokens) / perMs)), string.format("%.17g", retry)}`)

/** Opens limits in Redis or Valkey. @throws {CACHE_STORE_FAILED} */
export async function open(url: DriverUrl, options: RedisOptions): Promise<LimitStore> {
  return await openRedisLimits(url, options, { openClient: await redisClients() })
}
export async function openRedisLimits(
  url: DriverUrl,
  options: RedisOptions,
  { openClient, clock }: { readonly openClient: OpenClient; readonly clock?: Clock },
): Promise<LimitStore> {
  return new RedisLimits(await RedisLink.open(url, options, openClient), options.prefix, clock)
}

class RedisLimits implements LimitStore {
  readonly #link: RedisLink
  readonly #prefix: string
  readonly #clock: Clock | undefined

  constructor(link: RedisLink, prefix: string, clock: Clock | undefined) {
    this.#link = link
    this.#prefix = `${prefix}:limit:`
    this.#clock = clock
  }

  async take(name: string, { rule, cost }: Wanted): Promise<RateLimitResult> {
    const { kind, limit } = rule
    const rate = rule.kind === "window" ? rule.windowMs : rule.perMs
    const now = this.#clock === undefined ? "" : String(this.#clock.now())
    const args = [now, String(cost), String(limit), String(rate)]
    const reply = (await this.#link.run(kind === "window" ? WINDOW : BUCKET, [this.#prefix + name], args)) as (
      | number
      | string
    )[]
    const [allowed, remaining, resetMs, retryAfterMs] = reply.map(Number) as [number, number, number, number]
    return { allowed: allowed === 1, limit, remaining, resetMs, retryAfterMs }
  }
  async reset(name: string): Promise<void> {
    await this.#link.send("DEL", this.#prefix + name)
  }
  async close(): Promise<void> {
    this.#link.close()
  }
}
