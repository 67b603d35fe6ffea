import { defineError, type ErrorClass } from "@ashlar/core"

export const RootKeyMissing: ErrorClass<"IDENTITY_ROOT_KEY_MISSING", 500> = defineError(
  "IDENTITY_ROOT_KEY_MISSING",
  500,
  "The root key file is not there, but data sealed with it is. Restore the file from where you keep it.",
)

export const RootKeyExposed: ErrorClass<"IDENTITY_ROOT_KEY_EXPOSED", 500> = defineError(
  "IDENTITY_ROOT_KEY_EXPOSED",
  500,
  "Other users of the machine may read the root key file. Make it readable by its owner only: chmod 600.",
)

export const RootKeyDamaged: ErrorClass<"IDENTITY_ROOT_KEY_DAMAGED", 500> = defineError(
  "IDENTITY_ROOT_KEY_DAMAGED",
  500,
  "The root key file is not a regular file of exactly 32 bytes. Restore it from where you keep it.",
)

export const RootKeyMismatch: ErrorClass<"IDENTITY_ROOT_KEY_MISMATCH", 500> = defineError(
  "IDENTITY_ROOT_KEY_MISMATCH",
  500,
  "The root key file does not belong to this database. Restore the key file that was made with it.",
)

export const SealBroken: ErrorClass<"IDENTITY_SEAL_BROKEN", 500> = defineError(
  "IDENTITY_SEAL_BROKEN",
  500,
  "A sealed value does not open: it was changed, or sealed for another context or with another key.",
)

export const SetupLinkSpent: ErrorClass<"IDENTITY_SETUP_LINK_SPENT", 410> = defineError(
  "IDENTITY_SETUP_LINK_SPENT",
  410,
  "This set-up link is used, expired or unknown. While there is no administrator, each start prints a new one.",
)

export const InviteSpent: ErrorClass<"IDENTITY_INVITE_SPENT", 410> = defineError(
  "IDENTITY_INVITE_SPENT",
  410,
  "This invite is used, expired or unknown. Ask whoever invited you for a new one.",
)

export const InviteForAnother: ErrorClass<"IDENTITY_INVITE_FOR_ANOTHER", 403> = defineError(
  "IDENTITY_INVITE_FOR_ANOTHER",
  403,
  "This invite is for another email address. Sign up with the address it was made for.",
)

export const ResetLinkSpent: ErrorClass<"IDENTITY_RESET_LINK_SPENT", 410> = defineError(
  "IDENTITY_RESET_LINK_SPENT",
  410,
  "This link is used, expired, replaced by a newer one, or unknown. Ask whoever runs the install for another.",
)

export const PersonNotFound: ErrorClass<"IDENTITY_PERSON_NOT_FOUND", 404> = defineError(
  "IDENTITY_PERSON_NOT_FOUND",
  404,
  "Nobody on this install has an account with this email address.",
)

export const SignupsClosed: ErrorClass<"IDENTITY_SIGNUPS_CLOSED", 403> = defineError(
  "IDENTITY_SIGNUPS_CLOSED",
  403,
  "Sign-up is by invite only here. Ask an owner of a project to invite you.",
)

export const EmailTaken: ErrorClass<"IDENTITY_EMAIL_TAKEN", 409> = defineError(
  "IDENTITY_EMAIL_TAKEN",
  409,
  "There is an account with this email address already. Sign in instead.",
)

export const WeakPassword: ErrorClass<"IDENTITY_WEAK_PASSWORD", 422> = defineError(
  "IDENTITY_WEAK_PASSWORD",
  422,
  "Choose a password of 10 to 512 characters that is not a common one and not the email address.",
)

export const InvalidInput: ErrorClass<"IDENTITY_INVALID_INPUT", 422> = defineError(
  "IDENTITY_INVALID_INPUT",
  422,
  "A field is not what it must be; `details.field` names it.",
)

export const WrongCredentials: ErrorClass<"IDENTITY_WRONG_CREDENTIALS", 401> = defineError(
  "IDENTITY_WRONG_CREDENTIALS",
  401,
  "No account has this email address and password.",
)

export const TooManyAttempts: ErrorClass<"IDENTITY_TOO_MANY_ATTEMPTS", 429> = defineError(
  "IDENTITY_TOO_MANY_ATTEMPTS",
  429,
  "Too many attempts. Wait for the seconds in `details.retryAfterSeconds`, then try again.",
)

export const Busy: ErrorClass<"IDENTITY_BUSY", 503> = defineError(
  "IDENTITY_BUSY",
  503,
  "More sign-ins wait than the server takes on at once. Try again in `details.retryAfterSeconds`.",
)

export const AccountDisabled: ErrorClass<"IDENTITY_ACCOUNT_DISABLED", 403> = defineError(
  "IDENTITY_ACCOUNT_DISABLED",
  403,
  "This account is disabled. Whoever runs the app can enable it.",
)

export const EmailUnverified: ErrorClass<"IDENTITY_EMAIL_UNVERIFIED", 403> = defineError(
  "IDENTITY_EMAIL_UNVERIFIED",
  403,
  "The address of this account is not confirmed yet. The app lets its user in once it is.",
)

export const RedirectRefused: ErrorClass<"IDENTITY_REDIRECT_REFUSED", 422> = defineError(
  "IDENTITY_REDIRECT_REFUSED",
  422,
  "This is none of the pages that the app names in `redirectUrls` of its settings. Add it there, letter for letter.",
)

export const ProviderNotFound: ErrorClass<"IDENTITY_PROVIDER_NOT_FOUND", 404> = defineError(
  "IDENTITY_PROVIDER_NOT_FOUND",
  404,
  "The app has no provider of this name. List them to see which there are.",
)

export const LinkRefused: ErrorClass<"IDENTITY_LINK_REFUSED", 409> = defineError(
  "IDENTITY_LINK_REFUSED",
  409,
  "Whom the provider named cannot be let in by it; `details.reason` says why. Sign in by mail, and connect the provider then.",
)

export const MailUnavailable: ErrorClass<"IDENTITY_MAIL_UNAVAILABLE", 409> = defineError(
  "IDENTITY_MAIL_UNAVAILABLE",
  409,
  "This install sends no mail to its people. Sign in with your password; whoever runs it can start it with --mail.",
)

export const IdentityNotFound: ErrorClass<"IDENTITY_IDENTITY_NOT_FOUND", 404> = defineError(
  "IDENTITY_IDENTITY_NOT_FOUND",
  404,
  "You are known by nobody with this id. List your identities to see which there are.",
)

export const DevicePending: ErrorClass<"IDENTITY_DEVICE_PENDING", 400> = defineError(
  "IDENTITY_DEVICE_PENDING",
  400,
  "Nobody has let this device in yet. Ask again after `details.retryAfterSeconds`.",
)

export const DeviceDenied: ErrorClass<"IDENTITY_DEVICE_DENIED", 403> = defineError(
  "IDENTITY_DEVICE_DENIED",
  403,
  "The person refused to let this device in.",
)

export const DeviceCodeSpent: ErrorClass<"IDENTITY_DEVICE_CODE_SPENT", 410> = defineError(
  "IDENTITY_DEVICE_CODE_SPENT",
  410,
  "This code is used, expired or unknown. Start to sign in again.",
)

export const ServiceRefused: ErrorClass<"IDENTITY_SERVICE_REFUSED", 401> = defineError(
  "IDENTITY_SERVICE_REFUSED",
  401,
  "This is no proof of a process of this installation for this request: it is of another one, over, or was shown before.",
)

export const UserNotFound: ErrorClass<"IDENTITY_USER_NOT_FOUND", 404> = defineError(
  "IDENTITY_USER_NOT_FOUND",
  404,
  "The app has no user with this id. List them to see who there is.",
)

export const SessionEnded: ErrorClass<"IDENTITY_SESSION_ENDED", 401> = defineError(
  "IDENTITY_SESSION_ENDED",
  401,
  "This session is over: signed out, revoked, expired, or its token was used twice. Sign in again.",
)

export const TokenRefused: ErrorClass<"IDENTITY_TOKEN_REFUSED", 401> = defineError(
  "IDENTITY_TOKEN_REFUSED",
  401,
  "This access token is expired or was not issued here. Refresh it, or sign in again.",
)

export const SessionNotFound: ErrorClass<"IDENTITY_SESSION_NOT_FOUND", 404> = defineError(
  "IDENTITY_SESSION_NOT_FOUND",
  404,
  "You have no session with this id. List yours to see which there are.",
)

export const InvalidCursor: ErrorClass<"IDENTITY_INVALID_CURSOR", 400> = defineError(
  "IDENTITY_INVALID_CURSOR",
  400,
  "This cursor was not given out for this list. Start again without a cursor.",
)

export const SecondFactorNeeded: ErrorClass<"IDENTITY_SECOND_FACTOR_NEEDED", 401> = defineError(
  "IDENTITY_SECOND_FACTOR_NEEDED",
  401,
  "The first step is done. Show a second factor, or add one where `details.enrol` says so: `details.ticket` goes along with it.",
)

export const SecondStepOver: ErrorClass<"IDENTITY_SECOND_STEP_OVER", 401> = defineError(
  "IDENTITY_SECOND_STEP_OVER",
  401,
  "This sign-in is used, took longer than five minutes, was ended by a new password or a reset, or is unknown. Begin again.",
)

export const PasskeysUnavailable: ErrorClass<"IDENTITY_PASSKEYS_UNAVAILABLE", 409> = defineError(
  "IDENTITY_PASSKEYS_UNAVAILABLE",
  409,
  "Passkeys need a name: start the install with --public-url https://…, or name the app's domain in `passkeys` of its settings.",
)

export const MfaOff: ErrorClass<"IDENTITY_MFA_OFF", 409> = defineError(
  "IDENTITY_MFA_OFF",
  409,
  "This app has no second factors and no passkeys. Whoever runs it can let users have them: `mfa` of its settings.",
)

export const DevicesForgotten: ErrorClass<"IDENTITY_DEVICES_FORGOTTEN", 409> = defineError(
  "IDENTITY_DEVICES_FORGOTTEN",
  409,
  "This app remembers no devices. Whoever runs it can let it: `rememberDeviceDays` of its settings.",
)
