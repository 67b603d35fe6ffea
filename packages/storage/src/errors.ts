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
export const ImageInvalid: ErrorClass<"STORAGE_IMAGE_INVALID", 422> = defineError(
  "STORAGE_IMAGE_INVALID",
  422,
  "The bytes are no image that can be read: broken, cut off, or of another type than it says.",
)
export const ImageTypeRefused: ErrorClass<"STORAGE_IMAGE_TYPE_REFUSED", 415> = defineError(
  "STORAGE_IMAGE_TYPE_REFUSED",
  415,
  "Images of this type are not taken. Those that are stand in `details.types`.",
)
export const ImageTooLarge: ErrorClass<"STORAGE_IMAGE_TOO_LARGE", 413> = defineError(
  "STORAGE_IMAGE_TOO_LARGE",
  413,
  "The image has more bytes, pixels or pages than is worked on. The limit is in `details`.",
)
export const ImageTimeout: ErrorClass<"STORAGE_IMAGE_TIMEOUT", 503> = defineError(
  "STORAGE_IMAGE_TIMEOUT",
  503,
  "Work on the image took longer than it may. The limit is in `details.timeoutMs`.",
)
export const ImagesBusy: ErrorClass<"STORAGE_IMAGES_BUSY", 503> = defineError(
  "STORAGE_IMAGES_BUSY",
  503,
  "So many images wait to be worked on that another would not get its turn. Try again in a moment.",
)
export const ImagePackageMissing: ErrorClass<"STORAGE_IMAGE_PACKAGE_MISSING", 500> = defineError(
  "STORAGE_IMAGE_PACKAGE_MISSING",
  500,
  "Work on images needs the package sharp, which is not installed. Run: npm install sharp@0.35.5",
)
