import type { IRedisClient } from "bullmq"

/* What BullMQ has no words for. All keys of a queue are in one slot of a cluster. */

/**
 * KEYS: the unique key. ARGV: the new job `id lane`, ms for which it is only promised, the prefix of BullMQ's keys. Gives "" where the key is
 * free, and now promised; "?" where another is being pushed; or the id of the job that has it.
 */
const RESERVE: string = `
local held = redis.call("GET", KEYS[1])
if held then
  if string.sub(held, 1, 1) == "?" then return "?" end
  local id, lane = string.match(held, "^(%S+) (.+)$")
  local job = ARGV[3] .. lane .. ":" .. id
  local isTimed = redis.call("PTTL", KEYS[1]) > 0
  if isTimed or (redis.call("EXISTS", job) == 1 and redis.call("HEXISTS", job, "finishedOn") == 0) then return id end
end
redis.call("SET", KEYS[1], "?" .. ARGV[1], "PX", ARGV[2])
return ""`

/** KEYS: the unique key. ARGV: `id lane`, ms that it holds or 0. */
const CONFIRM: string = `
if ARGV[2] == "0" then redis.call("SET", KEYS[1], ARGV[1]) else redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2]) end
return 1`

/** KEYS: the unique key, the job. ARGV: `id lane`, 1 if it need not have ended. Frees the key. */
const FREE: string = `
local held = redis.call("GET", KEYS[1])
if held ~= ARGV[1] and held ~= "?" .. ARGV[1] then return 0 end
if ARGV[2] == "1" or redis.call("EXISTS", KEYS[2]) == 0 or redis.call("HEXISTS", KEYS[2], "finishedOn") == 1 then
  return redis.call("DEL", KEYS[1])
end
return 0`

/** KEYS: the job. ARGV: the token of its lock. Takes back that it was begun. */
const UNCOUNT: string = `
if redis.call("GET", KEYS[1] .. ":lock") == ARGV[1] then return redis.call("HINCRBY", KEYS[1], "ats", -1) end
return -1`

/** Their names among the client's commands. */
export type ScriptName = "ashlarReserve" | "ashlarConfirm" | "ashlarFree" | "ashlarUncount"

const SCRIPTS: Readonly<Record<ScriptName, { readonly numberOfKeys: number; readonly lua: string }>> = {
  ashlarReserve: { numberOfKeys: 1, lua: RESERVE },
  ashlarConfirm: { numberOfKeys: 1, lua: CONFIRM },
  ashlarFree: { numberOfKeys: 2, lua: FREE },
  ashlarUncount: { numberOfKeys: 1, lua: UNCOUNT },
}

export function defineScripts(client: IRedisClient): void {
  for (const [name, script] of Object.entries(SCRIPTS)) client.defineCommand(name, script)
}
