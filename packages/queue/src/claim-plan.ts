import type { AnyHandledJob } from "./job.ts"
import type { ClaimedJob, ClaimLane, ClaimRequest } from "./store.ts"
import type { WorkerPlan } from "./worker-options.ts"

type Jobs = ReadonlyMap<string, AnyHandledJob>

/** What a worker asks for: of each kind as many as may run, and as many again. Kinds of which it has so many are left out. */
export function lanesFor(
  jobs: Jobs,
  { concurrency, prefetch }: WorkerPlan,
  heldOf: (name: string) => number,
): ClaimLane[] {
  const lanes: ClaimLane[] = []
  for (const [name, { settings }] of jobs) {
    const max = Math.min(settings.concurrency * 2, concurrency + prefetch) - heldOf(name)
    if (max > 0) lanes.push(settings.rate === undefined ? { name, max } : { name, max, rate: settings.rate })
  }
  return lanes
}

/** What a worker asks for in the place of jobs that are done: as many of each kind, where no rate has to be looked at. */
export function inPlaceOf(
  done: readonly ClaimedJob[],
  jobs: Jobs,
  { id, leaseMs, rate }: WorkerPlan,
): ClaimRequest | undefined {
  if (rate !== undefined) return undefined
  const counts = new Map<string, number>()
  for (const { name } of done) counts.set(name, (counts.get(name) ?? 0) + 1)
  const lanes = [...counts]
    .filter(([name]) => jobs.get(name)?.settings.rate === undefined)
    .map(([name, max]) => ({ name, max }))
  return lanes.length === 0 ? undefined : { lanes, max: done.length, leaseMs, waitMs: 0, worker: id }
}
