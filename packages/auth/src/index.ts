export { requireScopes } from "./access/require-scopes.ts"
export { requireAcr, requireAmr, requireStepUp, type StepUp } from "./access/step-up.ts"
export {
  AuthClosed,
  AuthSetupInvalid,
  AuthStoreFailed,
  AuthStoreFull,
  CredentialsInvalid,
  CredentialsMissing,
  ScopeMissing,
  StepUpRequired,
} from "./errors.ts"
export { type BasicGuardOptions, basicGuard } from "./guards/basic-guard.ts"
export type { Challenge } from "./guards/challenge.ts"
export {
  anyOf,
  type CredentialSource,
  type Guard,
  type GuardErrors,
  guard,
  type Identified,
  optional,
  type PrincipalOf,
  refused,
} from "./guards/guard.ts"
export { type Actor, type AnyPrincipal, createPrincipal, type Principal, type PrincipalInit } from "./principal.ts"
export { authStoreGuarantees } from "./records/open-records.ts"
export type { RecordStore, StoredRecord } from "./records/record-store.ts"
export type { OpenedSession, Session, SessionBeginning, SessionClient, SignIn } from "./sessions/session.ts"
export { type Loaded, type SessionGuard, type SessionGuardOptions, sessionGuard } from "./sessions/session-guard.ts"
export {
  defineSessions,
  openSessions,
  type SessionChanges,
  type Sessions,
  type SessionsOptions,
} from "./sessions/sessions.ts"
