import { defineError, type ErrorClass } from "@ashlar/core"

export const RootKeyMissing: ErrorClass<"CRYPTO_ROOT_KEY_MISSING", 500> = defineError(
  "CRYPTO_ROOT_KEY_MISSING",
  500,
  "The root key is not where its URL says. Restore it: what it protects opens with no other.",
)
export const RootKeyExposed: ErrorClass<"CRYPTO_ROOT_KEY_EXPOSED", 500> = defineError(
  "CRYPTO_ROOT_KEY_EXPOSED",
  500,
  "Others than its owner may read the file of the root key. Run `chmod 600` on it, and think of who may have read it.",
)
export const RootKeyInvalid: ErrorClass<"CRYPTO_ROOT_KEY_INVALID", 500> = defineError(
  "CRYPTO_ROOT_KEY_INVALID",
  500,
  "The root key, or its URL, is not as it must be. The message says what is expected.",
)
/** The service that holds the root key. */
export const RootKeyUnavailable: ErrorClass<"CRYPTO_ROOT_KEY_UNAVAILABLE", 503> = defineError(
  "CRYPTO_ROOT_KEY_UNAVAILABLE",
  503,
  "What holds the root key cannot be reached, or does not answer in time. Try again.",
)
export const RootKeyRefused: ErrorClass<"CRYPTO_ROOT_KEY_REFUSED", 500> = defineError(
  "CRYPTO_ROOT_KEY_REFUSED",
  500,
  "What holds the root key does not let this program use it. Look at the login, and at what it may do.",
)
export const UnwrapFailed: ErrorClass<"CRYPTO_UNWRAP_FAILED", 500> = defineError(
  "CRYPTO_UNWRAP_FAILED",
  500,
  "A wrapped key does not open: it was changed, belongs elsewhere, or was wrapped by another root key.",
)
export const KeyRecordInvalid: ErrorClass<"CRYPTO_RECORD_INVALID", 500> = defineError(
  "CRYPTO_RECORD_INVALID",
  500,
  "A key in the store is not as it was written, or cannot be read. Look at who writes to the store, and restore it.",
)
export const ContextInvalid: ErrorClass<"CRYPTO_CONTEXT_INVALID", 422> = defineError(
  "CRYPTO_CONTEXT_INVALID",
  422,
  "A context says what is encrypted and whose: 1 to 16 names with texts. The message says what does not fit.",
)
export const CiphertextInvalid: ErrorClass<"CRYPTO_CIPHERTEXT_INVALID", 422> = defineError(
  "CRYPTO_CIPHERTEXT_INVALID",
  422,
  "It does not open with this key and context: it was changed, cut, or encrypted for something else.",
)
export const KeyNotFound: ErrorClass<"CRYPTO_KEY_NOT_FOUND", 404> = defineError(
  "CRYPTO_KEY_NOT_FOUND",
  404,
  "No key has this name here.",
)
export const KeyExists: ErrorClass<"CRYPTO_KEY_EXISTS", 409> = defineError(
  "CRYPTO_KEY_EXISTS",
  409,
  "A key of this name is there, or was: names of destroyed keys stay taken. Choose another.",
)
export const KeyDisabled: ErrorClass<"CRYPTO_KEY_DISABLED", 409> = defineError(
  "CRYPTO_KEY_DISABLED",
  409,
  "The key is disabled, or waits for its deletion. Enable it, or cancel the deletion.",
)
export const KeyDestroyed: ErrorClass<"CRYPTO_KEY_DESTROYED", 410> = defineError(
  "CRYPTO_KEY_DESTROYED",
  410,
  "The key was destroyed, and what it encrypted is gone with it.",
)
export const KeyUseRefused: ErrorClass<"CRYPTO_KEY_USE_REFUSED", 403> = defineError(
  "CRYPTO_KEY_USE_REFUSED",
  403,
  "The key may not be used for this, or not by this caller. Look at its uses and grants.",
)
export const VersionRefused: ErrorClass<"CRYPTO_VERSION_REFUSED", 409> = defineError(
  "CRYPTO_VERSION_REFUSED",
  409,
  "The version of the key is older than its minimum, or not there.",
)
export const KeyConflict: ErrorClass<"CRYPTO_CONFLICT", 409> = defineError(
  "CRYPTO_CONFLICT",
  409,
  "Others changed it again and again meanwhile. Read it, and try again.",
)
export const CryptoOptionInvalid: ErrorClass<"CRYPTO_OPTION_INVALID", 422> = defineError(
  "CRYPTO_OPTION_INVALID",
  422,
  "A name, a number or a choice for keys or secrets does not fit. The message says which.",
)
export const CryptoLimitReached: ErrorClass<"CRYPTO_LIMIT_REACHED", 409> = defineError(
  "CRYPTO_LIMIT_REACHED",
  409,
  "A limit of keys, versions, grants or sizes is reached. The message says which.",
)
export const CryptoStoreFailed: ErrorClass<"CRYPTO_STORE_FAILED", 503> = defineError(
  "CRYPTO_STORE_FAILED",
  503,
  "The store of keys did not do its work. Nothing was changed; try again.",
)
export const CryptoAuditFailed: ErrorClass<"CRYPTO_AUDIT_FAILED", 503> = defineError(
  "CRYPTO_AUDIT_FAILED",
  503,
  "The audit could not be written, so nothing was handed out.",
)
export const CryptoClosed: ErrorClass<"CRYPTO_CLOSED", 500> = defineError(
  "CRYPTO_CLOSED",
  500,
  "The keys were closed. Open them again.",
)
export const SecretNotFound: ErrorClass<"CRYPTO_SECRET_NOT_FOUND", 404> = defineError(
  "CRYPTO_SECRET_NOT_FOUND",
  404,
  "No secret has this name here, or the caller may not read it.",
)
export const SecretExpired: ErrorClass<"CRYPTO_SECRET_EXPIRED", 410> = defineError(
  "CRYPTO_SECRET_EXPIRED",
  410,
  "The secret expired. Set a new one.",
)
