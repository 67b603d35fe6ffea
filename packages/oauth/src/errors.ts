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
/** For the worker of a queue: the job is tried again. */
export const OAuthLogoutNotTold: ErrorClass<"OAUTH_LOGOUT_NOT_TOLD", 502> = defineError(
  "OAUTH_LOGOUT_NOT_TOLD",
  502,
  "A client could not be told that somebody signed out. Tell it again later.",
)
/** Names of the providers are the app's own, so it is told which there are. */
export const OAuthProviderUnknown: ErrorClass<"OAUTH_PROVIDER_UNKNOWN", 404> = defineError(
  "OAUTH_PROVIDER_UNKNOWN",
  404,
  "There is no sign-in with this provider.",
)
export const OAuthProviderFailed: ErrorClass<"OAUTH_PROVIDER_FAILED", 502> = defineError(
  "OAUTH_PROVIDER_FAILED",
  502,
  "The provider could not be asked, or answered what is no answer. `details.error` is its own word for it, where it said one.",
)
export const OAuthAnswerInvalid: ErrorClass<"OAUTH_ANSWER_INVALID", 400> = defineError(
  "OAUTH_ANSWER_INVALID",
  400,
  "What came from the provider is not to be trusted: of another issuer, for another client or sign-in, unsigned, or out of date.",
)
export const OAuthSignInDenied: ErrorClass<"OAUTH_SIGN_IN_DENIED", 403> = defineError(
  "OAUTH_SIGN_IN_DENIED",
  403,
  "The person or the provider said no. `details.error` is the provider's word for it, such as `access_denied`.",
)
export const OAuthStateInvalid: ErrorClass<"OAUTH_STATE_INVALID", 400> = defineError(
  "OAUTH_STATE_INVALID",
  400,
  "This answer is of no sign-in that this browser began. Begin again, in one browser and with cookies.",
)
export const OAuthSignInExpired: ErrorClass<"OAUTH_SIGN_IN_EXPIRED", 400> = defineError(
  "OAUTH_SIGN_IN_EXPIRED",
  400,
  "The sign-in took too long. Begin again.",
)
export const OAuthSignInUsed: ErrorClass<"OAUTH_SIGN_IN_USED", 409> = defineError(
  "OAUTH_SIGN_IN_USED",
  409,
  "This answer was used already, as when a page is loaded anew. Begin again if you are not signed in.",
)
export const OAuthGrantEnded: ErrorClass<"OAUTH_GRANT_ENDED", 401> = defineError(
  "OAUTH_GRANT_ENDED",
  401,
  "The provider gives no tokens for this person any more: the consent was taken back, or ran out. Let the person sign in again.",
)

export const EthereumSignInInvalid: ErrorClass<"OAUTH_ETHEREUM_INVALID", 401> = defineError(
  "OAUTH_ETHEREUM_INVALID",
  401,
  "The message and its signature prove no Ethereum account here. `details.reason` says what is wrong.",
)
