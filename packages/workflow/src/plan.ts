import { type Clock, systemClock } from "@ashlar/core"
import { checkInteger } from "./check.ts"

export interface WorkflowsOptions {
  /** The largest input, output, signal or result of a step, in bytes of JSON: up to 8 MiB. Default: 256 KiB. */
  readonly maxValueBytes?: number
  /** How many steps a run may have: up to 100,000. Default: 10,000. */
  readonly maxSteps?: number
  /** How many signals may wait for one run: up to 100,000. Default: 1,000. */
  readonly maxSignals?: number
  /** How often the worker of a run may die without any progress before the run is stalled: 1 to 1,000. Default: 10. */
  readonly maxCrashes?: number
  /** How long runs are kept once they have ended, in milliseconds: up to 10 years. Default: 30 days. */
  readonly keepMs?: number
  /** For tests. */
  readonly clock?: Clock
}

/** Those options, read. */
export type WorkflowsPlan = Required<WorkflowsOptions>

const MiB = 1024 * 1024
const DAY_MS = 86_400_000

/** @throws {WORKFLOW_OPTION_INVALID} */
export function planWorkflows(options: WorkflowsOptions): WorkflowsPlan {
  return {
    maxValueBytes: checkInteger("maxValueBytes", options.maxValueBytes ?? 256 * 1024, 1, 8 * MiB),
    maxSteps: checkInteger("maxSteps", options.maxSteps ?? 10_000, 1, 100_000),
    maxSignals: checkInteger("maxSignals", options.maxSignals ?? 1_000, 1, 100_000),
    maxCrashes: checkInteger("maxCrashes", options.maxCrashes ?? 10, 1, 1_000),
    keepMs: checkInteger("keepMs", options.keepMs ?? 30 * DAY_MS, 0, 3_660 * DAY_MS),
    clock: options.clock ?? systemClock,
  }
}
