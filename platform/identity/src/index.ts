export type { AccountNote, NoteAccount } from "./account-notes.ts"
export type { ChangePassword } from "./account-password.ts"
export type { AccountResets, ResetFacts, ResetLink, ResetWriter } from "./account-reset.ts"
export { issueResetLink } from "./account-reset.ts"
export type { User } from "./accounts.ts"
export type { SetupRequest, SignInRequest, SignUpRequest } from "./admission.ts"
export type { AppByMail, AppConfirmed, AppMailRequest, MailReader } from "./app/app-by-mail.ts"
export type { AppDirectory, AppUserChange, AppUserPageRequest, NewAppUser } from "./app/app-directory.ts"
export type { AppMailer, AppMessage } from "./app/app-mail.ts"
export type { AppAuthorize, AppOAuth } from "./app/app-oauth.ts"
export type { AppProvider, AppProviderInput, AppProviders } from "./app/app-providers.ts"
export type { AppSettings, AppSettingsChange, AppSettingsStore } from "./app/app-settings.ts"
export type { AppSignIn } from "./app/app-sign-in.ts"
export type { AppSignedUp, AppSignUp } from "./app/app-sign-up.ts"
export type { AppClaims, AppUser } from "./app/app-user.ts"
export type { AppUsers, AppUsersOptions, AppUsersPlace } from "./app/app-users.ts"
export { appIssuer, createAppUsers } from "./app/app-users.ts"
export type { AppMailKind, AppMailSettings, AppMailText, WordedMail } from "./app/mail-words.ts"
export { mailTexts } from "./app/mail-words.ts"
export type { AttemptRule } from "./attempt-limit.ts"
export type { DeviceFacts, DeviceStart, Devices } from "./devices.ts"
export {
  AccountDisabled,
  Busy,
  DeviceCodeSpent,
  DeviceDenied,
  DevicePending,
  DevicesForgotten,
  EmailTaken,
  EmailUnverified,
  IdentityNotFound,
  InvalidCursor,
  InvalidInput,
  InviteForAnother,
  InviteSpent,
  LinkRefused,
  MailUnavailable,
  MfaOff,
  PasskeysUnavailable,
  PersonNotFound,
  ProviderNotFound,
  RedirectRefused,
  ResetLinkSpent,
  RootKeyDamaged,
  RootKeyExposed,
  RootKeyMismatch,
  RootKeyMissing,
  SealBroken,
  SecondFactorNeeded,
  SecondStepOver,
  ServiceRefused,
  SessionEnded,
  SessionNotFound,
  SetupLinkSpent,
  SignupsClosed,
  TokenRefused,
  TooManyAttempts,
  UserNotFound,
  WeakPassword,
  WrongCredentials,
} from "./errors.ts"
export type { Enrolled, EnrollingSteps } from "./factors/enrolling-steps.ts"
export type {
  AddedFactor,
  FactorOwner,
  FactorProof,
  FactorRules,
  FactorState,
  MfaPolicy,
  PasskeyCreation,
  PasskeyPlace,
  PasskeyRequest,
  SecondFactors,
} from "./factors/second-factors.ts"
export type { SecondStep, SignInSteps } from "./factors/sign-in-steps.ts"
export type { FirstStep, ProviderLink } from "./factors/sign-in-writes.ts"
export { identityFeature } from "./feature.ts"
export type { Identity, IdentityOptions, People } from "./identity.ts"
export { openIdentity } from "./identity.ts"
export type { AcceptedInvite, FoundInvite, Grants, InviteRequest, PreparedInvite } from "./invites.ts"
export type { IdentityLimits } from "./limits.ts"
export { defaultLimits } from "./limits.ts"
export type { Argon2Options, PasswordHasher } from "./passwords.ts"
export { argon2Passwords } from "./passwords.ts"
export type { PeopleByMail } from "./people/people-by-mail.ts"
export type { LinkedIdentity, PeopleOAuth } from "./people/people-oauth.ts"
export type { PeopleProviderInput } from "./people/people-providers.ts"
export type { PersonMail, SendPersonMail } from "./people/person-mail.ts"
export type { Client } from "./person.ts"
export type { JoiningStatement } from "./procedures.ts"
export type { RootKeyOptions } from "./root-key.ts"
export { openRootKey, RootKey } from "./root-key.ts"
export type { Sealer } from "./sealer.ts"
export { createSealer } from "./sealer.ts"
export type { ServiceCaller, ServiceRequest, ServiceTokens } from "./service-tokens.ts"
export { createServiceTokens } from "./service-tokens.ts"
export type {
  Page,
  PageRequest,
  Proven,
  Session,
  SessionInfo,
  SessionPageRequest,
  Sessions,
  SignedIn,
} from "./sessions.ts"
export { hasSecondFactor } from "./sessions.ts"
export type { Setup } from "./setup.ts"
export type { PublicJwk } from "./signing-keys.ts"
