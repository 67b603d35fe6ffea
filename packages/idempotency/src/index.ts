export {
  IdempotencyAnswerUnkept,
  IdempotencyClaimLost,
  IdempotencyClosed,
  IdempotencyInProgress,
  IdempotencyKeyInvalid,
  IdempotencyKeyMissing,
  IdempotencyKeyReused,
  IdempotencyOptionInvalid,
  IdempotencyStoreFailed,
  IdempotencyStoreFull,
} from "./errors.ts"
export { parseIdempotencyKey } from "./idempotency-key.ts"
export { type AnswerSeal, type IdempotencyScope, type IdempotentOptions, idempotent } from "./idempotent.ts"
export type { Idempotency, IdempotencyOptions } from "./open-idempotency.ts"
export { defineIdempotency, idempotencyGuarantees, openIdempotency } from "./open-idempotency.ts"
export type { Begun, Claim, IdempotencyStore } from "./store.ts"
