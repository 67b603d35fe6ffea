import { defineError, type ErrorClass } from "@ashlar/core"

/* Messages name steps and runs, never inputs or outputs. */

export const WorkflowOptionInvalid: ErrorClass<"WORKFLOW_OPTION_INVALID", 500> = defineError(
  "WORKFLOW_OPTION_INVALID",
  500,
  "An option of a workflow, a step or a worker does not fit. The message says which, and what is accepted.",
)
export const WorkflowInputInvalid: ErrorClass<"WORKFLOW_INPUT_INVALID", 400> = defineError(
  "WORKFLOW_INPUT_INVALID",
  400,
  "The input of a run, or what a signal brings, does not fit its schema. `details.issues` says where.",
)
export const WorkflowValueInvalid: ErrorClass<"WORKFLOW_VALUE_INVALID", 500> = defineError(
  "WORKFLOW_VALUE_INVALID",
  500,
  "An input, an output or the result of a step is no JSON, so it would come back as something else. Give plain data.",
)
export const WorkflowValueTooLarge: ErrorClass<"WORKFLOW_VALUE_TOO_LARGE", 500> = defineError(
  "WORKFLOW_VALUE_TOO_LARGE",
  500,
  "A value is larger than is kept. The limit is in `details.maxValueBytes`: keep it elsewhere, and give its name.",
)
export const WorkflowHistoryFull: ErrorClass<"WORKFLOW_HISTORY_FULL", 500> = defineError(
  "WORKFLOW_HISTORY_FULL",
  500,
  "A run has as many steps as may be. The limit is in `details.maxSteps`: start a child for each part.",
)
export const WorkflowRunUnknown: ErrorClass<"WORKFLOW_RUN_UNKNOWN", 404> = defineError(
  "WORKFLOW_RUN_UNKNOWN",
  404,
  "There is no run with this id, or none any more.",
)
export const WorkflowRunEnded: ErrorClass<"WORKFLOW_RUN_ENDED", 409> = defineError(
  "WORKFLOW_RUN_ENDED",
  409,
  "The run has ended, and takes no signals any more.",
)
export const WorkflowSignalsFull: ErrorClass<"WORKFLOW_SIGNALS_FULL", 429> = defineError(
  "WORKFLOW_SIGNALS_FULL",
  429,
  "As many signals wait for the run as may. The limit is in `details.maxSignals`.",
)
export const WorkflowStepFailed: ErrorClass<"WORKFLOW_STEP_FAILED", 500> = defineError(
  "WORKFLOW_STEP_FAILED",
  500,
  "A step failed as often as it may. `details` names it, and has the code and the words of its last error.",
)
export const WorkflowStepTimeout: ErrorClass<"WORKFLOW_STEP_TIMEOUT", 504> = defineError(
  "WORKFLOW_STEP_TIMEOUT",
  504,
  "A step took longer than it may (timeoutMs).",
)
export const WorkflowChildFailed: ErrorClass<"WORKFLOW_CHILD_FAILED", 500> = defineError(
  "WORKFLOW_CHILD_FAILED",
  500,
  "A child of the run failed or was cancelled. `details` names it.",
)
export const WorkflowFailed: ErrorClass<"WORKFLOW_FAILED", 500> = defineError(
  "WORKFLOW_FAILED",
  500,
  "The run failed, or was cancelled. `details` has its state, and the code and the words of its error.",
)
export const WorkflowCancelled: ErrorClass<"WORKFLOW_CANCELLED", 409> = defineError(
  "WORKFLOW_CANCELLED",
  409,
  "The run was cancelled.",
)
export const WorkflowDeadline: ErrorClass<"WORKFLOW_DEADLINE", 504> = defineError(
  "WORKFLOW_DEADLINE",
  504,
  "The run did not end in its time (timeoutMs). What it had done was undone.",
)
export const WorkflowNondeterministic: ErrorClass<"WORKFLOW_NONDETERMINISTIC", 500> = defineError(
  "WORKFLOW_NONDETERMINISTIC",
  500,
  "The code of a workflow does other steps than its run did before. Give changed code a new version, or ask ctx.patched; then resume the run.",
)
export const WorkflowUndoFailed: ErrorClass<"WORKFLOW_UNDO_FAILED", 500> = defineError(
  "WORKFLOW_UNDO_FAILED",
  500,
  "What a step did was not taken back, however often that was tried. Set right what is in its way, then resume the run.",
)
export const WorkflowCrashing: ErrorClass<"WORKFLOW_CRASHING", 500> = defineError(
  "WORKFLOW_CRASHING",
  500,
  "The workers of a run died again and again without any progress. Find out why, then resume the run.",
)
export const WorkflowWaitTimeout: ErrorClass<"WORKFLOW_WAIT_TIMEOUT", 504> = defineError(
  "WORKFLOW_WAIT_TIMEOUT",
  504,
  "The run did not end while it was waited for. It goes on.",
)
export const WorkflowLeaseLost: ErrorClass<"WORKFLOW_LEASE_LOST", 503> = defineError(
  "WORKFLOW_LEASE_LOST",
  503,
  "Another worker has the run: this one was silent for too long. What it did not keep is done again there.",
)
export const WorkflowStoreFailed: ErrorClass<"WORKFLOW_STORE_FAILED", 503> = defineError(
  "WORKFLOW_STORE_FAILED",
  503,
  "The database of the workflows did not do its work. The log has the cause.",
)
