/*
 * Batches, and what follows them, as `batch-rules.ts` has it. `batch/<id>` is a hash of its counts and of its followers' ids,
 * `children/<id>` one of how its jobs ended, "<c or f>/<kind>/<output or error>"; `batches` is a sorted set of those that have ended, by
 * when they are forgotten.
 */
export const BATCHES: string = `
local function follow(id, act, childFailed)
  local job = id and read(id)
  if not job or call("ZREM", H .. "blocked/" .. job.name, id) == 0 then return end
  if act == "drop" then
    forget(job.name, { id })
  elseif act == "fail" then
    finish(job, "failed", childFailed, 0)
  else
    call("ZADD", H .. "alive/" .. job.name, 0, id)
    later(job, 0, job.delay)
  end
end

local function countOne(one, childFailed)
  local batch = H .. "batch/" .. one.job.batch
  local total, completed, failed, ifFailed, keep, settled, success, failure, last = unpack(
    call("HMGET", batch, "total", "completed", "failed", "ifFailed", "keepMs", "settled", "success", "failure", "end"))
  -- Once all have ended, one that was begun anew counts no more.
  if not total or settled then return end
  local isDone = one.state == "completed"
  completed, failed = completed + (isDone and 1 or 0), failed + (isDone and 0 or 1)
  call("HSET", H .. "children/" .. one.job.batch, one.job.id, (isDone and "c/" or "f/") .. one.job.name .. "/" .. one.text)
  call("HSET", batch, "completed", completed, "failed", failed)
  if not isDone and failed == 1 then follow(failure, "release", childFailed) end
  if completed + failed < tonumber(total) then return end
  call("HSET", batch, "settled", now)
  call("ZADD", H .. "batches", now + keep, one.job.batch)
  follow(success, failed == 0 and "release" or ifFailed, childFailed)
  follow(failure, "drop", childFailed)
  follow(last, "release", childFailed)
end
-- What fails with a child is a child itself.
local function countEnded(childFailed)
  local at = 1
  while ended[at] do
    countOne(ended[at], childFailed)
    at = at + 1
  end
end

local function revive(job)
  local batch = H .. "batch/" .. job.batch
  local total, settled = unpack(call("HMGET", batch, "total", "settled"))
  if not total or settled then return end
  if call("HDEL", H .. "children/" .. job.batch, job.id) == 1 then call("HINCRBY", batch, "failed", -1) end
end
`
