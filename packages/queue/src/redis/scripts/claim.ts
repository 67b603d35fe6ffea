import { type Script, script } from "@ashlar/cache/redis"
import { BASE } from "./base.ts"

/** Jobs of each kind that time alone brings, at most, in one script. */
export const MOST_DUE = 200

/** Jobs are taken so many at a time, until they have so many bytes: the largest inputs must not be one answer. */
const [PIECE, MOST_BYTES] = [32, 8 * 1024 * 1024]

/**
 * Expects BASE. `claim(at)` reads what `claimArguments` writes, from ARGV[at], and gives how many came due, the claimed, and 1 where more may
 * be behind ids that are no jobs any more.
 */
export const CLAIMING: string = `
local function bringDue(name)
  local leases, delayed = H .. "leases/" .. name, H .. "delayed/" .. name
  local silent = call("ZRANGEBYSCORE", leases, "-inf", now, "LIMIT", 0, ${MOST_DUE})
  if #silent > 0 then
    local marks = call("HMGET", H .. "held", unpack(silent))
    call("ZREM", leases, unpack(silent))
    call("HDEL", H .. "held", unpack(silent))
    for at = #silent, 1, -1 do
      local job = read(silent[at])
      if job then
        local attempt = marks[at] and string.match(marks[at], "^%d+") or 1
        call("HSET", H .. "again", job.id, attempt .. "/" .. now)
        vacate(job)
        wait(name, job.stream, { job.id }, true)
      end
    end
  end
  local due = call("ZRANGEBYSCORE", delayed, "-inf", now, "LIMIT", 0, ${MOST_DUE})
  if #due > 0 then
    call("ZREM", delayed, unpack(due))
    local streams = {}
    for _, id in ipairs(due) do
      local job = read(id)
      if job then push(streams, job.stream, id) end
    end
    for stream, ids in pairs(streams) do wait(name, stream, ids) end
  end
  return #silent + #due
end

-- Begins a job. Gives 1, or 0 where there is none, or nil where its group runs as many as it may.
local function begin(work, name, id, record, again)
  if not record then return 0 end
  if not string.find(record, "^%d+/0/") then
    local job = parse(id, record)
    if job.limit then
      local running = H .. "running/" .. name
      if tonumber(call("HGET", running, job.group) or 0) >= job.limit then return nil end
      call("HINCRBY", running, job.group, 1)
    end
    if job.till == -1 then freeKey(job) end
  end
  work.bytes = work.bytes + #record
  local attempt = (again and string.match(again, "^%d+") or 0) + 1
  local size = #work.marks
  work.marks[size + 1], work.marks[size + 2] = id, attempt .. ":" .. work.token
  push(work.leases, name, work.untilMs)
  push(work.leases, name, id)
  local claimed = work.claimed
  size = #claimed
  claimed[size + 1], claimed[size + 2], claimed[size + 3] = id, attempt, record
  return 1
end
local function readAll(work, ids)
  return call("HMGET", H .. "jobs", unpack(ids)), work.hasAgain and call("HMGET", H .. "again", unpack(ids)) or {}
end
-- Gives back what a full group may not run: its stream comes into the order again when one of the group ends.
local function park(name, stream, ids, from)
  local list = H .. "wait/" .. name .. "/" .. stream
  for at = #ids, from, -1 do call("LPUSH", list, ids[at]) end
  call("ZREM", H .. "order/" .. name, stream)
  local priority, group = string.match(stream, "^(%-?%d+)/(.*)$")
  local parked = H .. "parked/" .. name
  local others = call("HGET", parked, group)
  call("HSET", parked, group, others and others .. " " .. priority or priority)
end

-- Takes from the only stream of its priority. Gives how many jobs, and how many ids.
local function takeAlone(work, name, stream, size)
  local list = H .. "wait/" .. name .. "/" .. stream
  local ids = call("LPOP", list, size) or {}
  local count = 0
  if #ids > 0 then
    local records, again = readAll(work, ids)
    for at, id in ipairs(ids) do
      local begun = begin(work, name, id, records[at], again[at])
      if not begun then
        park(name, stream, ids, at)
        return count, at
      end
      count = count + begun
    end
  end
  if call("EXISTS", list) == 0 then call("ZREM", H .. "order/" .. name, stream) end
  return count, math.max(1, #ids)
end
-- Takes one of each stream of a priority, which then are the last of it.
local function takeTurns(work, name, streams, block)
  local order, wait = H .. "order/" .. name, H .. "wait/" .. name .. "/"
  local ids, of, empty, moved = {}, {}, {}, {}
  for _, stream in ipairs(streams) do
    local id = call("LPOP", wait .. stream)
    if id then
      ids[#ids + 1] = id
      of[#ids] = stream
    else
      empty[#empty + 1] = stream
    end
  end
  local count = 0
  if #ids > 0 then
    local turn = call("INCRBY", H .. "turns", #ids) - #ids
    local records, again = readAll(work, ids)
    for at, id in ipairs(ids) do
      local stream = of[at]
      local begun = begin(work, name, id, records[at], again[at])
      if not begun then
        park(name, stream, { id }, 1)
      elseif call("EXISTS", wait .. stream) == 0 then
        empty[#empty + 1] = stream
      else
        local size = #moved
        moved[size + 1], moved[size + 2] = block * BLOCK + turn + at, stream
      end
      count = count + (begun or 0)
    end
  end
  if #empty > 0 then call("ZREM", order, unpack(empty)) end
  if #moved > 0 then call("ZADD", order, unpack(moved)) end
  return count, #streams
end

local function take(work, name, want)
  -- Ids that are no jobs any more cost time too.
  local count, budget = 0, want * 2 + 500
  while count < want and budget > 0 and work.bytes < ${MOST_BYTES} do
    local piece = math.min(want - count, ${PIECE})
    local found = call("ZRANGE", H .. "order/" .. name, 0, math.max(1, piece - 1), "WITHSCORES")
    if #found == 0 then break end
    local block, streams, hasOthers = math.floor(found[2] / BLOCK), {}, false
    for at = 1, #found, 2 do
      if math.floor(found[at + 1] / BLOCK) ~= block then break end
      if #streams < piece then streams[#streams + 1] = found[at] else hasOthers = true end
    end
    local begun, looked
    if #streams == 1 and not hasOthers then
      begun, looked = takeAlone(work, name, streams[1], piece)
    else
      begun, looked = takeTurns(work, name, streams, block)
    end
    count, budget = count + begun, budget - looked
  end
  if budget <= 0 then work.isCut = true end
  return count
end

-- So many at once, and then one by one as time passes.
local function tokens(name, max, per)
  local taken, since = string.match(call("HGET", H .. "rates", name) or "0 0", "^(%S+) (%S+)$")
  taken = math.max(0, taken - (now - since) * max / per)
  return math.floor(max - taken + 1e-9), taken
end
local function spend(name, taken, count)
  if count > 0 then call("HSET", H .. "rates", name, string.format("%.6f %.0f", taken + count, now)) end
end

-- "places": how many of each kind at most, or nil.
local function claim(at, places)
  local work = {
    token = ARGV[at], untilMs = now + ARGV[at + 1], claimed = {}, marks = {}, leases = {}, bytes = 0,
    hasAgain = call("EXISTS", H .. "again") == 1
  }
  local max, isDueTime, rateMax, ratePer, lanes =
    tonumber(ARGV[at + 2]), ARGV[at + 3] == "1", tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5]), tonumber(ARGV[at + 6])
  at = at + 7
  local moved = 0
  if isDueTime then
    for index = 0, lanes - 1 do moved = moved + bringDue(ARGV[at + index * 4]) end
    if moved > 0 then work.hasAgain = true end
  end
  local isAnyPaused = call("EXISTS", H .. "paused") == 1
  if isAnyPaused and call("SISMEMBER", H .. "paused", "") == 1 then return { moved, {}, 0 } end
  local room, spent = max, 0
  if rateMax > 0 then
    local left
    left, spent = tokens("", rateMax, ratePer)
    room = math.min(room, left)
  end
  local left, wanted = room, {}
  -- Each kind gets a share of the room, and those that have more get the rest.
  local share = math.max(1, math.floor(room / lanes))
  for round = 1, 2 do
    for index = 0, lanes - 1 do
      local name, laneMax, laneRate, lanePer =
        ARGV[at + index * 4], tonumber(ARGV[at + index * 4 + 1]), tonumber(ARGV[at + index * 4 + 2]), tonumber(ARGV[at + index * 4 + 3])
      if not wanted[index] then
        local isPaused = isAnyPaused and call("SISMEMBER", H .. "paused", name) == 1
        wanted[index] = isPaused and 0 or math.min(laneMax, places and (places[name] or 0) or laneMax)
      end
      local want, taken = math.min(wanted[index], left, round == 1 and share or left), 0
      if want > 0 and laneRate > 0 then
        local free
        free, taken = tokens(name, laneRate, lanePer)
        want = math.min(want, free)
      end
      if want > 0 then
        local count = take(work, name, want)
        if laneRate > 0 then spend(name, taken, count) end
        left = left - count
        wanted[index] = count < want and 0 or wanted[index] - count
      end
    end
  end
  if rateMax > 0 then spend("", spent, room - left) end
  if #work.marks > 0 then
    many("HSET", H .. "held", work.marks)
    for name, rows in pairs(work.leases) do many("ZADD", H .. "leases/" .. name, rows) end
  end
  return { moved, work.claimed, work.isCut and 1 or 0 }
end
`

/** Takes jobs that wait. ARGV: time, then what `claimArguments` writes. */
export const CLAIM: Script = script(`${BASE}${CLAIMING}
return claim(2)`)
