export {
  type Access,
  type AccessOptions,
  type Decision,
  defineAccess,
  definePolicy,
  type Policy,
} from "./access/access.ts"
export { requireScopes } from "./access/require-scopes.ts"
export {
  createRoleChanges,
  type RoleChange,
  type RoleChanges,
  type RoleChangesOptions,
  type RoleTarget,
} from "./access/role-changes.ts"
export type { Role } from "./access/roles.ts"
export { requireAcr, requireAmr, requireStepUp, type StepUp } from "./access/step-up.ts"
export { type AuthAudit, type AuthAuditOptions, createAuthAudit } from "./audit/auth-audit.ts"
export {
  ApiKeyRefused,
  AuthClosed,
  AuthForbidden,
  AuthSetupInvalid,
  AuthStoreFailed,
  AuthStoreFull,
  CredentialsInvalid,
  CredentialsMissing,
  ImpersonationRefused,
  ScopeMissing,
  StepUpRequired,
  TokenInvalid,
  TokenKeysAway,
  TooManyTries,
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
export {
  createImpersonation,
  type Impersonation,
  type ImpersonationEvent,
  type ImpersonationOptions,
} from "./impersonation/impersonation.ts"
export { type ApiKeyGuardOptions, apiKeyGuard, type KeyClaims } from "./keys/api-key-guard.ts"
export {
  type ApiKey,
  type ApiKeys,
  type ApiKeysOptions,
  defineApiKeys,
  type IssuedApiKey,
  type NewApiKey,
  openApiKeys,
} from "./keys/api-keys.ts"
export { type Actor, type AnyPrincipal, createPrincipal, type Principal, type PrincipalInit } from "./principal.ts"
export { authStoreGuarantees } from "./records/open-records.ts"
export type { RecordStore, StoredRecord } from "./records/record-store.ts"
export type { OpenedSession, Session, SessionBeginning, SessionClient, SignIn } from "./sessions/session.ts"
export {
  type Loaded,
  type SessionGuard,
  type SessionGuardOptions,
  type SignInOptions,
  sessionGuard,
} from "./sessions/session-guard.ts"
export {
  defineSessions,
  openSessions,
  type SessionChanges,
  type Sessions,
  type SessionsOptions,
} from "./sessions/sessions.ts"
export type { JwtAlgorithm } from "./tokens/algorithms.ts"
export type { TokenHeader } from "./tokens/inspect-token.ts"
export { type JwtGuardOptions, jwtGuard, principalOfClaims } from "./tokens/jwt-guard.ts"
export { createJwtKeys, generateJwtKey, type JwtKey, type JwtKeys, type TokenKeys } from "./tokens/jwt-keys.ts"
export {
  createJwtSigner,
  type JwtSigner,
  type JwtSignerOptions,
  type SignClaims,
  type SignOptions,
} from "./tokens/jwt-signer.ts"
export { createJwtVerifier, type JwtClaims, type JwtVerifier, type JwtVerifierOptions } from "./tokens/jwt-verifier.ts"
export { createRemoteKeys, type RemoteKeysOptions } from "./tokens/remote-keys.ts"
export {
  createServiceIdentity,
  type ServiceIdentity,
  type ServiceIdentityOptions,
  type ServicePeer,
} from "./tokens/service-identity.ts"
export { createTries, type Tries, type TriesOptions, type Try, type TryLimit } from "./tries/tries.ts"
