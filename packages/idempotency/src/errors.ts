import { defineError, type ErrorClass } from "@ashlar/core"

/* Messages reach HTTP callers: they hold no keys, bodies or addresses. */

export const IdempotencyKeyMissing: ErrorClass<"IDEMPOTENCY_KEY_MISSING", 400> = defineError(
  "IDEMPOTENCY_KEY_MISSING",
  400,
  "This address takes an Idempotency-Key header with every request. Make one, such as a UUID, and send it with each try.",
)
export const IdempotencyKeyInvalid: ErrorClass<"IDEMPOTENCY_KEY_INVALID", 400> = defineError(
  "IDEMPOTENCY_KEY_INVALID",
  400,
  "Idempotency-Key takes 1 to 255 visible ASCII characters, in quotes or without. A UUID does well.",
)
export const IdempotencyKeyReused: ErrorClass<"IDEMPOTENCY_KEY_REUSED", 422> = defineError(
  "IDEMPOTENCY_KEY_REUSED",
  422,
  "This Idempotency-Key was used for another request. Take a new key for a new request.",
)
export const IdempotencyInProgress: ErrorClass<"IDEMPOTENCY_IN_PROGRESS", 409> = defineError(
  "IDEMPOTENCY_IN_PROGRESS",
  409,
  "A request with this Idempotency-Key is under way. Ask again when it has ended: Retry-After says when.",
)
export const IdempotencyAnswerUnkept: ErrorClass<"IDEMPOTENCY_ANSWER_UNKEPT", 409> = defineError(
  "IDEMPOTENCY_ANSWER_UNKEPT",
  409,
  "The request with this Idempotency-Key was done, and its answer could not be kept. Read what it made; do not send it anew.",
)
export const IdempotencyClaimLost: ErrorClass<"IDEMPOTENCY_CLAIM_LOST", 503> = defineError(
  "IDEMPOTENCY_CLAIM_LOST",
  503,
  "The request took longer than its claim was held, and another try has begun. What it did was undone: ask again.",
)
export const IdempotencyOptionInvalid: ErrorClass<"IDEMPOTENCY_OPTION_INVALID", 500> = defineError(
  "IDEMPOTENCY_OPTION_INVALID",
  500,
  "An option of the idempotency layer does not fit. The message says which, and what is accepted.",
)
export const IdempotencyStoreFailed: ErrorClass<"IDEMPOTENCY_STORE_FAILED", 503> = defineError(
  "IDEMPOTENCY_STORE_FAILED",
  503,
  "What keeps the answers of requests did not do its work. The log has the cause; the request may be sent again.",
)
export const IdempotencyStoreFull: ErrorClass<"IDEMPOTENCY_STORE_FULL", 503> = defineError(
  "IDEMPOTENCY_STORE_FULL",
  503,
  "As many answers are kept in memory as may be. Ask again later, raise `maxBytes` or `maxEntries`, or keep them in a database.",
)
export const IdempotencyClosed: ErrorClass<"IDEMPOTENCY_CLOSED", 503> = defineError(
  "IDEMPOTENCY_CLOSED",
  503,
  "What keeps the answers of requests was closed.",
)
