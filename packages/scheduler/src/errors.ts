import { AshlarError, defineError, type ErrorClass } from "@ashlar/core"

export const SchedulerOptionInvalid: ErrorClass<"SCHEDULER_OPTION_INVALID", 500> = defineError(
  "SCHEDULER_OPTION_INVALID",
  500,
  "A schedule or an option of the scheduler does not fit. The message says which, and what is accepted.",
)
export const SchedulerUnknown: ErrorClass<"SCHEDULER_UNKNOWN", 404> = defineError(
  "SCHEDULER_UNKNOWN",
  404,
  "No schedule has this name. It is known once a scheduler that has it was started.",
)
export const SchedulerBusy: ErrorClass<"SCHEDULER_BUSY", 409> = defineError(
  "SCHEDULER_BUSY",
  409,
  "As many runs of this schedule as may wait are waiting already. Try again when one has begun.",
)
export const SchedulerStoreFailed: ErrorClass<"SCHEDULER_STORE_FAILED", 503> = defineError(
  "SCHEDULER_STORE_FAILED",
  503,
  "What keeps the schedules did not do its work. The log has the cause.",
)
export const SchedulerClosed: ErrorClass<"SCHEDULER_CLOSED", 503> = defineError(
  "SCHEDULER_CLOSED",
  503,
  "The scheduler was stopped. Open another one.",
)
export const SchedulerRunTimeout: ErrorClass<"SCHEDULER_RUN_TIMEOUT", 504> = defineError(
  "SCHEDULER_RUN_TIMEOUT",
  504,
  "A run took longer than its schedule's timeoutMs. Its signal was aborted.",
)
export const SchedulerRunCancelled: ErrorClass<"SCHEDULER_RUN_CANCELLED", 409> = defineError(
  "SCHEDULER_RUN_CANCELLED",
  409,
  "A run was cancelled, for the next one of its schedule is due (overlap: cancel).",
)
export const SchedulerRunLost: ErrorClass<"SCHEDULER_RUN_LOST", 503> = defineError(
  "SCHEDULER_RUN_LOST",
  503,
  "A run could not tell in time that it goes on: another node may do its work. Refuse what it writes by its fence.",
)
export const SchedulerRunInterrupted: ErrorClass<"SCHEDULER_RUN_INTERRUPTED", 503> = defineError(
  "SCHEDULER_RUN_INTERRUPTED",
  503,
  "A run was cut off, for its node stops. Another node runs it again, if its schedule says so.",
)

/** What a store throws: what was decided within, as it is, and whatever else as a failure of the store. */
export function storeFailure(cause: unknown, message: string): AshlarError {
  if (cause instanceof AshlarError && cause.code.startsWith("SCHEDULER_")) return cause
  return new SchedulerStoreFailed(message, { cause })
}
