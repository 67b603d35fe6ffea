import { defineError, type ErrorClass } from "@ashlar/core"

export const OAuthOptionInvalid: ErrorClass<"OAUTH_OPTION_INVALID", 500> = defineError(
  "OAUTH_OPTION_INVALID",
  500,
  "The OAuth server, or a client of it, is set up with what is not safe or cannot be. The message says what to change.",
)
/** Callers of the protocol's endpoints are told it in the protocol's own words, such as `invalid_grant`. */
export const OAuthRefused: ErrorClass<"OAUTH_REFUSED", 400> = defineError(
  "OAUTH_REFUSED",
  400,
  "A request to the OAuth server was refused. `error` and `error_description` of the answer say why.",
)
export const OAuthStoreFailed: ErrorClass<"OAUTH_STORE_FAILED", 503> = defineError(
  "OAUTH_STORE_FAILED",
  503,
  "What keeps the grants of the OAuth server did not do its work, or is full. Ask again later.",
)
export const OAuthTokenInvalid: ErrorClass<"OAUTH_TOKEN_INVALID", 401> = defineError(
  "OAUTH_TOKEN_INVALID",
  401,
  "The request has no access token, or one that is not good here: expired, revoked, for others, or not its sender's. Get a new one.",
)
export const OAuthScopeMissing: ErrorClass<"OAUTH_SCOPE_MISSING", 403> = defineError(
  "OAUTH_SCOPE_MISSING",
  403,
  "The access token is good, but was not granted what this needs. `details.scopes` lists the scopes: ask the person for them.",
)
export const OAuthIssuerAway: ErrorClass<"OAUTH_ISSUER_AWAY", 503> = defineError(
  "OAUTH_ISSUER_AWAY",
  503,
  "Who issues the access tokens did not tell the keys that they are signed with. Ask again later.",
)
