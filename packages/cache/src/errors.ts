import { defineError, type ErrorClass } from "@ashlar/core"

/* Messages may reach an HTTP caller: they hold no keys, values or addresses of a server's login. */

export const CacheKeyInvalid: ErrorClass<"CACHE_KEY_INVALID", 500> = defineError(
  "CACHE_KEY_INVALID",
  500,
  "A key, tag or name does not fit. Give well-formed text of 1 to 1,024 characters without NUL.",
)
export const CacheOptionInvalid: ErrorClass<"CACHE_OPTION_INVALID", 500> = defineError(
  "CACHE_OPTION_INVALID",
  500,
  "An option of the cache, a lock or a limit does not fit. The message says which, and what is accepted.",
)
export const CacheValueInvalid: ErrorClass<"CACHE_VALUE_INVALID", 500> = defineError(
  "CACHE_VALUE_INVALID",
  500,
  "A value cannot be kept as it is. Give JSON, Date, bigint, Uint8Array, Map or Set, without cycles.",
)
export const CacheValueTooLarge: ErrorClass<"CACHE_VALUE_TOO_LARGE", 500> = defineError(
  "CACHE_VALUE_TOO_LARGE",
  500,
  "A value is larger than the cache keeps. The limit is in `details.maxPayloadBytes`.",
)
export const CacheStoreFailed: ErrorClass<"CACHE_STORE_FAILED", 503> = defineError(
  "CACHE_STORE_FAILED",
  503,
  "What keeps the cache, the locks or the limits did not do its work. The log has the cause.",
)
export const CacheClosed: ErrorClass<"CACHE_CLOSED", 503> = defineError(
  "CACHE_CLOSED",
  503,
  "It was closed. Open it again, or close it later.",
)
export const CacheMakeTimeout: ErrorClass<"CACHE_MAKE_TIMEOUT", 504> = defineError(
  "CACHE_MAKE_TIMEOUT",
  504,
  "Making a value took longer than it may, and there is no older one to serve.",
)
export const CacheLockTimeout: ErrorClass<"CACHE_LOCK_TIMEOUT", 503> = defineError(
  "CACHE_LOCK_TIMEOUT",
  503,
  "Another held the lock for longer than the caller waited. Try again in a moment.",
)
export const CacheLockLost: ErrorClass<"CACHE_LOCK_LOST", 503> = defineError(
  "CACHE_LOCK_LOST",
  503,
  "The lock ran out before the work ended, or another has it. Undo the work, or refuse it by its fencing token.",
)
/** Never reaches a caller: tells those who wait for an answer that it is not theirs, and `onError` that a former one stood in. */
export const CacheAnswerUnkept: ErrorClass<"CACHE_ANSWER_UNKEPT", 500> = defineError(
  "CACHE_ANSWER_UNKEPT",
  500,
  "An answer may not be kept, by its status, headers or body. Callers get it all the same, or a former one that stands in.",
)
