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
export const FetchOptionInvalid: ErrorClass<"SECURITY_FETCH_OPTION_INVALID", 500> = defineError(
  "SECURITY_FETCH_OPTION_INVALID",
  500,
  "A fetch for URLs of strangers is set up with a host or a number that does not fit. The message says which.",
)
export const FetchRefused: ErrorClass<"SECURITY_FETCH_REFUSED", 422> = defineError(
  "SECURITY_FETCH_REFUSED",
  422,
  "A URL that a stranger gave, or where it redirects to, may not be asked. The message says what is accepted.",
)
export const FetchFailed: ErrorClass<"SECURITY_FETCH_FAILED", 502> = defineError(
  "SECURITY_FETCH_FAILED",
  502,
  "The host of a URL that a stranger gave has no address, or none that answers.",
)
export const FetchTimeout: ErrorClass<"SECURITY_FETCH_TIMEOUT", 504> = defineError(
  "SECURITY_FETCH_TIMEOUT",
  504,
  "A URL that a stranger gave was not answered in time.",
)
export const FetchTooLarge: ErrorClass<"SECURITY_FETCH_TOO_LARGE", 502> = defineError(
  "SECURITY_FETCH_TOO_LARGE",
  502,
  "The answer of a URL that a stranger gave is larger than may be read.",
)
export const SealInvalid: ErrorClass<"SECURITY_SEAL_INVALID", 500> = defineError(
  "SECURITY_SEAL_INVALID",
  500,
  "A sealed text does not open: it was changed, belongs to another context, or was sealed by a key that is not there.",
)
export const SealOptionInvalid: ErrorClass<"SECURITY_SEAL_OPTION_INVALID", 500> = defineError(
  "SECURITY_SEAL_OPTION_INVALID",
  500,
  "A sealer is made with keys that cannot be. Give 32 random bytes for each, and the id of one of them as `current`.",
)
export const RedactionInvalid: ErrorClass<"SECURITY_REDACTION_INVALID", 500> = defineError(
  "SECURITY_REDACTION_INVALID",
  500,
  "A redactor is set up with a pattern or a bound that cannot be. The message says which.",
)
export const AuditEntryInvalid: ErrorClass<"SECURITY_AUDIT_ENTRY_INVALID", 500> = defineError(
  "SECURITY_AUDIT_ENTRY_INVALID",
  500,
  "An event cannot be an entry of the audit log: a part of it does not fit, or it is too large. The message says which.",
)
export const AuditOptionInvalid: ErrorClass<"SECURITY_AUDIT_OPTION_INVALID", 500> = defineError(
  "SECURITY_AUDIT_OPTION_INVALID",
  500,
  "An audit log was asked for what cannot be: a stream's name, a key, a page or a transaction of another database. The message says which.",
)
export const AuditMisused: ErrorClass<"SECURITY_AUDIT_MISUSED", 500> = defineError(
  "SECURITY_AUDIT_MISUSED",
  500,
  "An entry was to be written within a transaction, and not as a part of it. Say `audit.in(tx).append(…)`, or append when it is over.",
)
export const AuditStoreFailed: ErrorClass<"SECURITY_AUDIT_STORE_FAILED", 503> = defineError(
  "SECURITY_AUDIT_STORE_FAILED",
  503,
  "What keeps the audit log did not do its work. The entry may not be there: the log of the process has the cause.",
)
export const AuditClosed: ErrorClass<"SECURITY_AUDIT_CLOSED", 500> = defineError(
  "SECURITY_AUDIT_CLOSED",
  500,
  "The audit log was closed, and is used all the same. Close it last.",
)
export const BoundInvalid: ErrorClass<"SECURITY_BOUND_INVALID", 500> = defineError(
  "SECURITY_BOUND_INVALID",
  500,
  "A bound of requests is set up with a number or a word that does not fit. The message says which.",
)
export const UrlTooLong: ErrorClass<"SECURITY_URL_TOO_LONG", 414> = defineError(
  "SECURITY_URL_TOO_LONG",
  414,
  "The address is longer than this server takes. The limit is in `details.maxUrlLength`.",
)
export const HeadersTooLarge: ErrorClass<"SECURITY_HEADERS_TOO_LARGE", 431> = defineError(
  "SECURITY_HEADERS_TOO_LARGE",
  431,
  "The request has more headers, or longer ones, than this server takes. The limit is in `details`.",
)
export const RequestTooComplex: ErrorClass<"SECURITY_REQUEST_TOO_COMPLEX", 413> = defineError(
  "SECURITY_REQUEST_TOO_COMPLEX",
  413,
  "The request is deeper, wider or longer in a part than this server takes. The limit is in `details`.",
)
export const NameRefused: ErrorClass<"SECURITY_NAME_REFUSED", 400> = defineError(
  "SECURITY_NAME_REFUSED",
  400,
  "A name in the body would reach for the prototype of what it becomes. Call it otherwise.",
)
export const TextRefused: ErrorClass<"SECURITY_TEXT_REFUSED", 400> = defineError(
  "SECURITY_TEXT_REFUSED",
  400,
  "A text has characters in it that are not taken here, such as NUL. `details.found` says of which kind.",
)
export const HtmlTooLarge: ErrorClass<"SECURITY_HTML_TOO_LARGE", 413> = defineError(
  "SECURITY_HTML_TOO_LARGE",
  413,
  "A text of HTML is larger than can be made harmless in a short time.",
)
export const ScanInputInvalid: ErrorClass<"SECURITY_SCAN_INPUT_INVALID", 400> = defineError(
  "SECURITY_SCAN_INPUT_INVALID",
  400,
  "A scan was given a file or an address that cannot be read: advisories, a baseline, a lockfile or a URL. The message says which.",
)
export const ComplianceInvalid: ErrorClass<"SECURITY_COMPLIANCE_INVALID", 500> = defineError(
  "SECURITY_COMPLIANCE_INVALID",
  500,
  "What a person's data is, or what is to be done with it, is told so that it cannot be done. The message says what to change.",
)
export const ErasureBlocked: ErrorClass<"SECURITY_ERASURE_BLOCKED", 409> = defineError(
  "SECURITY_ERASURE_BLOCKED",
  409,
  "Rows that stay refer to rows of a person that are to be deleted. Nothing was changed; the message names both tables.",
)
