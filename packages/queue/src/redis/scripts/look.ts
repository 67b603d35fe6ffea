import { type Script, script } from "@ashlar/cache/redis"
import { BASE } from "./base.ts"

/** Expects BASE. Where a job is, and when that ends. */
export const STATE: string = `
local function stateOf(job)
  if call("HEXISTS", H .. "held", job.id) == 1 then return "active" end
  for _, state in ipairs({ "delayed", "failed", "completed", "blocked" }) do
    local untilMs = call("ZSCORE", H .. state .. "/" .. job.name, job.id)
    if untilMs then return state, tonumber(untilMs) end
  end
  local parked = job.limit and call("HGET", H .. "parked/" .. job.name, job.group)
  if parked and string.find(" " .. parked .. " ", " " .. job.priority .. " ", 1, true) then return "held" end
  return "waiting"
end
`

/** What one answer shows, about, whatever is in the jobs. */
const MOST_BYTES = 8 * 1024 * 1024

/**
 * Shows jobs. ARGV: time, a state or "" for any, ids. Gives how many ids it looked at, and of each that is there: id, state, when that ends or "", record, and what there is
 * in `again`, `held`, `progress`, `output` and `error`, or "".
 */
export const SHOW: Script = script(`${BASE}${STATE}
local shown, looked, bytes = {}, 0, 0
for at = 3, #ARGV do
  if bytes > ${MOST_BYTES} then break end
  looked = looked + 1
  local id = ARGV[at]
  local record = call("HGET", H .. "jobs", id)
  if record then
    local state, untilMs = stateOf(parse(id, record))
    local isOver = (state == "completed" or state == "failed") and untilMs <= now
    if not isOver and (ARGV[2] == "" or ARGV[2] == state) then
      for _, value in ipairs({ id, state, untilMs and string.format("%.0f", untilMs) or "", record }) do
        shown[#shown + 1] = value
      end
      bytes = bytes + #record
      for _, column in ipairs({ "again", "held", "progress", "output", "error" }) do
        local value = call("HGET", H .. column, id) or ""
        shown[#shown + 1] = value
        bytes = bytes + #value
      end
    end
  end
end
return { looked, shown }`)

/**
 * Counts. ARGV: time, kinds. Gives, of each kind: how many are alive, delayed, active, blocked, completed, failed and held; since when the
 * longest waiting one has waited, or 0; and whether it is paused.
 */
export const COUNT: Script = script(`${BASE}
local counts = {}
local isAllPaused = call("SISMEMBER", H .. "paused", "") == 1
for at = 2, #ARGV do
  local name = ARGV[at]
  for _, state in ipairs({ "alive/", "delayed/", "leases/", "blocked/", "completed/", "failed/" }) do
    counts[#counts + 1] = call("ZCARD", H .. state .. name)
  end
  local held = 0
  local parked = call("HGETALL", H .. "parked/" .. name)
  for index = 1, #parked, 2 do
    for priority in string.gmatch(parked[index + 1], "%-?%d+") do
      held = held + call("LLEN", H .. "wait/" .. name .. "/" .. priority .. "/" .. parked[index])
    end
  end
  counts[#counts + 1] = held
  local oldest = 0
  for _, stream in ipairs(call("ZRANGE", H .. "order/" .. name, 0, 19)) do
    local id = call("LINDEX", H .. "wait/" .. name .. "/" .. stream, 0)
    local job = id and read(id)
    if job then
      local again = call("HGET", H .. "again", id)
      local since = again and tonumber(string.match(again, "/(%d+)$")) or job.created
      if oldest == 0 or since < oldest then oldest = since end
    end
  end
  counts[#counts + 1] = oldest == 0 and 0 or math.max(0, now - oldest)
  counts[#counts + 1] = (isAllPaused or call("SISMEMBER", H .. "paused", name) == 1) and 1 or 0
end
return counts`)
