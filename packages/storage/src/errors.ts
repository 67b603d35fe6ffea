import { defineError, type ErrorClass } from "@ashlar/core"

/* Messages may reach an HTTP caller: they hold no folders, buckets, addresses or logins. Keys are the caller's own. */

export const StorageKeyInvalid: ErrorClass<"STORAGE_KEY_INVALID", 400> = defineError(
  "STORAGE_KEY_INVALID",
  400,
  "A key does not fit. Give segments of plain text between slashes, without `..`; the message says what is wrong.",
)
export const StorageNotFound: ErrorClass<"STORAGE_NOT_FOUND", 404> = defineError(
  "STORAGE_NOT_FOUND",
  404,
  "There is no object under this key.",
)
export const StorageKeyConflict: ErrorClass<"STORAGE_KEY_CONFLICT", 409> = defineError(
  "STORAGE_KEY_CONFLICT",
  409,
  "In a folder a name is a file or a folder: another object's key begins with this one, or this one's with another.",
)
export const StoragePreconditionFailed: ErrorClass<"STORAGE_PRECONDITION_FAILED", 412> = defineError(
  "STORAGE_PRECONDITION_FAILED",
  412,
  "The object is not in the state that the write is for: read it again, and decide anew.",
)
export const StorageTooLarge: ErrorClass<"STORAGE_TOO_LARGE", 413> = defineError(
  "STORAGE_TOO_LARGE",
  413,
  "An object is larger than it may be. The limit is in `details.maxBytes`.",
)
export const StorageQuotaExceeded: ErrorClass<"STORAGE_QUOTA_EXCEEDED", 413> = defineError(
  "STORAGE_QUOTA_EXCEEDED",
  413,
  "There is no room under this prefix for another object, or for so many bytes. The limit is in `details`.",
)
export const StorageRangeInvalid: ErrorClass<"STORAGE_RANGE_INVALID", 416> = defineError(
  "STORAGE_RANGE_INVALID",
  416,
  "The object has no bytes in the range that was asked for. Its size is in `details.sizeBytes`.",
)
export const StorageChecksumMismatch: ErrorClass<"STORAGE_CHECKSUM_MISMATCH", 422> = defineError(
  "STORAGE_CHECKSUM_MISMATCH",
  422,
  "The bytes are not those that the checksum is of. Nothing was stored; what was read is not to be used.",
)
export const StorageChecksumUnknown: ErrorClass<"STORAGE_CHECKSUM_UNKNOWN", 422> = defineError(
  "STORAGE_CHECKSUM_UNKNOWN",
  422,
  "The object has no checksum to be held against: it was put there by other means. Read it without `verify`.",
)
export const StorageSignatureInvalid: ErrorClass<"STORAGE_SIGNATURE_INVALID", 403> = defineError(
  "STORAGE_SIGNATURE_INVALID",
  403,
  "The address is not signed, not for this, or its time is over. Ask for a new one.",
)
export const StorageSigningMissing: ErrorClass<"STORAGE_SIGNING_MISSING", 500> = defineError(
  "STORAGE_SIGNING_MISSING",
  500,
  "Addresses of this storage are signed by the app: give `openStorage` the option `signing: { secret, baseUrl }`.",
)
export const StorageOptionInvalid: ErrorClass<"STORAGE_OPTION_INVALID", 500> = defineError(
  "STORAGE_OPTION_INVALID",
  500,
  "An option of the storage or of one call does not fit. The message says which, and what is accepted.",
)
export const StorageFailed: ErrorClass<"STORAGE_FAILED", 503> = defineError(
  "STORAGE_FAILED",
  503,
  "What keeps the objects did not do its work. The log has the cause.",
)
export const StorageFull: ErrorClass<"STORAGE_FULL", 507> = defineError(
  "STORAGE_FULL",
  507,
  "There is no room left where objects are kept. Nothing was stored.",
)
export const StorageClosed: ErrorClass<"STORAGE_CLOSED", 503> = defineError(
  "STORAGE_CLOSED",
  503,
  "It was closed. Open it again, or close it later.",
)
