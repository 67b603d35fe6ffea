import { type Script, script } from "@ashlar/cache/redis"
import { BASE } from "./base.ts"

/**
 * Keeps jobs, all or none. ARGV: time, how many batches; of each its id, total, `ifFailed`, `keepMs` and the ids of what follows success,
 * failure and the end, or ""; then runs of jobs that are alike: kind, stream, delay (-1: blocked), unique key or "", how long it holds or 0,
 * how many, and of each its id and its record. Gives the places, from 1, and the holders of those whose key another has.
 */
export const ADD: Script = script(`${BASE}
local at = 3
for _ = 1, tonumber(ARGV[2]) do
  local batch = H .. "batch/" .. ARGV[at]
  call("HSET", batch, "total", ARGV[at + 1], "ifFailed", ARGV[at + 2], "keepMs", ARGV[at + 3],
    "created", now, "completed", 0, "failed", 0)
  for offset, follower in ipairs({ "success", "failure", "end" }) do
    local id = ARGV[at + 3 + offset]
    if id ~= "" then call("HSET", batch, follower, id) end
  end
  at = at + 7
end

local taken, place = {}, 0
while ARGV[at] do
  local name, stream, delay, key, till, count =
    ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2]), ARGV[at + 3], tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5])
  at = at + 6
  local ids, rows, scored = {}, {}, {}
  for _ = 1, count do
    local id = ARGV[at]
    place = place + 1
    local holder = key ~= "" and takeKey(key, till, id)
    if holder then
      taken[#taken + 1] = place
      taken[#taken + 1] = holder
    else
      local size = #rows
      ids[#ids + 1] = id
      rows[size + 1], rows[size + 2] = id, now .. "/" .. ARGV[at + 1]
      scored[size + 1], scored[size + 2] = 0, id
    end
    at = at + 2
  end
  if #ids > 0 then
    call("SADD", H .. "kinds", name)
    many("HSET", H .. "jobs", rows)
    many("ZADD", H .. (delay < 0 and "blocked/" or "alive/") .. name, scored)
    if delay == 0 then
      wait(name, stream, ids)
    elseif delay > 0 then
      for index, id in ipairs(ids) do
        scored[index * 2 - 1] = now + delay
        rows[index * 2] = "0/" .. (now + delay)
      end
      many("ZADD", H .. "delayed/" .. name, scored)
      many("HSET", H .. "again", rows)
    end
  end
end
return taken`)
