import type { AnyHandledJob } from "./job.ts"
import type { ClaimedJob, ClaimRequest } from "./store.ts"
import type { WorkerPlan } from "./worker-options.ts"

/** What a worker asks for in the place of jobs that are done: as many of each kind, where no rate has to be looked at. */
export function inPlaceOf(
  done: readonly ClaimedJob[],
  jobs: ReadonlyMap<string, AnyHandledJob>,
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
