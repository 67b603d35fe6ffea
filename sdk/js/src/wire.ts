/**
 * The shapes on the wire, in one place. Times are RFC 3339 UTC with milliseconds; ids are UUIDv7 text unless said
 * otherwise. The server's `/openapi.json` is the truth in detail.
 */

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

/** One field that the server refused, and why. */
export interface ProblemError {
  /** Where the value was: `body`, `query`, `path` or `header`. */
  readonly in: string
  /** JSON pointer into that part, for example `/rules/read`. */
  readonly pointer: string
  readonly code: string
  readonly message: string
}

/** An error as the server sends it. @see RFC 9457 */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly requestId: string
  readonly details?: Readonly<Record<string, unknown>>
  readonly errors?: readonly ProblemError[]
}

// People

/** A person with an account on this install. */
export interface User {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly administrator: boolean
  readonly createdAt: string
}

/** What signing in answers. The access token lives five minutes; the refresh token rotates on every use. */
export interface Session {
  readonly user: User
  readonly sessionId: string
  readonly accessToken: string
  readonly accessTokenExpiresAt: string
  /** null when the refresh token went into the HttpOnly cookie instead. */
  readonly refreshToken: string | null
}

/** One signed-in device, as its owner sees it. */
export interface SessionInfo {
  readonly id: string
  readonly createdAt: string
  readonly lastUsedAt: string
  readonly expiresAt: string
  readonly userAgent: string | null
  readonly address: string | null
  /** True for the session that asks. */
  readonly current: boolean
}

/** What a set-up link is good for, before it is spent. */
export interface SetupState {
  readonly expiresAt: string
  readonly version: string
  readonly database: string
  readonly durability: string
  readonly functions: { readonly bun: Isolation; readonly quickjs: Isolation }
  readonly signups: "closed" | "open"
}

// Projects

/** What a member may do: viewers read, developers change, owners also manage members and delete. */
export type Role = "owner" | "developer" | "viewer"

export interface Project {
  readonly id: string
  /** `^[a-z][a-z0-9-]{1,39}$`, unique in the install. */
  readonly slug: string
  readonly name: string
  /** The asking member's own role; null when a key asks. */
  readonly role: Role | null
  readonly createdAt: string
}

export interface Member {
  readonly userId: string
  readonly email: string
  readonly name: string
  readonly role: Role
  readonly joinedAt: string
}

export interface Invite {
  /** Shown once. */
  readonly token: string
  readonly email: string
  readonly role: Role
  readonly expiresAt: string
}

/** Exactly one of the two is set: the member, or the invite for somebody without an account. */
export interface AddedMember {
  readonly member: Member | null
  readonly invite: Invite | null
}

/** `publishable` may be shown to browsers; `secret` stays on servers. */
export type KeyKind = "publishable" | "secret"

export interface Key {
  readonly id: string
  readonly kind: KeyKind
  readonly name: string
  /** The last four characters of the secret. */
  readonly hint: string
  readonly createdAt: string
  readonly lastUsedAt: string | null
  readonly expiresAt: string | null
  readonly revokedAt: string | null
}

/** A new key with its secret, which is shown this once and stored only as a hash. */
export interface CreatedKey {
  readonly key: Key
  readonly secret: string
}

export interface AuditEntry {
  readonly id: string
  readonly at: string
  readonly actor: {
    readonly kind: "user" | "key" | "function" | "system"
    readonly id: string
    readonly label: string
  }
  /** What happened, as `noun.verb`: `collection.create`. */
  readonly action: string
  readonly target: string
  readonly details: JsonObject
}

// Collections and documents

/**
 * Who may act without being a member. `"public"` lets everybody, `"publishable"` any key of the project, `"secret"`
 * secret keys and the project's own functions, null no key at all. Members of the project may always (viewers read only).
 */
export type Access = "public" | "publishable" | "secret"

/** One access per action. What is left out of a new collection is null: nobody without membership. */
export interface Rules {
  readonly read: Access | null
  readonly create: Access | null
  readonly update: Access | null
  readonly delete: Access | null
}

/** A path as `"a.b"`, or as its segments when a key contains a dot. */
export type FieldPath = string | readonly string[]

export interface IndexField {
  readonly path: FieldPath
  readonly direction: "asc" | "desc"
}

/** `scalar`: never an array, gives order too; `any`: scalar or array; `members`: the elements of arrays. */
export type IndexKind = "scalar" | "any" | "members"

export interface Index {
  readonly name: string
  readonly fields: readonly IndexField[]
  readonly kind: IndexKind
  readonly unique: boolean
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

export interface CollectionInfo {
  /** `^[a-z][a-z0-9_-]{0,62}$` */
  readonly name: string
  readonly rules: Rules
  readonly indexes: readonly Index[]
  readonly count: number
  readonly createdAt: string
  readonly updatedAt: string
}

/** A stored document. `rev` starts at 1 and grows by one with each change. */
export interface Document<T = JsonObject> {
  readonly id: string
  readonly rev: number
  readonly createdAt: string
  readonly updatedAt: string
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

/** How many documents match. Not exact means: at least this many, where the server stopped counting. */
export interface Count {
  readonly value: number
  readonly exact: boolean
}

export interface QueryPage<T> extends Page<Document<T>> {
  readonly count?: Count
}

/** How the server would run a query. */
export interface Explanation {
  readonly sql: string
  readonly plan: readonly string[]
  /** The index in use, null when there is none. */
  readonly index: string | null
  /** True when every document of the collection is looked at. */
  readonly scan: boolean
  readonly sorted: "index" | "memory" | "none"
}

// Functions

/** `bun` runs a sandboxed process; `quickjs` runs WebAssembly with a clean state per call. */
export type Runtime = "bun" | "quickjs"

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

// Named so that it does not hide the global `Function`.
export interface FunctionInfo {
  readonly name: string
  readonly runtime: Runtime
  readonly access: Access
  /** The active version. */
  readonly version: number
  /** `/f/<slug>/<name>` */
  readonly url: string
  readonly egress: readonly string[]
  /** Names only: values are never shown. */
  readonly env: readonly string[]
  /** All of them, the defaults too. */
  readonly limits: Required<Limits>
  readonly createdAt: string
  readonly updatedAt: string
}

export interface FunctionVersion {
  readonly version: number
  readonly runtime: Runtime
  /** Of the bundle's bytes, in lower-case hex. */
  readonly sha256: string
  readonly sizeBytes: number
  readonly active: boolean
  readonly createdAt: string
  readonly createdBy: string
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

export interface DeployedFunction {
  readonly function: FunctionInfo
  readonly version: FunctionVersion
}

export type LogLevel = "debug" | "info" | "warn" | "error"

export interface LogLine {
  /** Grows with each line of the function; the event id of the live stream. */
  readonly seq: number
  readonly at: string
  readonly invocation: string
  readonly version: number
  /** `request` closes a call, with `{ method, path, status, durationMs, cold }` in its fields. */
  readonly kind: "request" | "log" | "kill"
  readonly level: LogLevel
  readonly message: string
  readonly fields: JsonObject
}

export interface FunctionMetrics {
  readonly calls: number
  readonly errors: number
  readonly kills: Readonly<Record<string, number>>
  /** null before the first call. */
  readonly p50Ms: number | null
  readonly p95Ms: number | null
  readonly coldStarts: number
  readonly since: string
}

// Service

export interface Health {
  readonly status: "ok" | "failing" | "draining"
  readonly checks: Readonly<Record<string, { readonly status: "ok" | "failing"; readonly detail: string }>>
}

/** What holds a function: the sandbox, WebAssembly alone, nothing (the operator said so), or it cannot run. */
export type Isolation = "sandboxed" | "wasm" | "trusted" | "unavailable"

export interface RuntimeCapability {
  readonly available: boolean
  readonly isolation: Isolation
  readonly detail: string
}

/** What this install can do. */
export interface Capabilities {
  readonly version: string
  readonly signups: "closed" | "open"
  readonly database: { readonly driver: string; readonly durability: string }
  readonly functions: { readonly bun: RuntimeCapability; readonly quickjs: RuntimeCapability }
  /** By name with its unit: `maxDocumentBytes`. */
  readonly limits: Readonly<Record<string, number>>
}
