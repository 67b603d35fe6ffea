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
