import { type Script, script } from "@ashlar/cache/redis"

/** Appends records, all at once. KEYS: streams. ARGV: the length that streams are kept at; then for each its stream, text and only group. */
export const APPEND: Script = script(`
local at = 2
while ARGV[at] do
  local key = KEYS[tonumber(ARGV[at])]
  if ARGV[at + 2] == '' then
    redis.call('XADD', key, 'MAXLEN', '~', ARGV[1], '*', 'e', ARGV[at + 1])
  else
    redis.call('XADD', key, 'MAXLEN', '~', ARGV[1], '*', 'e', ARGV[at + 1], 'only', ARGV[at + 2])
  end
  at = at + 3
end
return 1`)

/** Says that a member lives, and holds what it has. KEYS: members, lanes. ARGV: member, lease. */
export const BEAT: Script = script(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. (now - ARGV[2]))
local held, free = {}, {}
for at = 2, #KEYS do
  local owner = redis.call('GET', KEYS[at])
  if owner == ARGV[1] then
    redis.call('PEXPIRE', KEYS[at], ARGV[2])
    held[#held + 1] = at - 2
  elseif not owner then
    free[#free + 1] = at - 2
  end
end
return { redis.call('ZRANGE', KEYS[1], 0, -1), held, free }`)

/**
 * Gives a member what is next in the streams that it holds: whoever was asleep for longer than its lease gets nothing. KEYS: lane and stream
 * of each. ARGV: group, member, how many of each.
 */
export const TAKE: Script = script(`
local taken = {}
for at = 1, #KEYS, 2 do
  if redis.call('GET', KEYS[at]) == ARGV[2] then
    local got = redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', ARGV[3], 'STREAMS', KEYS[at + 1], '>')
    if got then taken[#taken + 1] = got[1] end
  end
end
return taken`)

/** KEYS: lane. ARGV: member. */
export const RELEASE: Script = script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`)

/** Keeps a dead letter, and is done with its event. KEYS: letters, their ids, stream. ARGV: group, entry, id, letter. */
export const BURY: Script = script(`
redis.call('HSET', KEYS[1], ARGV[3], ARGV[4])
redis.call('ZADD', KEYS[2], 0, ARGV[3])
return redis.call('XACK', KEYS[3], ARGV[1], ARGV[2])`)

/** Hands letters to their group again. KEYS: letters, their ids, streams. ARGV: group, the length of streams, ids. */
export const REDRIVE: Script = script(`
local count = 0
for at = 3, #ARGV do
  local text = redis.call('HGET', KEYS[1], ARGV[at])
  if text then
    local letter = cjson.decode(text)
    redis.call('XADD', KEYS[3 + letter.part], 'MAXLEN', '~', ARGV[2], '*', 'e', letter.text, 'only', ARGV[1])
    redis.call('HDEL', KEYS[1], ARGV[at])
    redis.call('ZREM', KEYS[2], ARGV[at])
    count = count + 1
  end
end
return count`)
