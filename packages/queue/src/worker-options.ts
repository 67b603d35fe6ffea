import { checkInteger, checkNames, checkText } from "./check.ts"
import { checkRate, MAX_CONCURRENCY } from "./job-options.ts"
import type { RateRule } from "./store.ts"
import type { WorkerOptions } from "./worker.ts"

/** The options of a worker, read. */
export interface WorkerPlan {
  readonly id: string
  readonly concurrency: number
  readonly prefetch: number
  readonly leaseMs: number
  readonly graceMs: number
  /** What handlers get to end after their signals aborted. */
  readonly stopGraceMs: number
  readonly rate: RateRule | undefined
}

const NAMES: ReadonlySet<string> = new Set<keyof WorkerOptions>([
  "concurrency",
  "prefetch",
  "leaseMs",
  "rate",
  "graceMs",
  "id",
])
const STOP_GRACE_MS = 250

/** @throws {QUEUE_OPTION_INVALID} */
export function planWorker(options: WorkerOptions): WorkerPlan {
  checkNames("a worker", options, NAMES)
  const concurrency = checkInteger("concurrency", options.concurrency ?? 10, 1, MAX_CONCURRENCY)
  return {
    id: options.id === undefined ? ownName() : checkText("id of the worker", options.id),
    concurrency,
    prefetch: checkInteger("prefetch", options.prefetch ?? Math.min(concurrency, 1_000), 0, MAX_CONCURRENCY),
    leaseMs: checkInteger("leaseMs", options.leaseMs ?? 30_000, 500, 43_200_000),
    graceMs: checkInteger("graceMs", options.graceMs ?? 10_000, 0, 86_400_000),
    stopGraceMs: STOP_GRACE_MS,
    rate: options.rate === undefined ? undefined : checkRate("rate", options.rate),
  }
}

let workers = 0
function ownName(): string {
  return `${globalThis.process?.pid ?? 0}-${++workers}`
}
