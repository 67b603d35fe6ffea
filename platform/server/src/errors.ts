import { defineError, type ErrorClass } from "@ashlar/core"

export const DataNotWritable: ErrorClass<"SERVER_DATA_NOT_WRITABLE", 500> = defineError(
  "SERVER_DATA_NOT_WRITABLE",
  500,
  "The data folder cannot be written. Choose another with --data, or give this user the right to write it.",
)
export const DataNewer: ErrorClass<"SERVER_DATA_NEWER", 500> = defineError(
  "SERVER_DATA_NEWER",
  500,
  "The data folder was written by a newer version of Ashlar. Start that version, or choose another folder.",
)
export const DataInUse: ErrorClass<"SERVER_DATA_IN_USE", 500> = defineError(
  "SERVER_DATA_IN_USE",
  500,
  "Another Ashlar process uses this data folder. Stop it first, or choose another folder.",
)
export const DataForeign: ErrorClass<"SERVER_DATA_FOREIGN", 500> = defineError(
  "SERVER_DATA_FOREIGN",
  500,
  "The folder holds other files, and none of Ashlar's. Choose an empty folder, so that nothing is mixed up.",
)
export const DataMissing: ErrorClass<"SERVER_DATA_MISSING", 500> = defineError(
  "SERVER_DATA_MISSING",
  500,
  "The data folder holds no install, or one that this version has not started yet. Name it with --data.",
)
export const ServiceKeyInvalid: ErrorClass<"SERVER_SERVICE_KEY_INVALID", 500> = defineError(
  "SERVER_SERVICE_KEY_INVALID",
  500,
  "The service key is not there, damaged, or readable for others. Give this process a copy of the other's file, of mode 600.",
)
export const KmsOptionsInvalid: ErrorClass<"SERVER_KMS_OPTIONS_INVALID", 500> = defineError(
  "SERVER_KMS_OPTIONS_INVALID",
  500,
  "Where the root key is was said twice, or in part. The message says what belongs together.",
)
export const ForeignOrigin: ErrorClass<"SERVER_FOREIGN_ORIGIN", 403> = defineError(
  "SERVER_FOREIGN_ORIGIN",
  403,
  "A page of another origin asked for something that only the console's own pages may ask.",
)
export const AppUserNeeded: ErrorClass<"SERVER_APP_USER_NEEDED", 401> = defineError(
  "SERVER_APP_USER_NEEDED",
  401,
  "This takes a signed-in user of the app. Send `Ashlar-User: Bearer <access token>` beside a key of the project.",
)
export const PreconditionMalformed: ErrorClass<"SERVER_PRECONDITION_MALFORMED", 400> = defineError(
  "SERVER_PRECONDITION_MALFORMED",
  400,
  'If-Match takes a revision in quotes, as ETag gives it: "7". If-None-Match takes that, or *.',
)
export const IdempotencyKeyInvalid: ErrorClass<"SERVER_IDEMPOTENCY_KEY_INVALID", 400> = defineError(
  "SERVER_IDEMPOTENCY_KEY_INVALID",
  400,
  "Idempotency-Key takes 1 to 255 visible ASCII characters, with a body of a declared length. A UUID does well.",
)
export const IdempotencyKeyInUse: ErrorClass<"SERVER_IDEMPOTENCY_KEY_IN_USE", 409> = defineError(
  "SERVER_IDEMPOTENCY_KEY_IN_USE",
  409,
  "A request with this Idempotency-Key is under way. Ask again when it has ended.",
)
export const IdempotencyKeyReused: ErrorClass<"SERVER_IDEMPOTENCY_KEY_REUSED", 422> = defineError(
  "SERVER_IDEMPOTENCY_KEY_REUSED",
  422,
  "This Idempotency-Key was used for another body. Take a new key for a new request.",
)
export const BackendInvalid: ErrorClass<"SERVER_BACKEND_INVALID", 500> = defineError(
  "SERVER_BACKEND_INVALID",
  500,
  "A URL given as --cache, --queue, --bus, --storage or --mail cannot be used. The message says which, and what is wrong with it.",
)
export const ProvidersInvalid: ErrorClass<"SERVER_PROVIDERS_INVALID", 500> = defineError(
  "SERVER_PROVIDERS_INVALID",
  500,
  "What --providers names is no list of providers that sign people in. The message says what is wrong with it.",
)
export const BackendDown: ErrorClass<"SERVER_BACKEND_DOWN", 503> = defineError(
  "SERVER_BACKEND_DOWN",
  503,
  "What a URL given as --cache, --queue, --bus or --storage points to does not answer. Start it, or choose another.",
)

export const PublicUrlInvalid: ErrorClass<"SERVER_PUBLIC_URL_INVALID", 500> = defineError(
  "SERVER_PUBLIC_URL_INVALID",
  500,
  "Expected --public-url to be where people open the console, such as https://console.example.com, without a path.",
)
