export {
  SchedulerBusy,
  SchedulerClosed,
  SchedulerOptionInvalid,
  SchedulerRunCancelled,
  SchedulerRunInterrupted,
  SchedulerRunLost,
  SchedulerRunTimeout,
  SchedulerStoreFailed,
  SchedulerUnknown,
} from "./errors.ts"
export { defineScheduler, openScheduler, type SchedulerOptions, schedulerGuarantees } from "./open-scheduler.ts"
export {
  type Definition,
  defineSchedule,
  type LostPolicy,
  type MissedPolicy,
  type OverlapPolicy,
  type Policies,
  type Run,
  type RunCause,
  type RunHandler,
  type RunPolicies,
  type Schedule,
  type ScheduleOptions,
  type Times,
} from "./schedule.ts"
export type { RunningInfo, RunRecord, ScheduleInfo, Scheduler, StopOptions } from "./scheduler.ts"
export type { Decision, Ended, Outcome, Running, ScheduleState, Waiting } from "./state.ts"
export type { Decide, SchedulerStore, Snapshot } from "./store.ts"
export type { When } from "./timing.ts"
