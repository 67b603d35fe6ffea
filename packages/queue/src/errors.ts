import { defineError, type ErrorClass } from "@ashlar/core"

/* Messages may reach an HTTP caller: they hold no inputs, keys or addresses of a server's login. */

export const QueueOptionInvalid: ErrorClass<"QUEUE_OPTION_INVALID", 500> = defineError(
  "QUEUE_OPTION_INVALID",
  500,
  "An option of a queue, a job or a worker does not fit. The message says which, and what is accepted.",
)
export const QueueInputInvalid: ErrorClass<"QUEUE_INPUT_INVALID", 422> = defineError(
  "QUEUE_INPUT_INVALID",
  422,
  "A job's input is not what its schema accepts, or is no JSON. `details.issues` has the places.",
)
export const QueueOutputInvalid: ErrorClass<"QUEUE_OUTPUT_INVALID", 500> = defineError(
  "QUEUE_OUTPUT_INVALID",
  500,
  "What a job's handler gave is not what its output schema accepts, is no JSON, or is too large.",
)
export const QueuePayloadTooLarge: ErrorClass<"QUEUE_PAYLOAD_TOO_LARGE", 413> = defineError(
  "QUEUE_PAYLOAD_TOO_LARGE",
  413,
  "A job's input is larger than the queue takes. Keep it in a store and push its key; the limit is in `details.maxPayloadBytes`.",
)
export const QueueUnsupported: ErrorClass<"QUEUE_UNSUPPORTED", 500> = defineError(
  "QUEUE_UNSUPPORTED",
  500,
  "What keeps the queue does not promise what is asked of it. The message names the guarantee that is missing.",
)
export const QueueFull: ErrorClass<"QUEUE_FULL", 503> = defineError(
  "QUEUE_FULL",
  503,
  "As many jobs wait as may (`maxDepth`), or as many pushes are under way (`maxPending`). Push again later.",
)
export const QueueStoreFailed: ErrorClass<"QUEUE_STORE_FAILED", 503> = defineError(
  "QUEUE_STORE_FAILED",
  503,
  "What keeps the queue did not do its work. Whether a push was kept is not known; the log has the cause.",
)
export const QueueClosed: ErrorClass<"QUEUE_CLOSED", 503> = defineError(
  "QUEUE_CLOSED",
  503,
  "The queue was closed. Open it again, or close it later.",
)
export const QueueTransactionForeign: ErrorClass<"QUEUE_TRANSACTION_FOREIGN", 500> = defineError(
  "QUEUE_TRANSACTION_FOREIGN",
  500,
  "The transaction is not one of the queue's own database. Open both with the same URL.",
)
export const QueueJobTimeout: ErrorClass<"QUEUE_JOB_TIMEOUT", 504> = defineError(
  "QUEUE_JOB_TIMEOUT",
  504,
  "A job ran longer than its `timeoutMs`.",
)
export const QueueJobStalled: ErrorClass<"QUEUE_JOB_STALLED", 500> = defineError(
  "QUEUE_JOB_STALLED",
  500,
  "The workers that ran the job went silent in each of its attempts: they crashed, or their event loop stood still.",
)
export const QueueJobLost: ErrorClass<"QUEUE_JOB_LOST", 500> = defineError(
  "QUEUE_JOB_LOST",
  500,
  "The worker did not renew its hold on the job in time, so another may run it. Stop, and leave no half of the work.",
)
export const QueueJobRejected: ErrorClass<"QUEUE_JOB_REJECTED", 500> = defineError(
  "QUEUE_JOB_REJECTED",
  500,
  "The job's handler said that trying again is useless.",
)
export const QueueChildFailed: ErrorClass<"QUEUE_CHILD_FAILED", 500> = defineError(
  "QUEUE_CHILD_FAILED",
  500,
  "A job that this one waited for failed for good.",
)
export const QueueWorkerStopped: ErrorClass<"QUEUE_WORKER_STOPPED", 503> = defineError(
  "QUEUE_WORKER_STOPPED",
  503,
  "The worker was stopped before the job ended. It is given back, and runs again.",
)
