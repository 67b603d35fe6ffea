import { defineError, type ErrorClass } from "@ashlar/core"

/* What a caller did, or may not do. */
export const BadRequest: ErrorClass<"HTTP_BAD_REQUEST", 400> = defineError(
  "HTTP_BAD_REQUEST",
  400,
  "The request is malformed. The detail says where.",
)
export const BodyInvalid: ErrorClass<"HTTP_BODY_INVALID", 400> = defineError(
  "HTTP_BODY_INVALID",
  400,
  "The body could not be read as its Content-Type says.",
)
export const Unauthorized: ErrorClass<"HTTP_UNAUTHORIZED", 401> = defineError(
  "HTTP_UNAUTHORIZED",
  401,
  "This needs credentials. Send an Authorization header.",
)
export const PaymentRequired: ErrorClass<"HTTP_PAYMENT_REQUIRED", 402> = defineError(
  "HTTP_PAYMENT_REQUIRED",
  402,
  "This needs a payment or a larger plan first.",
)
export const Forbidden: ErrorClass<"HTTP_FORBIDDEN", 403> = defineError(
  "HTTP_FORBIDDEN",
  403,
  "The credentials are good, but they do not allow this.",
)
export const NotFound: ErrorClass<"HTTP_NOT_FOUND", 404> = defineError(
  "HTTP_NOT_FOUND",
  404,
  "Nothing is served at this address.",
)
export const MethodNotAllowed: ErrorClass<"HTTP_METHOD_NOT_ALLOWED", 405> = defineError(
  "HTTP_METHOD_NOT_ALLOWED",
  405,
  "This address does not take this method. The Allow header lists those it takes.",
)
export const NotAcceptable: ErrorClass<"HTTP_NOT_ACCEPTABLE", 406> = defineError(
  "HTTP_NOT_ACCEPTABLE",
  406,
  "No form of this answer is one that the Accept header takes. `details.types` lists those there are.",
)
export const Conflict: ErrorClass<"HTTP_CONFLICT", 409> = defineError(
  "HTTP_CONFLICT",
  409,
  "The request does not fit the present state.",
)
export const Gone: ErrorClass<"HTTP_GONE", 410> = defineError(
  "HTTP_GONE",
  410,
  "What was here is gone for good. Do not ask for it again.",
)
export const PreconditionFailed: ErrorClass<"HTTP_PRECONDITION_FAILED", 412> = defineError(
  "HTTP_PRECONDITION_FAILED",
  412,
  "It is not in the state that the request is for. Read it again, then decide.",
)
export const BodyTooLarge: ErrorClass<"HTTP_BODY_TOO_LARGE", 413> = defineError(
  "HTTP_BODY_TOO_LARGE",
  413,
  "The body is larger than this address takes. The limit is in `details.maxBodyBytes`.",
)
export const LineTooLong: ErrorClass<"HTTP_LINE_TOO_LONG", 413> = defineError(
  "HTTP_LINE_TOO_LONG",
  413,
  "A line of the body is longer than this address takes. The line and the limit are in `details`.",
)
export const UnsupportedMediaType: ErrorClass<"HTTP_UNSUPPORTED_MEDIA_TYPE", 415> = defineError(
  "HTTP_UNSUPPORTED_MEDIA_TYPE",
  415,
  "The body's Content-Type is not one this address reads.",
)
export const RangeNotSatisfiable: ErrorClass<"HTTP_RANGE_NOT_SATISFIABLE", 416> = defineError(
  "HTTP_RANGE_NOT_SATISFIABLE",
  416,
  "No part that is asked for lies in the file. Content-Range says how large it is.",
)
export const Invalid: ErrorClass<"HTTP_INVALID", 422> = defineError(
  "HTTP_INVALID",
  422,
  "The request was understood, but some values are not acceptable. `errors` lists them.",
)
export const Locked: ErrorClass<"HTTP_LOCKED", 423> = defineError(
  "HTTP_LOCKED",
  423,
  "It is locked by somebody else. Try again when the lock is gone.",
)
export const UpgradeRequired: ErrorClass<"HTTP_UPGRADE_REQUIRED", 426> = defineError(
  "HTTP_UPGRADE_REQUIRED",
  426,
  "This address speaks WebSocket, version 13. Connect with a WebSocket client.",
)
export const PreconditionRequired: ErrorClass<"HTTP_PRECONDITION_REQUIRED", 428> = defineError(
  "HTTP_PRECONDITION_REQUIRED",
  428,
  "A change needs to say which state it is for. Send If-Match with the ETag that was read.",
)
export const TooManyRequests: ErrorClass<"HTTP_TOO_MANY_REQUESTS", 429> = defineError(
  "HTTP_TOO_MANY_REQUESTS",
  429,
  "Too many requests. Try again after the seconds in Retry-After.",
)
export const NotImplemented: ErrorClass<"HTTP_NOT_IMPLEMENTED", 501> = defineError(
  "HTTP_NOT_IMPLEMENTED",
  501,
  "The server does not do this yet.",
)
export const UpgradeUnavailable: ErrorClass<"HTTP_UPGRADE_UNAVAILABLE", 501> = defineError(
  "HTTP_UPGRADE_UNAVAILABLE",
  501,
  "This server cannot turn the request into a WebSocket connection. Serve the app with listen(), or on a platform that can.",
)
export const BadGateway: ErrorClass<"HTTP_BAD_GATEWAY", 502> = defineError(
  "HTTP_BAD_GATEWAY",
  502,
  "A server behind this one gave an answer that is of no use. Try again shortly.",
)
export const Unavailable: ErrorClass<"HTTP_UNAVAILABLE", 503> = defineError(
  "HTTP_UNAVAILABLE",
  503,
  "The server cannot take this now. Try again shortly.",
)
export const GatewayTimeout: ErrorClass<"HTTP_GATEWAY_TIMEOUT", 504> = defineError(
  "HTTP_GATEWAY_TIMEOUT",
  504,
  "A server behind this one did not answer in time. Try again shortly.",
)

export const RequestTimeout: ErrorClass<"HTTP_TIMEOUT", 503> = defineError(
  "HTTP_TIMEOUT",
  503,
  "The answer took longer than this address may. Try again; what was started may have been done.",
)

/* What a developer wrote. Thrown at boot or at the call, never sent as they are. */
export const PathInvalid: ErrorClass<"HTTP_PATH_INVALID", 500> = defineError(
  "HTTP_PATH_INVALID",
  500,
  "A route's path is not a valid pattern.",
)
export const RouteDuplicate: ErrorClass<"HTTP_ROUTE_DUPLICATE", 500> = defineError(
  "HTTP_ROUTE_DUPLICATE",
  500,
  "Two routes take the same method and path, or the same name. Both places are named; remove or rename one.",
)
export const RouteUnknown: ErrorClass<"HTTP_ROUTE_UNKNOWN", 500> = defineError(
  "HTTP_ROUTE_UNKNOWN",
  500,
  "A URL was asked for a route that does not exist, or lacks a parameter.",
)
export const LayerUnmet: ErrorClass<"HTTP_LAYER_UNMET", 500> = defineError(
  "HTTP_LAYER_UNMET",
  500,
  "A layer needs another layer that does not run before it. Add it to the scope or the route.",
)
export const LayerConflict: ErrorClass<"HTTP_LAYER_CONFLICT", 500> = defineError(
  "HTTP_LAYER_CONFLICT",
  500,
  "Two layers provide the same context field, so its type would lie. Rename one of them.",
)
export const Frozen: ErrorClass<"HTTP_FROZEN", 500> = defineError(
  "HTTP_FROZEN",
  500,
  "A route was added after the table froze. Declare every route before listen() or the first fetch().",
)
export const ResponseInvalid: ErrorClass<"HTTP_RESPONSE_INVALID", 500> = defineError(
  "HTTP_RESPONSE_INVALID",
  500,
  "A handler returned what its route's response schema does not describe, or what cannot be sent.",
)
export const EventUnknown: ErrorClass<"HTTP_EVENT_UNKNOWN", 500> = defineError(
  "HTTP_EVENT_UNKNOWN",
  500,
  "A Lambda function was given an event that carries no HTTP request. Let another handler take such events.",
)
export const PlatformMissing: ErrorClass<"HTTP_PLATFORM_MISSING", 500> = defineError(
  "HTTP_PLATFORM_MISSING",
  500,
  "Something needs what a serverless platform gives, and the app is not served there.",
)
export const AnswerTooLarge: ErrorClass<"HTTP_ANSWER_TOO_LARGE", 500> = defineError(
  "HTTP_ANSWER_TOO_LARGE",
  500,
  "An answer is larger than the platform takes. Stream it (`toLambdaStream`), or answer with less.",
)
export const UpgradeInvalid: ErrorClass<"HTTP_UPGRADE_INVALID", 500> = defineError(
  "HTTP_UPGRADE_INVALID",
  500,
  "A route upgrades although its definition has no `websocket`, or its limits or method do not fit a WebSocket.",
)
export const BatchTooLarge: ErrorClass<"HTTP_BATCH_TOO_LARGE", 413> = defineError(
  "HTTP_BATCH_TOO_LARGE",
  413,
  "A batch has more requests than this address takes, or its answers are too large together. `details` has the limit.",
)
export const VersionUnknown: ErrorClass<"HTTP_VERSION_UNKNOWN", 400> = defineError(
  "HTTP_VERSION_UNKNOWN",
  400,
  "The request is for a version of the API that there is not, or for none where one must be named. `details.versions` lists them.",
)
export const LimitInvalid: ErrorClass<"HTTP_LIMIT_INVALID", 500> = defineError(
  "HTTP_LIMIT_INVALID",
  500,
  "A limit of an app or a route is no number, as that of a missing variable, or is below what it can be: then nothing would be limited.",
)
export const VersioningInvalid: ErrorClass<"HTTP_VERSIONING_INVALID", 500> = defineError(
  "HTTP_VERSIONING_INVALID",
  500,
  "The versions of an API are defined with a name, a header, a date or an address that cannot be sent.",
)
export const SerializationInvalid: ErrorClass<"HTTP_SERIALIZATION_INVALID", 500> = defineError(
  "HTTP_SERIALIZATION_INVALID",
  500,
  "Members are hidden of a schema that has none of that name, or whose members are not known: nothing may look hidden that is not.",
)
export const QueryInvalid: ErrorClass<"HTTP_QUERY_INVALID", 500> = defineError(
  "HTTP_QUERY_INVALID",
  500,
  "What callers may ask of a list is defined with what cannot be: a limit that is no whole number, an order by a field that is none, a schema that answers later.",
)
export const ProcedureInvalid: ErrorClass<"HTTP_PROCEDURE_INVALID", 500> = defineError(
  "HTTP_PROCEDURE_INVALID",
  500,
  "A procedure is named by what cannot be in an address, or stands too deep in its record.",
)
export const OffloadInvalid: ErrorClass<"HTTP_OFFLOAD_INVALID", 500> = defineError(
  "HTTP_OFFLOAD_INVALID",
  500,
  "A task cannot be run in a thread: its module is the program's own or does not define it, or there are no threads here.",
)
export const OffloadFailed: ErrorClass<"HTTP_OFFLOAD_FAILED", 500> = defineError(
  "HTTP_OFFLOAD_FAILED",
  500,
  "A thread ended before its task did. The log may say why; the next task gets another thread.",
)
export const ProxyInvalid: ErrorClass<"HTTP_PROXY_INVALID", 500> = defineError(
  "HTTP_PROXY_INVALID",
  500,
  "`trustedProxies` holds what is no address, no range, no name of one and no number of hops.",
)
export const ListenFailed: ErrorClass<"HTTP_LISTEN_FAILED", 500> = defineError(
  "HTTP_LISTEN_FAILED",
  500,
  "The server could not listen on this address and port.",
)

export const CacheControlInvalid: ErrorClass<"HTTP_CACHE_CONTROL_INVALID", 500> = defineError(
  "HTTP_CACHE_CONTROL_INVALID",
  500,
  "Directives for caches contradict one another, or a time is no whole number of seconds.",
)
export const ValidatorInvalid: ErrorClass<"HTTP_VALIDATOR_INVALID", 500> = defineError(
  "HTTP_VALIDATOR_INVALID",
  500,
  "What should tell one state of a resource from another is no entity tag, or no date.",
)
export const CompressionInvalid: ErrorClass<"HTTP_COMPRESSION_INVALID", 500> = defineError(
  "HTTP_COMPRESSION_INVALID",
  500,
  "An option of the `compress` layer is out of range.",
)
export const FilesInvalid: ErrorClass<"HTTP_FILES_INVALID", 500> = defineError(
  "HTTP_FILES_INVALID",
  500,
  "Files are served with an option out of range, from a folder that is not there, or by a route without `*path`.",
)
export const FileTruncated: ErrorClass<"HTTP_FILE_TRUNCATED", 500> = defineError(
  "HTTP_FILE_TRUNCATED",
  500,
  "A file became shorter while it was sent, so the answer breaks off.",
)
export const FormatPackageMissing: ErrorClass<"HTTP_FORMAT_PACKAGE_MISSING", 500> = defineError(
  "HTTP_FORMAT_PACKAGE_MISSING",
  500,
  "A format is offered whose package is not installed. The message has the command that installs it.",
)
export const CookieInvalid: ErrorClass<"HTTP_COOKIE_INVALID", 500> = defineError(
  "HTTP_COOKIE_INVALID",
  500,
  "A cookie's name, value or attributes are not such that a browser would take it.",
)
export const CookieTooLarge: ErrorClass<"HTTP_COOKIE_TOO_LARGE", 500> = defineError(
  "HTTP_COOKIE_TOO_LARGE",
  500,
  "A cookie is longer than browsers take. Keep what it says on the server, and its key in the cookie.",
)
export const CookieKeysInvalid: ErrorClass<"HTTP_COOKIE_KEYS_INVALID", 500> = defineError(
  "HTTP_COOKIE_KEYS_INVALID",
  500,
  "Signed cookies need keys that are long enough, and not many.",
)
export const EventInvalid: ErrorClass<"HTTP_EVENT_INVALID", 500> = defineError(
  "HTTP_EVENT_INVALID",
  500,
  "A server-sent event holds what its format cannot carry, or an option of its stream is out of range.",
)
export const EventsOverflow: ErrorClass<"HTTP_EVENTS_OVERFLOW", 503> = defineError(
  "HTTP_EVENTS_OVERFLOW",
  503,
  "The caller takes events more slowly than they come, and more wait than `maxBufferedEvents`. Its stream ends.",
)

/* Forms with files, in `@ashlar/http/uploads`. */
export const MultipartInvalid: ErrorClass<"HTTP_MULTIPART_INVALID", 400> = defineError(
  "HTTP_MULTIPART_INVALID",
  400,
  "The body is not well-formed multipart/form-data. The detail says where.",
)
export const MultipartTruncated: ErrorClass<"HTTP_MULTIPART_TRUNCATED", 400> = defineError(
  "HTTP_MULTIPART_TRUNCATED",
  400,
  "The form ended before its last boundary. Send it again, whole.",
)
export const PartsTooMany: ErrorClass<"HTTP_PARTS_TOO_MANY", 413> = defineError(
  "HTTP_PARTS_TOO_MANY",
  413,
  "The form has more parts than this address takes. The limit is in `details.maxParts`.",
)
export const PartHeadersTooLarge: ErrorClass<"HTTP_PART_HEADERS_TOO_LARGE", 413> = defineError(
  "HTTP_PART_HEADERS_TOO_LARGE",
  413,
  "The headers of a part are longer than this address takes. The limit is in `details.maxHeaderBytes`.",
)
export const PartTooLarge: ErrorClass<"HTTP_PART_TOO_LARGE", 413> = defineError(
  "HTTP_PART_TOO_LARGE",
  413,
  "A field or a file is larger than this address takes. The limit is in `details.maxBytes`, and `errors` says which.",
)
export const StorageFull: ErrorClass<"HTTP_STORAGE_FULL", 507> = defineError(
  "HTTP_STORAGE_FULL",
  507,
  "There is no room left for the upload. Try again later, or tell the operator.",
)
export const UploadNameTaken: ErrorClass<"HTTP_UPLOAD_NAME_TAKEN", 409> = defineError(
  "HTTP_UPLOAD_NAME_TAKEN",
  409,
  "A file with this name is stored already, and is not replaced.",
)
export const UploadMisused: ErrorClass<"HTTP_UPLOAD_MISUSED", 500> = defineError(
  "HTTP_UPLOAD_MISUSED",
  500,
  "An upload is declared or read in a way that cannot work. The message says what to change in the code.",
)

export const EntryInvalid: ErrorClass<"HTTP_DEV_ENTRY_INVALID", 500> = defineError(
  "HTTP_DEV_ENTRY_INVALID",
  500,
  "The file to start from gives no app: it exports none by default, and none listens. Export what `createApp()` gave.",
)
export const DevUnsupported: ErrorClass<"HTTP_DEV_UNSUPPORTED", 500> = defineError(
  "HTTP_DEV_UNSUPPORTED",
  500,
  "This version of the runtime cannot load code anew while it runs. The message names one that can.",
)
export const DevExited: ErrorClass<"HTTP_DEV_EXITED", 500> = defineError(
  "HTTP_DEV_EXITED",
  500,
  "The code ended its process while it was loaded. What it printed before says why.",
)
export const DevModuleGone: ErrorClass<"HTTP_DEV_MODULE_GONE", 500> = defineError(
  "HTTP_DEV_MODULE_GONE",
  500,
  "A module that the code imports was removed or renamed. Correct the import that the message names.",
)
export const DevRefused: ErrorClass<"HTTP_DEV_REFUSED", 403> = defineError(
  "HTTP_DEV_REFUSED",
  403,
  "The development page answers only to browsers on the machine that it runs on.",
)
