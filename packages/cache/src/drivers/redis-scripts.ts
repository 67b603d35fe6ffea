import { type Script, script } from "../redis/redis-link.ts"

/*
 * The state of a tag is a name that nobody else makes. An entry remembers the states of its tags as they were, and is there only
 * while they are the same: to invalidate a tag is to forget its state, at once for all its entries, whatever their number. A state
 * that the server lost hides entries, and never brings one back.
 */

/** KEYS: the entry, its lease, its tags. ARGV: the text, its time to live in ms or "", a new state for each tag. */
export const SET: Script = script(`
local states = {}
for i = 3, #KEYS do
  local state = redis.call("GET", KEYS[i])
  if not state then
    state = ARGV[i]
    redis.call("SET", KEYS[i], state)
    if ARGV[2] ~= "" then redis.call("PEXPIRE", KEYS[i], ARGV[2]) end
  elseif ARGV[2] == "" then redis.call("PERSIST", KEYS[i])
  else
    local left = redis.call("PTTL", KEYS[i])
    if left >= 0 and left < tonumber(ARGV[2]) then redis.call("PEXPIRE", KEYS[i], ARGV[2]) end
  end
  states[#states + 1] = state
end
local text = table.concat(states, ",") .. "\\n" .. ARGV[1]
if ARGV[2] == "" then redis.call("SET", KEYS[1], text) else redis.call("SET", KEYS[1], text, "PX", ARGV[2]) end
redis.call("DEL", KEYS[2])
return 1`)

/** KEYS: the lease, the tags. ARGV: its token, its time in ms, a new state for each tag. Gives the states, or nothing. */
export const BEGIN: Script = script(`
if not redis.call("SET", KEYS[1], ARGV[1], "NX", "PX", ARGV[2]) then return false end
local states = {}
for i = 2, #KEYS do
  local state = redis.call("GET", KEYS[i])
  if not state then
    state = ARGV[i + 1]
    redis.call("SET", KEYS[i], state, "PX", ARGV[2])
  else
    local left = redis.call("PTTL", KEYS[i])
    if left >= 0 and left < tonumber(ARGV[2]) then redis.call("PEXPIRE", KEYS[i], ARGV[2]) end
  end
  states[#states + 1] = state
end
return states`)

/** KEYS: the entry, its lease, its tags. ARGV: the text, its time to live in ms or "", the token, the state of each tag. */
export const FILL: Script = script(`
if redis.call("GET", KEYS[2]) ~= ARGV[3] then return 0 end
redis.call("DEL", KEYS[2])
local states = {}
for i = 3, #KEYS do
  if redis.call("GET", KEYS[i]) ~= ARGV[i + 1] then return 0 end
  states[#states + 1] = ARGV[i + 1]
end
for i = 3, #KEYS do
  if ARGV[2] == "" then redis.call("PERSIST", KEYS[i])
  else
    local left = redis.call("PTTL", KEYS[i])
    if left >= 0 and left < tonumber(ARGV[2]) then redis.call("PEXPIRE", KEYS[i], ARGV[2]) end
  end
end
local text = table.concat(states, ",") .. "\\n" .. ARGV[1]
if ARGV[2] == "" then redis.call("SET", KEYS[1], text) else redis.call("SET", KEYS[1], text, "PX", ARGV[2]) end
return 1`)

/** KEYS: the lease. ARGV: its token. */
export const END: Script = script(`
if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end
return 0`)
