/** Every error of this package. A kill or a refusal of a function has its own code, which the caller and the log show. */

import { type AshlarError, defineError, type ErrorClass, fromReport } from "@ashlar/core"

export const FunctionNotFound: ErrorClass<"FUNCTIONS_NOT_FOUND", 404> = defineError(
  "FUNCTIONS_NOT_FOUND",
  404,
  "The project has no function of this name. List them with: ashlar functions list",
)

export const FunctionVersionNotFound: ErrorClass<"FUNCTIONS_VERSION_NOT_FOUND", 404> = defineError(
  "FUNCTIONS_VERSION_NOT_FOUND",
  404,
  "The function has no such version to go to. List them with: ashlar functions versions <name>",
)

export const CursorInvalid: ErrorClass<"FUNCTIONS_CURSOR_INVALID", 400> = defineError(
  "FUNCTIONS_CURSOR_INVALID",
  400,
  "This cursor was not given out for this list. Start again without a cursor.",
)

export const FunctionInvalid: ErrorClass<"FUNCTIONS_INVALID", 400> = defineError(
  "FUNCTIONS_INVALID",
  400,
  "A part of the function's manifest is not valid. The message names the part and what was expected.",
)

export const ChangeBusy: ErrorClass<"FUNCTIONS_CHANGE_BUSY", 503> = defineError(
  "FUNCTIONS_CHANGE_BUSY",
  503,
  "Other changes of this function are under way, and took longer than this one may wait. Try again in a moment.",
)

export const BundleInvalid: ErrorClass<"FUNCTIONS_BUNDLE_INVALID", 422> = defineError(
  "FUNCTIONS_BUNDLE_INVALID",
  422,
  "The bundle does not load, or has no `export default { fetch }`. The message has the runtime's own words.",
)

export const BundleLost: ErrorClass<"FUNCTIONS_BUNDLE_LOST", 503> = defineError(
  "FUNCTIONS_BUNDLE_LOST",
  503,
  "The code of this version is not where bundles are kept, or is not what was deployed. Deploy it again, or roll back.",
)

export const BundleTooLarge: ErrorClass<"FUNCTIONS_BUNDLE_TOO_LARGE", 413> = defineError(
  "FUNCTIONS_BUNDLE_TOO_LARGE",
  413,
  "The bundle is larger than this install takes. Minify it, or leave out what the function does not use.",
)

export const CredentialsNeeded: ErrorClass<"FUNCTIONS_CREDENTIALS_NEEDED", 401> = defineError(
  "FUNCTIONS_CREDENTIALS_NEEDED",
  401,
  'The function is not public. Send a key of its project, or deploy it with access "public".',
)

export const AccessDenied: ErrorClass<"FUNCTIONS_FORBIDDEN", 403> = defineError(
  "FUNCTIONS_FORBIDDEN",
  403,
  'The function takes secret keys only. Send one, or deploy the function with access "publishable" or "public".',
)

export const WallLimit: ErrorClass<"FUNCTIONS_WALL_LIMIT", 504> = defineError(
  "FUNCTIONS_WALL_LIMIT",
  504,
  "The function did not finish within its wall time, and was stopped.",
)

export const CpuLimit: ErrorClass<"FUNCTIONS_CPU_LIMIT", 504> = defineError(
  "FUNCTIONS_CPU_LIMIT",
  504,
  "The function used more processor time than its limit, and was stopped.",
)

export const MemoryLimit: ErrorClass<"FUNCTIONS_MEMORY_LIMIT", 507> = defineError(
  "FUNCTIONS_MEMORY_LIMIT",
  507,
  "The function used more memory than its limit, and was stopped.",
)

export const BodyLimit: ErrorClass<"FUNCTIONS_BODY_LIMIT", 502> = defineError(
  "FUNCTIONS_BODY_LIMIT",
  502,
  "The request (413) or the function's response (502) has a larger body than the function's `bodyBytes`.",
)

/** The same code as {@link BodyLimit} with the status that a too large request has. */
export function requestTooLarge(limitBytes: number): AshlarError {
  const message = `Expected a request body of at most ${limitBytes} bytes. Send less, or raise the function's limit bodyBytes.`
  return fromReport({ code: BodyLimit.code, status: 413, message, details: { limitBytes } })
}

export const LogLimit: ErrorClass<"FUNCTIONS_LOG_LIMIT", 502> = defineError(
  "FUNCTIONS_LOG_LIMIT",
  502,
  "The function flooded its log or its output, and was stopped.",
)

export const QueueFull: ErrorClass<"FUNCTIONS_QUEUE_FULL", 503> = defineError(
  "FUNCTIONS_QUEUE_FULL",
  503,
  "The function is busy and its queue is full, or the call waited too long in it. Try again later.",
)

export const Crashed: ErrorClass<"FUNCTIONS_CRASHED", 502> = defineError(
  "FUNCTIONS_CRASHED",
  502,
  "The function's process ended before it answered.",
)

export const Threw: ErrorClass<"FUNCTIONS_THREW", 500> = defineError(
  "FUNCTIONS_THREW",
  500,
  "The function threw an error. Its log has the error under the same invocation.",
)

export const ProtocolError: ErrorClass<"FUNCTIONS_PROTOCOL_ERROR", 502> = defineError(
  "FUNCTIONS_PROTOCOL_ERROR",
  502,
  "The function's process broke the rules of its channel, and was stopped.",
)

export const BadResponse: ErrorClass<"FUNCTIONS_BAD_RESPONSE", 502> = defineError(
  "FUNCTIONS_BAD_RESPONSE",
  502,
  "The function did not answer with a valid Response of status 200 to 599.",
)

export const Unsandboxed: ErrorClass<"FUNCTIONS_UNSANDBOXED", 503> = defineError(
  "FUNCTIONS_UNSANDBOXED",
  503,
  "This machine cannot isolate the runtime, and running it without isolation was not allowed. See: ashlar doctor",
)

export const StartFailed: ErrorClass<"FUNCTIONS_START_FAILED", 503> = defineError(
  "FUNCTIONS_START_FAILED",
  503,
  "No process could be started for the function. Try again; if it stays, see: ashlar doctor",
)

export const Stopped: ErrorClass<"FUNCTIONS_STOPPED", 503> = defineError(
  "FUNCTIONS_STOPPED",
  503,
  "The platform is stopping, or the function was deleted during the call. Try again.",
)

export const Cancelled: ErrorClass<"FUNCTIONS_CANCELLED", 499> = defineError(
  "FUNCTIONS_CANCELLED",
  499,
  "The caller went away before the function answered.",
)

export const BrokenOff: ErrorClass<"FUNCTIONS_BROKEN_OFF", 502> = defineError(
  "FUNCTIONS_BROKEN_OFF",
  502,
  "The answer broke off before its end.",
)

export const InvocationOver: ErrorClass<"FUNCTIONS_INVOCATION_OVER", 410> = defineError(
  "FUNCTIONS_INVOCATION_OVER",
  410,
  "ctx.db and fetch work only while an invocation runs. Await them before the response ends.",
)

export const CallLimit: ErrorClass<"FUNCTIONS_CALL_LIMIT", 429> = defineError(
  "FUNCTIONS_CALL_LIMIT",
  429,
  "One invocation made more calls to ctx.db and fetch than it may.",
)

export const PayloadLimit: ErrorClass<"FUNCTIONS_PAYLOAD_LIMIT", 413> = defineError(
  "FUNCTIONS_PAYLOAD_LIMIT",
  413,
  "What a ctx.db call sends or returns is too large for one call. Ask for less at a time.",
)

export const EgressInvalid: ErrorClass<"FUNCTIONS_EGRESS_INVALID", 400> = defineError(
  "FUNCTIONS_EGRESS_INVALID",
  400,
  "fetch needs an http: or https: URL without a user name or password.",
)

export const EgressNotGranted: ErrorClass<"FUNCTIONS_EGRESS_NOT_GRANTED", 403> = defineError(
  "FUNCTIONS_EGRESS_NOT_GRANTED",
  403,
  "The function's `egress` does not name this host and port. Add it and deploy again.",
)

export const EgressPrivate: ErrorClass<"FUNCTIONS_EGRESS_PRIVATE", 403> = defineError(
  "FUNCTIONS_EGRESS_PRIVATE",
  403,
  "The host resolves to an address that is not public, so a function may not reach it.",
)

export const EgressFailed: ErrorClass<"FUNCTIONS_EGRESS_FAILED", 502> = defineError(
  "FUNCTIONS_EGRESS_FAILED",
  502,
  "The host could not be resolved or reached.",
)

export const EgressRedirects: ErrorClass<"FUNCTIONS_EGRESS_REDIRECTS", 502> = defineError(
  "FUNCTIONS_EGRESS_REDIRECTS",
  502,
  "The answer redirects too often, or redirects what cannot be sent again.",
)

export const EgressLimit: ErrorClass<"FUNCTIONS_EGRESS_LIMIT", 502> = defineError(
  "FUNCTIONS_EGRESS_LIMIT",
  502,
  "One fetch sent or received more bytes than it may.",
)

export const SecretRefused: ErrorClass<"FUNCTIONS_SECRET_REFUSED", 409> = defineError(
  "FUNCTIONS_SECRET_REFUSED",
  409,
  "The env of the function names a secret that is not there, expired, or is not granted to it. Set it, with the function as a reader.",
)
