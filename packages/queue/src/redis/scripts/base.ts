/*
 * Lua that the scripts of a queue share. KEYS[1] is the queue's name in braces, which is one slot of a cluster; all keys begin with it.
 * ARGV[1] is the time in milliseconds, or -1 for the server's.
 *
 * Of jobs, by their id:
 *   jobs      hash: what was pushed (`record.ts`); nothing of it changes
 *   again     hash: "<attempts used>/<since when it waits, or when it may begin>" of one that came back, waits for its time, or has ended
 *   held      hash: the mark "<attempt>:<token>" of one that a worker has
 *   progress, output, error   hashes
 * Of a kind of job:
 *   alive/<kind>     sorted set: ids of all that have not ended; all scores are 0, so that it is in the order of ids
 *   order/<kind>     sorted set: streams that have jobs, "<priority>/<group>", by priority and then by whose turn it is
 *   wait/<kind>/<stream>   list: the ids that wait, the first of which is next. An id that is no job any more is passed over.
 *   leases/<kind>, delayed/<kind>, completed/<kind>, failed/<kind>   sorted sets: ids by when that ends
 *   completed-ids/<kind>, failed-ids/<kind>, blocked/<kind>          sorted sets: in the order of ids
 *   running/<kind>, parked/<kind>   hashes, of groups with a limit: how many run, and priorities of streams that are out of `order`
 * Of the queue:
 *   kinds     set                paused   set: kinds, or "" for all       rates   hash: "<taken> <when>" of kinds, or "" for all
 *   turns     counter          unique/<key>   "<id>" or "<id> <until when>"       batch/<id>, children/<id>, batches: see `batches.ts`
 */
export const BASE: string = `
local H = KEYS[1] .. ":"
local call = redis.call
local now = tonumber(ARGV[1])
if now < 0 then
  local time = call("TIME")
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
-- Of one priority in the order of streams: more than there will be turns.
local BLOCK = 17592186044416
-- What is counted in batches once the rest is done.
local ended = {}

local function many(command, key, list)
  local answer
  for at = 1, #list, 4000 do
    answer = call(command, key, unpack(list, at, math.min(at + 3999, #list)))
  end
  return answer
end
local function push(map, name, value)
  local list = map[name]
  if not list then
    list = {}
    map[name] = list
  end
  list[#list + 1] = value
end

local function parse(id, record)
  local created, length, attempts, completed, failed, priority, name, at =
    string.match(record, "^(%d+)/(%d+)/(%d+)/(%d+)/(%d+)/(%-?%d+)/([^/]+)/%d+/()")
  local extra = length == "0" and {} or cjson.decode(string.sub(record, at, at + length - 1))
  return {
    id = id, name = name, created = tonumber(created), priority = priority,
    keep = { completed = tonumber(completed), failed = tonumber(failed) },
    group = extra.g or "", limit = extra.l, unique = extra.u, till = extra.t, batch = extra.b, delay = extra.d or 0,
    stream = priority .. "/" .. (extra.g or "")
  }
end
local function read(id)
  local record = call("HGET", H .. "jobs", id)
  return record and parse(id, record)
end

local function score(stream)
  local priority = string.match(stream, "^%-?%d+")
  return (100 - priority) * BLOCK + call("INCR", H .. "turns")
end
local function wait(name, stream, ids, isFront)
  local list = H .. "wait/" .. name .. "/" .. stream
  local length
  if isFront then
    for at = #ids, 1, -1 do length = call("LPUSH", list, ids[at]) end
  else
    length = many("RPUSH", list, ids)
  end
  -- One that has jobs already is in the order, or its group may run no more.
  if length == #ids then call("ZADD", H .. "order/" .. name, score(stream), stream) end
end

-- A job of a group with a limit runs no more.
local function vacate(job)
  if not job.limit then return end
  local running, parked = H .. "running/" .. job.name, H .. "parked/" .. job.name
  if call("HINCRBY", running, job.group, -1) <= 0 then call("HDEL", running, job.group) end
  local priorities = call("HGET", parked, job.group)
  if not priorities then return end
  call("HDEL", parked, job.group)
  for priority in string.gmatch(priorities, "%-?%d+") do
    local stream = priority .. "/" .. job.group
    call("ZADD", H .. "order/" .. job.name, score(stream), stream)
  end
end

-- Gives the job that has a key already, or takes it.
local function takeKey(key, till, id)
  local place = H .. "unique/" .. key
  local held = call("GET", place)
  if held then
    local holder, untilMs = string.match(held, "^(%S+) ?(%d*)$")
    if untilMs ~= "" then
      if tonumber(untilMs) > now then return holder end
    elseif call("HEXISTS", H .. "jobs", holder) == 1 then
      return holder
    end
  end
  if till > 0 then
    -- What it says is what counts; that it goes by itself is for the room.
    call("SET", place, id .. " " .. (now + till), "PX", till + 60000)
  else
    call("SET", place, id)
  end
  return nil
end
local function freeKey(job)
  local place = H .. "unique/" .. job.unique
  local held = call("GET", place)
  if held and string.match(held, "^%S+") == job.id then call("DEL", place) end
end

local COLUMNS = { "jobs", "again", "progress", "output", "error" }
local function forget(name, ids)
  for _, column in ipairs(COLUMNS) do many("HDEL", H .. column, ids) end
  many("ZREM", H .. "alive/" .. name, ids)
end

local function finish(job, state, text, attempt)
  local keep = job.keep[state]
  if job.unique and (job.till or 0) <= 0 then freeKey(job) end
  if keep > 0 then
    call("ZREM", H .. "alive/" .. job.name, job.id)
    call("ZADD", H .. state .. "/" .. job.name, now + keep, job.id)
    call("ZADD", H .. state .. "-ids/" .. job.name, 0, job.id)
    call("HSET", H .. "again", job.id, attempt .. "/" .. now)
    if state == "failed" then
      call("HSET", H .. "error", job.id, text)
    else
      call("HDEL", H .. "error", job.id)
      if text ~= "" then call("HSET", H .. "output", job.id, text) end
    end
  else
    forget(job.name, { job.id })
  end
  if job.batch then ended[#ended + 1] = { job = job, state = state, text = text } end
end

local function later(job, attempt, delay)
  call("HSET", H .. "again", job.id, attempt .. "/" .. (now + delay))
  if delay > 0 then
    call("ZADD", H .. "delayed/" .. job.name, now + delay, job.id)
  else
    wait(job.name, job.stream, { job.id })
  end
end
`
