export type { AppAuth, AppAuthOptions, AppSignUp } from "./app-auth.ts"
export { createAppAuth } from "./app-auth.ts"
export type { AddedBySignIn, AppFactors, Continued } from "./app-factors.ts"
export type { Auth, AuthOptions, MailShown, SecondStep, SetUp, SignIn, SignUp } from "./auth.ts"
export { createAuth, secondStepOf } from "./auth.ts"
export type { AppOptions, Ashlar, AshlarOptions } from "./client.ts"
export { createAshlar, keyAuthorizer } from "./client.ts"
export type { ReplaceOptions, WriteOptions } from "./collection.ts"
export { Collection } from "./collection.ts"
export type { ClientErrorCode, RequestErrorOptions } from "./errors.ts"
export { AshlarRequestError, clientError, clientErrors, isRequestError } from "./errors.ts"
export type { FollowOptions, ServerEvent } from "./events.ts"
export { followEvents, parseEvents } from "./events.ts"
export type { FactorProof, Factors } from "./factors.ts"
export { createFactors } from "./factors.ts"
export type {
  Condition,
  Filter,
  JsonTypeName,
  MergePatch,
  Operand,
  Operations,
  Operators,
  Patch,
  PathOf,
  Selected,
  SortKey,
} from "./filter.ts"
export type { Functions, InvokeOptions } from "./functions.ts"
export { createFunctions } from "./functions.ts"
export type { PasskeyOptions } from "./passkeys.ts"
export { hasPasskeys, makePasskey, showPasskey } from "./passkeys.ts"
export { functionPath, path } from "./path.ts"
export type { CallOptions, QuerySource } from "./query.ts"
export { Query } from "./query.ts"
export type { KeyValueStorage, TokenStore } from "./token-store.ts"
export { memoryTokenStore, webTokenStore } from "./token-store.ts"
export type { Authorizer, Fetch, RequestSpec, Transport, TransportOptions } from "./transport.ts"
export { createTransport, readProblem } from "./transport.ts"
export type {
  Access,
  AddedFactor,
  AddedMember,
  AppAsked,
  AppAuthorizing,
  AppConfirmed,
  AppEnrolled,
  AppEnrolment,
  AppFactorState,
  AppMailSettings,
  AppOfferedProvider,
  AppProvider,
  AppSession,
  AppSettings,
  AppSignedUp,
  AppUser,
  AppUserFactors,
  AuditEntry,
  Authorizing,
  Capabilities,
  CollectionInfo,
  Count,
  CreatedKey,
  DeployedFunction,
  DeployRequest,
  DeviceFacts,
  DeviceStart,
  DeviceToken,
  Document,
  Explanation,
  Factor,
  FactorState,
  FieldPath,
  FunctionInfo,
  FunctionMetrics,
  FunctionVersion,
  Health,
  Index,
  IndexField,
  IndexKind,
  IndexRequest,
  Invite,
  Isolation,
  JsonObject,
  JsonValue,
  Key,
  KeyKind,
  KmsAlgorithm,
  KmsAuditEntry,
  KmsAuditReport,
  KmsKey,
  KmsState,
  KmsUse,
  Limits,
  LinkedIdentity,
  LogLevel,
  LogLine,
  MailAsked,
  Member,
  MfaPolicy,
  Organization,
  OrgInvite,
  OrgInvited,
  OrgMember,
  OrgRole,
  Page,
  PageOptions,
  PasskeyPlace,
  Problem,
  ProblemError,
  Project,
  QueryPage,
  QueryRequest,
  RememberedDevice,
  ResetState,
  Role,
  Rule,
  RuleLevel,
  Rules,
  Runtime,
  RuntimeCapability,
  Scope,
  SecretHistory,
  SecretInfo,
  SecretValue,
  Session,
  SessionInfo,
  SetupState,
  SignInWays,
  SortField,
  User,
  UserRule,
} from "./wire.ts"
