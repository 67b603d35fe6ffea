import { defineError, type ErrorClass } from "@ashlar/core"

/* Messages reach callers: they say nothing of whether an account exists, and hold no token, key or password. */

export const CredentialsMissing: ErrorClass<"AUTH_CREDENTIALS_MISSING", 401> = defineError(
  "AUTH_CREDENTIALS_MISSING",
  401,
  "This needs credentials. WWW-Authenticate says which are taken.",
)
export const CredentialsInvalid: ErrorClass<"AUTH_CREDENTIALS_INVALID", 401> = defineError(
  "AUTH_CREDENTIALS_INVALID",
  401,
  "The credentials are not good, or not any more. Sign in again, or get new ones.",
)
export const ScopeMissing: ErrorClass<"AUTH_SCOPE_MISSING", 403> = defineError(
  "AUTH_SCOPE_MISSING",
  403,
  "The credentials are good, and were not granted for this. Get some with the scopes that WWW-Authenticate names.",
)
export const StepUpRequired: ErrorClass<"AUTH_STEP_UP_REQUIRED", 401> = defineError(
  "AUTH_STEP_UP_REQUIRED",
  401,
  "This needs a stronger or a newer proof of who you are. Sign in again as WWW-Authenticate says.",
)
export const AuthSetupInvalid: ErrorClass<"AUTH_SETUP_INVALID", 500> = defineError(
  "AUTH_SETUP_INVALID",
  500,
  "Something of authentication is set up so that it cannot work or cannot protect. The message says what to change.",
)
export const AuthStoreFailed: ErrorClass<"AUTH_STORE_FAILED", 503> = defineError(
  "AUTH_STORE_FAILED",
  503,
  "What keeps sessions and keys did not do its work. The log has the cause; the request may be sent again.",
)
export const AuthStoreFull: ErrorClass<"AUTH_STORE_FULL", 503> = defineError(
  "AUTH_STORE_FULL",
  503,
  "As many sessions or keys are kept in memory as may be. Raise `maxEntries`, or keep them in a database.",
)
export const AuthClosed: ErrorClass<"AUTH_CLOSED", 503> = defineError(
  "AUTH_CLOSED",
  503,
  "What keeps sessions and keys was closed.",
)

/* What one may do. */

export const AuthForbidden: ErrorClass<"AUTH_FORBIDDEN", 403> = defineError(
  "AUTH_FORBIDDEN",
  403,
  "You may not do this. Ask somebody who manages it for the right to.",
)
export const ApiKeyRefused: ErrorClass<"AUTH_API_KEY_REFUSED", 422> = defineError(
  "AUTH_API_KEY_REFUSED",
  422,
  "A key cannot be made as it is asked for: by its name, its scopes, its size, or because there are as many as may be.",
)
export const TooManyTries: ErrorClass<"AUTH_TOO_MANY_TRIES", 429> = defineError(
  "AUTH_TOO_MANY_TRIES",
  429,
  "This was tried too often. Try again after the seconds in Retry-After.",
)
export const ImpersonationRefused: ErrorClass<"AUTH_IMPERSONATION_REFUSED", 403> = defineError(
  "AUTH_IMPERSONATION_REFUSED",
  403,
  "You may not act as this account: yourself, from within another's, or with more rights than your own.",
)

/* Tokens. */

/** The same for every reason: which check a token failed is for the log. */
export const TokenInvalid: ErrorClass<"AUTH_TOKEN_INVALID", 401> = defineError(
  "AUTH_TOKEN_INVALID",
  401,
  "The token is not good, or not any more. Get another one.",
)
export const TokenKeysAway: ErrorClass<"AUTH_TOKEN_KEYS_AWAY", 503> = defineError(
  "AUTH_TOKEN_KEYS_AWAY",
  503,
  "The keys that tokens are verified by cannot be had from their issuer. Try again shortly.",
)

/* Passwords. */

export const PasswordWeak: ErrorClass<"AUTH_PASSWORD_WEAK", 422> = defineError(
  "AUTH_PASSWORD_WEAK",
  422,
  "This password is too short, too well known, or easily guessed. Choose another one: several words do well.",
)
export const PasswordWrong: ErrorClass<"AUTH_PASSWORD_WRONG", 401> = defineError(
  "AUTH_PASSWORD_WRONG",
  401,
  "The password is not the right one, or there is no such account.",
)
export const PasswordHashUnknown: ErrorClass<"AUTH_PASSWORD_HASH_UNKNOWN", 500> = defineError(
  "AUTH_PASSWORD_HASH_UNKNOWN",
  500,
  "A kept password hash is of no known kind, or asks for more work than is allowed. Import it with an importer for it.",
)
export const PasswordsBusy: ErrorClass<"AUTH_PASSWORDS_BUSY", 503> = defineError(
  "AUTH_PASSWORDS_BUSY",
  503,
  "As many passwords are being checked as may be. Try again in a moment.",
)
export const BreachListAway: ErrorClass<"AUTH_BREACH_LIST_AWAY", 503> = defineError(
  "AUTH_BREACH_LIST_AWAY",
  503,
  "The list of leaked passwords does not answer. Try again later, or let passwords pass meanwhile with `whenAway`.",
)

/* What is sent by e-mail. */

export const ProofInvalid: ErrorClass<"AUTH_PROOF_INVALID", 400> = defineError(
  "AUTH_PROOF_INVALID",
  400,
  "This link or code is not good, or not any more: it was used, replaced, tried too often, or is too old. Ask for a new one.",
)
export const EmailInvalid: ErrorClass<"AUTH_EMAIL_INVALID", 422> = defineError(
  "AUTH_EMAIL_INVALID",
  422,
  "Expected an e-mail address such as ana@example.org.",
)
export const AuthTooOften: ErrorClass<"AUTH_TOO_OFTEN", 429> = defineError(
  "AUTH_TOO_OFTEN",
  429,
  "This was asked for too often. Look into the mailbox, or try again later.",
)
export const AuthBusy: ErrorClass<"AUTH_BUSY", 503> = defineError(
  "AUTH_BUSY",
  503,
  "Too many messages are on their way. Try again in a moment.",
)

/* Second factors. */

export const FactorWrong: ErrorClass<"AUTH_FACTOR_WRONG", 401> = defineError(
  "AUTH_FACTOR_WRONG",
  401,
  "The code is not the right one, was used, or is too old. Take the next one.",
)
export const FactorUnknown: ErrorClass<"AUTH_FACTOR_UNKNOWN", 404> = defineError(
  "AUTH_FACTOR_UNKNOWN",
  404,
  "You have no such factor, or its enrolment took too long. Begin anew.",
)
export const FactorLimit: ErrorClass<"AUTH_FACTOR_LIMIT", 409> = defineError(
  "AUTH_FACTOR_LIMIT",
  409,
  "You have as many factors as may be. Take one away before you add another.",
)
export const MfaLocked: ErrorClass<"AUTH_MFA_LOCKED", 429> = defineError(
  "AUTH_MFA_LOCKED",
  429,
  "Too many wrong codes. Wait, and try again.",
)
export const MfaRequired: ErrorClass<"AUTH_MFA_REQUIRED", 403> = defineError(
  "AUTH_MFA_REQUIRED",
  403,
  "This needs a second factor, and you have none yet. Enrol one first.",
)
export const PasskeyRefused: ErrorClass<"AUTH_PASSKEY_REFUSED", 401> = defineError(
  "AUTH_PASSKEY_REFUSED",
  401,
  "The passkey was not accepted: it is not known here, or its answer is not good, or not any more. Try again.",
)
