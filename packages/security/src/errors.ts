import { defineError, type ErrorClass } from "@ashlar/core"

export const CorsInvalid: ErrorClass<"SECURITY_CORS_INVALID", 500> = defineError(
  "SECURITY_CORS_INVALID",
  500,
  "The `cors` layer is set up so that browsers would refuse it, or let in whom nobody meant. The message says what to change.",
)
export const HeadersInvalid: ErrorClass<"SECURITY_HEADERS_INVALID", 500> = defineError(
  "SECURITY_HEADERS_INVALID",
  500,
  "A security header is set up with what browsers do not understand. The message says which, and what is accepted.",
)
export const CsrfInvalid: ErrorClass<"SECURITY_CSRF_INVALID", 500> = defineError(
  "SECURITY_CSRF_INVALID",
  500,
  "The protection against forged requests is set up with what cannot protect. The message says what to change.",
)
export const OriginRefused: ErrorClass<"SECURITY_ORIGIN_REFUSED", 403> = defineError(
  "SECURITY_ORIGIN_REFUSED",
  403,
  "Pages of this origin may not do this here. Call it from a page of this site, or have the origin allowed.",
)
export const CsrfTokenInvalid: ErrorClass<"SECURITY_CSRF_TOKEN_INVALID", 403> = defineError(
  "SECURITY_CSRF_TOKEN_INVALID",
  403,
  "The request lacks the token of the page that it comes from, or has one that is not its session's. Load the page again.",
)
export const LimitInvalid: ErrorClass<"SECURITY_LIMIT_INVALID", 500> = defineError(
  "SECURITY_LIMIT_INVALID",
  500,
  "A limit of requests is set up with a name, a number or a choice that does not fit. The message says which.",
)
/** Never reaches a caller: `onError` is told it. */
export const LimitStoreAway: ErrorClass<"SECURITY_LIMIT_STORE_AWAY", 503> = defineError(
  "SECURITY_LIMIT_STORE_AWAY",
  503,
  "What counts requests did not answer in its time. `whenAway` decided on the request.",
)
