/**
 * The shapes on the wire. What the server answers comes from its own document (`wire-types.ts`); here is what takes a type of the app's,
 * and what is sent in shorthand. Times are RFC 3339 UTC with milliseconds; ids are UUIDv7 text unless said otherwise.
 */
import type {
  Access,
  Count,
  FieldPath,
  IndexField,
  IndexKind,
  RuleLevel,
  Runtime,
  Document as StoredDocument,
  UserRule,
} from "./wire-types.ts"

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
  DeviceFacts,
  DeviceStart,
  DeviceToken,
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
  Invite,
  Isolation,
  Key,
  KeyKind,
  KmsAlgorithm,
  KmsAuditEntry,
  KmsAuditReport,
  KmsKey,
  KmsState,
  KmsUse,
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
  PasskeyPlace,
  Problem,
  ProblemIssue as ProblemError,
  Project,
  RememberedDevice,
  ResetState,
  Role,
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
  User,
  UserRule,
} from "./wire-types.ts"

/** Who may: a level, users of the app with conditions, or nobody but members. */
export type Rule = RuleLevel | UserRule | null

/** A value that JSON can carry. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/** An object that JSON can carry: what a document without a declared type holds. */
export type JsonObject = { readonly [key: string]: JsonValue }

/** One page of a list. `next` is the cursor of the page after it, null on the last one. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly next: string | null
}

/** Which part of a list to read. */
export interface PageOptions {
  /** 1..1000; the server's default is 50. */
  readonly limit?: number
  /** `next` of the page before. */
  readonly cursor?: string
}

/** An index as it is asked for: `"population"`, `["region", "-area"]`, or the long form. */
export type IndexRequest =
  | string
  | readonly (string | IndexField)[]
  | {
      /** Derived from the fields when left out. */
      readonly name?: string
      readonly fields: readonly (string | IndexField)[]
      /** Default `scalar`. */
      readonly kind?: IndexKind
      /** Default false. */
      readonly unique?: boolean
    }

/** A stored document, with the data that the app says it has. */
export interface Document<T = JsonObject> extends Omit<StoredDocument, "data"> {
  readonly data: T
}

export interface SortField {
  readonly path: FieldPath
  readonly direction: "asc" | "desc"
}

/** The body of a query. */
export interface QueryRequest {
  readonly where?: object
  /** `"-population"` sorts downwards. Ties are broken by id. */
  readonly sort?: readonly (string | SortField)[]
  /** 1..1000; default 50. */
  readonly limit?: number
  /** `next` of the page before; it belongs to this one query. */
  readonly cursor?: string
  readonly select?: readonly FieldPath[]
  /** Also count all matches, whatever the limit. */
  readonly count?: boolean
}

/** A page of documents, with how many match where that was asked for. */
export interface QueryPage<T> extends Page<Document<T>> {
  readonly count?: Count
}

/** The bounds of one function. What is left out takes the install's default. */
export interface Limits {
  /** Wall time of one call, default 10,000, at most 60,000. */
  readonly wallMs?: number
  /** Processor time of one call, default 2,000. */
  readonly cpuMs?: number
  /** Default 128 for quickjs, 256 for bun. */
  readonly memoryMb?: number
  /** Of the request and of the answer, default 5 MiB. */
  readonly bodyBytes?: number
  /** Log lines of one call, default 1,000. */
  readonly logLines?: number
  /** Calls at the same time, default 8. */
  readonly concurrency?: number
  /** Calls that wait for a free place, default 64. */
  readonly queue?: number
}

export interface DeployRequest {
  readonly name: string
  readonly runtime: Runtime
  /** One ES module with a default export `{ fetch }`, everything bundled in. */
  readonly code: string
  /** Who may call it besides members, default `secret`. */
  readonly access?: Access
  readonly env?: Readonly<Record<string, string>>
  /** Hosts it may reach: `api.example.com`, `*.example.org:8443`. Default none. */
  readonly egress?: readonly string[]
  readonly limits?: Limits
}
