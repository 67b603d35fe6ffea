import type { Kind } from "./kind.ts"
import type { ClaimedJob, ClaimLane, ClaimRequest } from "./store.ts"
import type { WorkerPlan } from "./worker-options.ts"

type Kinds = ReadonlyMap<string, Kind>

/** What a worker asks for: of each kind as many as may run, and as many again. Kinds of which it has so many are left out. */
export function lanesFor(kinds: Kinds, { concurrency, prefetch }: WorkerPlan): ClaimLane[] {
  const lanes: ClaimLane[] = []
  for (const [name, { job, held }] of kinds) {
    const { settings } = job
    const max = Math.min(settings.concurrency * 2, concurrency + prefetch) - held
    if (max > 0) lanes.push(settings.rate === undefined ? { name, max } : { name, max, rate: settings.rate })
  }
  return lanes
}

/** What a worker asks for in the place of jobs that are done: as many of each kind, where no rate has to be looked at. */
export function inPlaceOf(
  done: readonly ClaimedJob[],
  kinds: Kinds,
  { id, leaseMs, rate }: WorkerPlan,
): ClaimRequest | undefined {
  if (rate !== undefined) return undefined
  const counts = new Map<string, number>()
  for (const { name } of done) counts.set(name, (counts.get(name) ?? 0) + 1)
  const lanes = [...counts]
    .filter(([name]) => kinds.get(name)?.job.settings.rate === undefined)
    .map(([name, max]) => ({ name, max }))
  return lanes.length === 0 ? undefined : { lanes, max: done.length, leaseMs, waitMs: 0, worker: id }
}
