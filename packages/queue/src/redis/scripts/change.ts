import { type Script, script } from "@ashlar/cache/redis"
import { BASE } from "./base.ts"
import { BATCHES } from "./batches.ts"
import { STATE } from "./look.ts"

/**
 * Takes away jobs that no worker has. ARGV: time, the error of a job whose child failed, the error of a removed child, a state or "" for
 * any, a kind or "" for any, ids. Gives how many.
 */
export const REMOVE: Script = script(`${BASE}${BATCHES}${STATE}
-- A long list is not searched: what is no job any more is passed over where it comes first.
local function leave(job)
  local list = H .. "wait/" .. job.name .. "/" .. job.stream
  if call("LLEN", list) <= 1000 then call("LREM", list, 1, job.id) end
end
local function trim(job)
  local list = H .. "wait/" .. job.name .. "/" .. job.stream
  for _ = 1, 20 do
    local ids = call("LRANGE", list, 0, 99)
    local gone = 0
    if #ids > 0 then
      for at, record in ipairs(call("HMGET", H .. "jobs", unpack(ids))) do
        if record then break end
        gone = at
      end
    end
    if gone > 0 then call("LTRIM", list, gone, -1) end
    if gone < 100 then break end
  end
  if call("EXISTS", list) == 1 then return end
  call("ZREM", H .. "order/" .. job.name, job.stream)
  local parked = H .. "parked/" .. job.name
  local priorities = call("HGET", parked, job.group)
  if not priorities then return end
  local others = {}
  for priority in string.gmatch(priorities, "%-?%d+") do
    if priority ~= job.priority then others[#others + 1] = priority end
  end
  if #others == 0 then call("HDEL", parked, job.group) else call("HSET", parked, job.group, table.concat(others, " ")) end
end

local count, streams = 0, {}
for at = 6, #ARGV do
  local job = read(ARGV[at])
  if job and (ARGV[5] == "" or ARGV[5] == job.name) then
    local state = stateOf(job)
    if state ~= "active" and (ARGV[4] == "" or ARGV[4] == state) then
      count = count + 1
      local isOver = state == "completed" or state == "failed"
      if isOver then call("ZREM", H .. state .. "-ids/" .. job.name, job.id) end
      if isOver or state == "delayed" or state == "blocked" then
        call("ZREM", H .. state .. "/" .. job.name, job.id)
      else
        leave(job)
        streams[job.name .. "/" .. job.stream] = job
      end
      forget(job.name, { job.id })
      if not isOver then
        if job.unique then freeKey(job) end
        if job.batch then ended[#ended + 1] = { job = job, state = "failed", text = ARGV[3] } end
      end
    end
  end
end
for _, job in pairs(streams) do trim(job) end
countEnded(ARGV[2])
return count`)

/** Lets failed jobs begin anew, but for those whose key another has. ARGV: time, a kind or "" for any, ids. Gives how many. */
export const REDRIVE: Script = script(`${BASE}${BATCHES}
local count = 0
for at = 3, #ARGV do
  local id = ARGV[at]
  local job = read(id)
  if job and (ARGV[2] == "" or ARGV[2] == job.name) and call("ZSCORE", H .. "failed/" .. job.name, id) then
    local isTimed = (job.till or 0) > 0
    local holder = job.unique and not isTimed and takeKey(job.unique, 0, id)
    if not holder or holder == id then
      count = count + 1
      call("ZREM", H .. "failed/" .. job.name, id)
      call("ZREM", H .. "failed-ids/" .. job.name, id)
      call("ZADD", H .. "alive/" .. job.name, 0, id)
      later(job, 0, 0)
      if job.batch then revive(job) end
    end
  end
end
return count`)

/** How many a sweep takes away, at most, of each kind and state, and how many batches. */
const SWEPT = 200

/** Takes away what was kept long enough. ARGV: time, kinds. Gives whether there may be more. */
export const SWEEP: Script = script(`${BASE}
local hasMore = 0
for at = 2, #ARGV do
  for _, state in ipairs({ "completed", "failed" }) do
    local place = H .. state .. "/" .. ARGV[at]
    local ids = call("ZRANGEBYSCORE", place, "-inf", now, "LIMIT", 0, ${SWEPT})
    if #ids > 0 then
      call("ZREM", place, unpack(ids))
      call("ZREM", H .. state .. "-ids/" .. ARGV[at], unpack(ids))
      forget(ARGV[at], ids)
    end
    if #ids == ${SWEPT} then hasMore = 1 end
  end
end
local batches = call("ZRANGEBYSCORE", H .. "batches", "-inf", now, "LIMIT", 0, ${SWEPT})
for _, id in ipairs(batches) do call("UNLINK", H .. "batch/" .. id, H .. "children/" .. id) end
if #batches > 0 then call("ZREM", H .. "batches", unpack(batches)) end
if #batches == ${SWEPT} then hasMore = 1 end
return hasMore`)
