import { type OpenClient, RedisLink, type RedisOptions, type Reply, redisClients, script } from "@ashlar/cache/redis"
import type { Clock, DriverUrl } from "@ashlar/core"
import { SchedulerClosed, SchedulerStoreFailed, storeFailure } from "../errors.ts"
import type { Ended, ScheduleState } from "../state.ts"
import type { Decide, SchedulerStore, Snapshot } from "../store.ts"

/** KEYS: all states. Gives the time in ms, and a list of names and states in turn. ARGV: one name, or none for all. */
const READ = script(`
local time = redis.call("TIME")
local now = string.format("%.0f", tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000))
if ARGV[1] == "" then return { now, redis.call("HGETALL", KEYS[1]) } end
local state = redis.call("HGET", KEYS[1], ARGV[1])
return { now, { ARGV[1], state or "" } }`)

/** KEYS: all states, the runs of one. ARGV: its name, its state as it was read, its next state, how many runs stay, runs that ended. */
const WRITE = script(`
if (redis.call("HGET", KEYS[1], ARGV[1]) or "") ~= ARGV[2] then return 0 end
redis.call("HSET", KEYS[1], ARGV[1], ARGV[3])
for at = 5, #ARGV do redis.call("LPUSH", KEYS[2], ARGV[at]) end
redis.call("LTRIM", KEYS[2], 0, tonumber(ARGV[4]) - 1)
return 1`)

const REMOVE = script(`
redis.call("DEL", KEYS[2])
return redis.call("HDEL", KEYS[1], ARGV[1])`)

/** Tries to change what another changed meanwhile. Of all who try at once one gets through. */
const MAX_TRIES = 200
const MAX_PAUSE_MS = 50

/** Opens schedules in one Redis or Valkey. @throws {SCHEDULER_STORE_FAILED} */
export async function open(url: DriverUrl, options: RedisOptions): Promise<SchedulerStore> {
  return await openRedis(url, options, await redisClients())
}
export async function openRedis(
  url: DriverUrl,
  options: RedisOptions,
  openClient: OpenClient,
  clock?: Clock,
): Promise<SchedulerStore> {
  try {
    return new RedisStore(await RedisLink.open(url, options, openClient), options.prefix, clock)
  } catch (cause) {
    throw new SchedulerStoreFailed("Redis does not answer", { cause })
  }
}

/** A field of a hash for each schedule, written if it is still what the decision was made by. */
class RedisStore implements SchedulerStore {
  readonly #link: RedisLink
  readonly #states: string
  readonly #clock: Clock | undefined
  #isClosed = false

  constructor(link: RedisLink, prefix: string, clock: Clock | undefined) {
    this.#link = link
    // In braces: one slot of a cluster for all of them.
    this.#states = `{${prefix}:schedules}`
    this.#clock = clock
  }

  async read(prefix: string): Promise<Snapshot> {
    const { nowMs, texts } = await this.#look("")
    const known = [...texts].filter(([key, text]) => key.startsWith(prefix) && text !== "")
    return { nowMs, states: new Map(known.map(([key, text]) => [key, JSON.parse(text) as ScheduleState])) }
  }
  async change<R>(key: string, keep: number, decide: Decide<R>): Promise<R> {
    for (let attempt = 1; attempt <= MAX_TRIES; attempt++) {
      const { nowMs, texts } = await this.#look(key)
      const text = texts.get(key) ?? ""
      const { answer, next, ended = [] } = decide(text === "" ? undefined : (JSON.parse(text) as ScheduleState), nowMs)
      if (next === undefined) return answer
      const runs = ended.map((run) => JSON.stringify(run))
      const written = await this.#run(WRITE, this.#keys(key), [key, text, JSON.stringify(next), String(keep), ...runs])
      if (written === 1) return answer
      await new Promise((done) => setTimeout(done, Math.random() * Math.min(attempt, MAX_PAUSE_MS)))
    }
    throw new SchedulerStoreFailed(`Others changed the schedule ${MAX_TRIES} times while this was tried`)
  }
  async history(key: string, limit: number): Promise<readonly Ended[]> {
    const runs = (await this.#do(() =>
      this.#link.send("LRANGE", this.#keys(key)[1]!, "0", String(limit - 1)),
    )) as string[]
    return runs.map((run) => JSON.parse(run) as Ended)
  }
  async remove(key: string): Promise<boolean> {
    return (await this.#run(REMOVE, this.#keys(key), [key])) === 1
  }
  async close(): Promise<void> {
    this.#isClosed = true
    this.#link.close()
  }

  #keys(key: string): readonly [string, string] {
    return [this.#states, `${this.#states}:${key}`]
  }
  async #look(key: string): Promise<{ readonly nowMs: number; readonly texts: ReadonlyMap<string, string> }> {
    const [now, rest] = (await this.#run(READ, [this.#states], [key])) as readonly [string, readonly string[]]
    const texts = new Map<string, string>()
    for (let at = 0; at < rest.length; at += 2) texts.set(rest[at]!, rest[at + 1]!)
    return { nowMs: this.#clock?.now() ?? Number(now), texts }
  }
  #run(text: typeof READ, keys: readonly string[], args: readonly string[]): Promise<Reply> {
    return this.#do(() => this.#link.run(text, keys, args))
  }
  async #do<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new SchedulerClosed()
    try {
      return await work()
    } catch (cause) {
      throw storeFailure(cause, "Redis did not do its work")
    }
  }
}
