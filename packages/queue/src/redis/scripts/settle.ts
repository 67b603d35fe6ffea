import { type Script, script } from "@ashlar/cache/redis"
import { BASE } from "./base.ts"
import { BATCHES } from "./batches.ts"
import { CLAIMING } from "./claim.ts"

/**
 * Ends runs, and takes other jobs in their place. ARGV: time, the error of a job whose child failed, how many outcomes; of each what became
 * of it (`d` done and nothing is kept, `c` completed, `f` failed, `r` retry, `l` released), its id, mark, kind, delay, and output or error; then
 * what `claimArguments` writes, or nothing. Gives `1` or `0` for each outcome, and what `claim` gives.
 */
export const SETTLE: Script = script(`${BASE}${BATCHES}${CLAIMING}
local childFailed, count = ARGV[2], tonumber(ARGV[3])
local ids = {}
for at = 4, 3 + count * 6, 6 do ids[#ids + 1] = ARGV[at + 1] end
local marks = call("HMGET", H .. "held", unpack(ids))
local kept, over, left, dropped, others, places = {}, {}, {}, {}, {}, {}
local held = {}
for index, id in ipairs(ids) do
  local at = index * 6 - 2
  local kind, name = ARGV[at], ARGV[at + 3]
  if marks[index] == ARGV[at + 2] and not over[id] then
    over[id] = true
    kept[index] = "1"
    held[#held + 1] = id
    push(left, name, id)
    if kind == "d" then push(dropped, name, id) else others[#others + 1] = at end
    if kind == "d" or kind == "c" then places[name] = (places[name] or 0) + 1 end
  else
    kept[index] = "0"
  end
end
if #held > 0 then many("HDEL", H .. "held", held) end
for name, list in pairs(left) do many("ZREM", H .. "leases/" .. name, list) end
for name, list in pairs(dropped) do forget(name, list) end
for _, at in ipairs(others) do
  local kind, mark, delay, text = ARGV[at], ARGV[at + 2], tonumber(ARGV[at + 4]), ARGV[at + 5]
  local job = read(ARGV[at + 1])
  if job then
    local attempt = tonumber(string.match(mark, "^%d+"))
    vacate(job)
    if kind == "c" then
      finish(job, "completed", text, attempt)
    elseif kind == "f" then
      finish(job, "failed", text, attempt)
    elseif kind == "r" then
      call("HSET", H .. "error", job.id, text)
      later(job, attempt, delay)
    else
      call("HSET", H .. "again", job.id, (attempt - 1) .. "/" .. now)
      wait(job.name, job.stream, { job.id }, true)
    end
  end
end
countEnded(childFailed)
local at = 4 + count * 6
return { table.concat(kept), ARGV[at] and claim(at, places) or { 0, {}, 0 } }`)

/** Holds jobs for longer. ARGV: time, lease; of each job its id, mark, kind, and progress or "". Gives `1` or `0` for each. */
export const EXTEND: Script = script(`${BASE}
local kept = {}
for at = 3, #ARGV, 4 do
  local id, mark, name, progress = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local isHeld = call("HGET", H .. "held", id) == mark
  kept[#kept + 1] = isHeld and "1" or "0"
  if isHeld then
    -- A server that is full refuses a script whose first write needs room.
    call("ZREM", H .. "leases/" .. name, id)
    call("ZADD", H .. "leases/" .. name, now + ARGV[2], id)
    if progress ~= "" then call("HSET", H .. "progress", id, progress) end
  end
end
return table.concat(kept)`)
