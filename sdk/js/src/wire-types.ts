/**
 * The shapes on the wire, as the server's `/openapi.json` has them. Written by `bun scripts/src/wire-types.ts`: change the schemas in
 * `platform/protocol`, and run it again.
 */

/** Who may act without being a member: everybody, any key of the project, or secret keys and the project's own functions. */
export type Access = "public" | "publishable" | "secret"

export interface AddedFactor {
  readonly factor: Factor
  /** With the first factor: shown this once */
  readonly recoveryCodes: readonly string[] | null
}

/** Exactly one of the two is set: the member, or the invite for somebody without an account. */
export interface AddedMember {
  readonly member: Member | null
  readonly invite: Invite | null
}

export interface AppAsked {
  /** To be shown with the code that was sent, where there was something to send */
  readonly handle: string
}

export interface AppAuthorizing {
  /** Where to send the browser */
  readonly url: string
  /** To be kept by the browser, and shown with the ticket that comes back */
  readonly transaction: string
}

export interface AppConfirmed {
  readonly user: AppUser
  /** Null for who is signed in: the session goes on */
  readonly session: AppSession | null
}

export interface AppEnrolled {
  readonly session: AppSession
  readonly factor: Factor
  /** Shown this once */
  readonly recoveryCodes: readonly string[] | null
}

/** An authenticator app that waits for its first code, for 15 minutes. */
export interface AppEnrolment {
  readonly factorId: string
  /** For apps that read no picture */
  readonly secret: string
  /** `otpauth://…`, for the same */
  readonly uri: string
  /** The picture for the app, as SVG */
  readonly qrSvg: string
}

export interface AppFactorState {
  readonly mfa: "off" | "optional" | "required"
  readonly factors: readonly Factor[]
  /** How many are left */
  readonly recoveryCodes: number
  /** Where passkeys can be made and shown; null: nowhere */
  readonly passkeys: {
    readonly rpId: string
    readonly origins: readonly string[]
  } | null
  readonly rememberDeviceDays: number
}

export interface AppMailSettings {
  /** Whom mail is from, and what it calls the app. Empty: the project's name */
  readonly senderName: string
  readonly replyTo: string | null
  /** Words of the project's own, for some messages or all */
  readonly texts: {
    readonly verify?: {
      /** `{{app}}` stands for the app's name */
      readonly subject: string
      /** Plain text, with `{{app}}`, `{{code}}`, `{{link}}` and `{{minutes}}` in it */
      readonly body: string
    }
    readonly link?: {
      /** `{{app}}` stands for the app's name */
      readonly subject: string
      /** Plain text, with `{{app}}`, `{{code}}`, `{{link}}` and `{{minutes}}` in it */
      readonly body: string
    }
    readonly reset?: {
      /** `{{app}}` stands for the app's name */
      readonly subject: string
      /** Plain text, with `{{app}}`, `{{code}}`, `{{link}}` and `{{minutes}}` in it */
      readonly body: string
    }
    readonly passwordChanged?: {
      /** `{{app}}` stands for the app's name */
      readonly subject: string
      /** Plain text, with `{{app}}`, `{{code}}`, `{{link}}` and `{{minutes}}` in it */
      readonly body: string
    }
    readonly emailTaken?: {
      /** `{{app}}` stands for the app's name */
      readonly subject: string
      /** Plain text, with `{{app}}`, `{{code}}`, `{{link}}` and `{{minutes}}` in it */
      readonly body: string
    }
    readonly factorAdded?: {
      /** `{{app}}` stands for the app's name */
      readonly subject: string
      /** Plain text, with `{{app}}`, `{{code}}`, `{{link}}` and `{{minutes}}` in it */
      readonly body: string
    }
    readonly factorRemoved?: {
      /** `{{app}}` stands for the app's name */
      readonly subject: string
      /** Plain text, with `{{app}}`, `{{code}}`, `{{link}}` and `{{minutes}}` in it */
      readonly body: string
    }
    readonly factorsReset?: {
      /** `{{app}}` stands for the app's name */
      readonly subject: string
      /** Plain text, with `{{app}}`, `{{code}}`, `{{link}}` and `{{minutes}}` in it */
      readonly body: string
    }
  }
}

export interface AppOfferedProvider {
  readonly name: string
  readonly label: string
  readonly kind: string
}

/** A provider that signs users of the app in. Its secret is shown to nobody. */
export interface AppProvider {
  readonly name: string
  readonly kind: string
  readonly label: string
  readonly clientId: string
  readonly enabled: boolean
  /** Where it is: an issuer, or the host of a tenant */
  readonly host: string | null
  /** Within the host: a tenant of Microsoft, a realm of Keycloak */
  readonly tenant: string | null
  /** What to register with the provider */
  readonly callbackUrl: string
  /** RFC 3339, UTC, with milliseconds */
  readonly updatedAt: string
}

/** A signed-in user of the app. The refresh token rotates on every use. */
export interface AppSession {
  readonly user: AppUser
  readonly sessionId: string
  /** Goes into `Ashlar-User: Bearer …`, beside the project's key */
  readonly accessToken: string
  /** RFC 3339, UTC, with milliseconds */
  readonly accessTokenExpiresAt: string
  readonly refreshToken: string
  /** RFC 3339, UTC, with milliseconds */
  readonly refreshTokenExpiresAt: string
}

export interface AppSettings {
  /** Whether a publishable key is enough to make an account */
  readonly signups: "open" | "closed"
  readonly passwordMinCharacters: number
  /** Whether an address must be confirmed before its user may sign in */
  readonly verifiedEmailOnly: boolean
  /** Pages of the app that links may lead to, letter for letter. Mail leads to the first */
  readonly redirectUrls: readonly string[]
  readonly mfa: MfaPolicy
  /** Where passkeys are made and shown; null: users have none */
  readonly passkeys: PasskeyPlace | null
  /** How long a device may be remembered; 0: a factor is asked for each time */
  readonly rememberDeviceDays: number
  readonly mail: AppMailSettings
}

export interface AppSignedUp {
  readonly user: AppUser
  /** Null where addresses must be confirmed first */
  readonly session: AppSession | null
  /** Null where the user is signed in at once */
  readonly verification: AppAsked | null
}

/** A user of the project's app. */
export interface AppUser {
  readonly id: string
  readonly email: string
  readonly emailVerified: boolean
  readonly name: string | null
  /** Given by the project's servers; rules ask for them */
  readonly roles: readonly string[]
  /** Given by the project's servers; rules ask for them */
  readonly claims: Readonly<Record<string, unknown>>
  readonly disabled: boolean
  /** RFC 3339, UTC, with milliseconds */
  readonly createdAt: string
  /** RFC 3339, UTC, with milliseconds */
  readonly lastSignedInAt: string | null
}

/** The second factors of a user of the app. */
export interface AppUserFactors {
  readonly factors: readonly Factor[]
  /** How many are left */
  readonly recoveryCodes: number
  readonly devices: readonly RememberedDevice[]
}

export interface AuditEntry {
  readonly id: string
  /** RFC 3339, UTC, with milliseconds */
  readonly at: string
  readonly actor: {
    readonly kind: "user" | "key" | "function" | "system"
    readonly id: string
    readonly label: string
  }
  /** What happened, as `noun.verb`: `collection.create` */
  readonly action: string
  readonly target: string
  readonly details: Readonly<Record<string, unknown>>
}

export interface Authorizing {
  /** Where to send the browser */
  readonly url: string
  /** To be shown with the ticket that comes back; null when it went into a cookie */
  readonly transaction: string | null
}

/** What this install can do. */
export interface Capabilities {
  readonly version: string
  readonly signups: "open" | "closed"
  /** Whether a second factor is asked of everybody */
  readonly requireMfa: boolean
  readonly database: {
    readonly driver: string
    readonly durability: string
  }
  readonly functions: {
    readonly bun: RuntimeCapability
    readonly quickjs: RuntimeCapability
  }
  /** By name with its unit: `maxDocumentBytes` */
  readonly limits: Readonly<Record<string, number>>
}

export interface CollectionInfo {
  readonly name: string
  readonly rules: Rules
  readonly indexes: readonly Index[]
  /** The encrypted fields; absent when there are none */
  readonly encrypted?: readonly string[]
  readonly count: number
  /** RFC 3339, UTC, with milliseconds */
  readonly createdAt: string
  /** RFC 3339, UTC, with milliseconds */
  readonly updatedAt: string
}

/** How many documents match. Not exact means: at least this many, where the server stopped counting. */
export interface Count {
  readonly value: number
  readonly exact: boolean
}

/** A new key with its secret, which is shown this once and stored only as a hash. */
export interface CreatedKey {
  readonly key: Key
  readonly secret: string
}

export interface DeployedFunction {
  readonly function: FunctionInfo
  readonly version: FunctionVersion
}

/** The program that waits for somebody to let it in. */
export interface DeviceFacts {
  readonly userAgent: string
  readonly address: string
  /** RFC 3339, UTC, with milliseconds */
  readonly startedAt: string
  /** RFC 3339, UTC, with milliseconds */
  readonly expiresAt: string
}

export interface DeviceStart {
  /** The program's secret: it asks with it */
  readonly deviceCode: string
  /** What the person confirms: `BCDF-GHJK` */
  readonly userCode: string
  /** Where the person confirms it */
  readonly verificationUrl: string
  /** RFC 3339, UTC, with milliseconds */
  readonly expiresAt: string
  /** Ask no more often than this */
  readonly intervalSeconds: number
}

export interface DeviceToken {
  /** For the device to keep, and to show as `device` when it signs in */
  readonly token: string
  /** RFC 3339, UTC, with milliseconds */
  readonly expiresAt: string
}

/** A stored document. `rev` starts at 1 and grows by one with each change. */
export interface Document {
  readonly id: string
  readonly rev: number
  /** RFC 3339, UTC, with milliseconds */
  readonly createdAt: string
  /** RFC 3339, UTC, with milliseconds */
  readonly updatedAt: string
  readonly data: Readonly<Record<string, unknown>>
}

/** How the server would run a query. */
export interface Explanation {
  readonly sql: string
  readonly plan: readonly string[]
  /** The index in use, null when there is none */
  readonly index: string | null
  /** True when every document of the collection is looked at */
  readonly scan: boolean
  readonly sorted: "index" | "memory" | "none"
}

/** A second factor: an authenticator app, or a passkey. */
export interface Factor {
  readonly id: string
  readonly kind: "totp" | "passkey"
  readonly label: string
  /** RFC 3339, UTC, with milliseconds */
  readonly createdAt: string
  /** RFC 3339, UTC, with milliseconds */
  readonly lastUsedAt: string | null
  /** Of a passkey: whether it is kept in more than one place */
  readonly backedUp: boolean | null
}

/** The second factors of the person who asks. */
export interface FactorState {
  readonly factors: readonly Factor[]
  /** How many are left */
  readonly recoveryCodes: number
  /** Where passkeys can be made and shown; null where the install has no name for them */
  readonly passkeys: {
    readonly rpId: string
    readonly origins: readonly string[]
  } | null
}

/** A path as `"a.b"`, or as its segments when a key contains a dot. */
export type FieldPath = string | readonly string[]

export interface FunctionInfo {
  readonly name: string
  readonly runtime: Runtime
  readonly access: Access
  /** The active one */
  readonly version: number
  /** `/f/<slug>/<name>` */
  readonly url: string
  readonly egress: readonly string[]
  /** Names only: values are never shown */
  readonly env: readonly string[]
  readonly limits: Limits
  /** RFC 3339, UTC, with milliseconds */
  readonly createdAt: string
  /** RFC 3339, UTC, with milliseconds */
  readonly updatedAt: string
}

export interface FunctionMetrics {
  readonly calls: number
  readonly errors: number
  readonly kills: Readonly<Record<string, number>>
  /** Null before the first call */
  readonly p50Ms: number | null
  readonly p95Ms: number | null
  readonly coldStarts: number
  /** RFC 3339, UTC, with milliseconds */
  readonly since: string
}

export interface FunctionVersion {
  readonly version: number
  readonly runtime: Runtime
  /** Of the bundle's bytes, in lower-case hex */
  readonly sha256: string
  readonly sizeBytes: number
  readonly active: boolean
  /** RFC 3339, UTC, with milliseconds */
  readonly createdAt: string
  readonly createdBy: string
}

export interface Health {
  readonly status: "ok" | "failing" | "draining"
  readonly checks: Readonly<
    Record<
      string,
      {
        readonly status: "ok" | "failing"
        readonly detail: string
      }
    >
  >
}

export interface Index {
  readonly name: string
  readonly fields: readonly IndexField[]
  readonly kind: IndexKind
  readonly unique: boolean
}

export interface IndexField {
  readonly path: FieldPath
  readonly direction: "asc" | "desc"
}

/** `scalar`: never an array, gives order too; `any`: scalar or array; `members`: the elements of arrays. */
export type IndexKind = "scalar" | "any" | "members"

export interface Invite {
  /** Shown once */
  readonly token: string
  readonly email: string
  readonly role: Role
  /** RFC 3339, UTC, with milliseconds */
  readonly expiresAt: string
  /** Whether a mail with the link is on its way to them */
  readonly mailed: boolean
}

/** What holds a function: the sandbox, WebAssembly alone, nothing (the operator said so), or it cannot run. */
export type Isolation = "sandboxed" | "wasm" | "trusted" | "unavailable"

export interface Key {
  readonly id: string
  readonly kind: KeyKind
  /** Null when the key may do all that its kind may */
  readonly scopes: readonly Scope[] | null
  readonly name: string
  /** The last four characters of the secret */
  readonly hint: string
  /** RFC 3339, UTC, with milliseconds */
  readonly createdAt: string
  /** RFC 3339, UTC, with milliseconds */
  readonly lastUsedAt: string | null
  /** RFC 3339, UTC, with milliseconds */
  readonly expiresAt: string | null
  /** RFC 3339, UTC, with milliseconds */
  readonly revokedAt: string | null
}

/** `publishable` may be shown to browsers; `secret` stays on servers. */
export type KeyKind = "publishable" | "secret"

/** What the key does, for ever. */
export type KmsAlgorithm = "AES-256-GCM" | "HS256" | "HS384" | "HS512" | "RS256" | "PS256" | "ES256" | "ES384" | "EdDSA"

export interface KmsAuditEntry {
  readonly sequence: number
  /** RFC 3339, UTC, with milliseconds */
  readonly at: string
  /** `kms.rotate`, `kms.decrypt`, `secret.read` … */
  readonly action: string
  readonly actor: KmsAuditParty
  readonly target: KmsAuditParty | null
  readonly outcome: "success" | "failure" | "denied"
  /** `count`, `from` and `to` where it tells of many uses */
  readonly details: Readonly<Record<string, unknown>>
}

export interface KmsAuditParty {
  readonly type: string
  readonly id: string
}

/** Whether the audit is as it was written. */
export interface KmsAuditReport {
  readonly ok: boolean
  readonly entries: number
  /** Signed by a key under the root */
  readonly checkpoints: number
  readonly head: {
    readonly sequence: number
    readonly hash: string
  }
  readonly broken: {
    readonly sequence: number
    readonly fault: string
    readonly message: string
  } | null
}

/** A key of the project: never its material. */
export interface KmsKey {
  readonly id: string
  readonly name: string
  readonly algorithm: KmsAlgorithm
  readonly uses: readonly KmsUse[]
  readonly state: KmsState
  /** The version that encrypts and signs */
  readonly version: number
  /** Older ones neither decrypt nor verify */
  readonly minimumVersion: number
  /** RFC 3339, UTC, with milliseconds */
  readonly createdAt: string
  /** RFC 3339, UTC, with milliseconds */
  readonly deletesAt: string | null
  readonly rotateEveryDays: number | null
  readonly versions: readonly {
    readonly version: number
    /** RFC 3339, UTC, with milliseconds */
    readonly createdAt: string
    readonly destroyed: boolean
  }[]
}

export type KmsState = "enabled" | "disabled" | "pending-deletion" | "destroyed"

/** What a key may be used for. */
export type KmsUse = "encrypt" | "decrypt" | "data-key" | "mac" | "sign" | "verify"

/** The bounds of one function: all of them, the defaults too. */
export interface Limits {
  readonly wallMs: number
  readonly cpuMs: number
  readonly memoryMb: number
  readonly bodyBytes: number
  readonly logLines: number
  readonly concurrency: number
  readonly queue: number
}

/** Somebody at a provider whom a person is known by. */
export interface LinkedIdentity {
  readonly id: string
  readonly provider: string
  readonly label: string
  /** RFC 3339, UTC, with milliseconds */
  readonly linkedAt: string
}

export type LogLevel = "debug" | "info" | "warn" | "error"

export interface LogLine {
  /** Grows with each line of the function; the event id of the live stream */
  readonly seq: number
  /** RFC 3339, UTC, with milliseconds */
  readonly at: string
  /** Null for lines outside any invocation */
  readonly invocation: string | null
  readonly version: number
  /** `request` closes a call, with `{ method, path, status, durationMs, cold }` in its fields */
  readonly kind: "request" | "log" | "kill"
  readonly level: LogLevel
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

export interface MailAsked {
  /** To be shown with the code */
  readonly handle: string
}

export interface Member {
  readonly userId: string
  readonly email: string
  readonly name: string
  readonly role: Role
  /** RFC 3339, UTC, with milliseconds */
  readonly joinedAt: string
}

/** Whether users show a second factor: nobody can, whoever has one, everybody */
export type MfaPolicy = "off" | "optional" | "required"

/** Somebody who was asked to join, and has not done so yet. */
export interface OrgInvite {
  readonly id: string
  readonly email: string
  readonly role: OrgRoleOutput
  /** The address of whoever asked them; empty when they are gone */
  readonly invitedBy: string
  /** RFC 3339, UTC, with milliseconds */
  readonly createdAt: string
  /** RFC 3339, UTC, with milliseconds */
  readonly expiresAt: string
}

export interface OrgInvited {
  readonly invite: OrgInvite
  /** Of the link `/invite/<token>`. Shown here once */
  readonly token: string
  /** Whether a mail with the link is on its way to them */
  readonly mailed: boolean
}

export interface OrgMember {
  readonly userId: string
  readonly email: string
  readonly name: string
  readonly role: OrgRoleOutput
  /** RFC 3339, UTC, with milliseconds */
  readonly joinedAt: string
}

/** The asking member's own role */
export type OrgRole = "owner" | "admin" | "member" | "viewer"

/** What somebody may do in an organization and in each of its projects: viewers read, members change what is in projects, admins also manage people and projects, owners also other owners, and delete. */
export type OrgRoleOutput = "owner" | "admin" | "member" | "viewer"

export interface Organization {
  readonly id: string
  /** Unique in the install; `personal` is one's own, whoever asks */
  readonly slug: string
  readonly name: string
  readonly role: OrgRole
  /** Whether it is one's own: it has no other members, and stays */
  readonly personal: boolean
  /** Whether members reach nothing of it before they have shown a second factor */
  readonly requireMfa: boolean
  /** RFC 3339, UTC, with milliseconds */
  readonly createdAt: string
}

export interface PasskeyPlace {
  /** The domain that passkeys are for: `app.example`. Other domains have no use for them */
  readonly rpId: string
  /** `https://app.example`: pages on the domain or below it */
  readonly origins: readonly string[]
}

/** An error, as RFC 9457 writes it. `code` is stable; `detail` is for people. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  /** Stable for ever: what programs tell errors apart by */
  readonly code: string
  /** What was expected, what came, and what to do */
  readonly detail: string
  /** Find the request in the log by it */
  readonly requestId?: string
  readonly details?: Readonly<Record<string, unknown>>
  /** Present with `HTTP_INVALID` */
  readonly errors?: readonly ProblemIssue[]
}

/** One thing that is wrong with a request */
export interface ProblemIssue {
  readonly in: "params" | "query" | "headers" | "cookies" | "body" | "response" | "message"
  /** RFC 6901, into the part named by `in` */
  readonly pointer: string
  readonly code: string
  readonly message: string
  /** What would have been taken, where it can be said */
  readonly expected?: string
  /** What came instead, by its kind or size, unless it may be secret */
  readonly received?: string
}

export interface Project {
  readonly id: string
  /** `^[a-z][a-z0-9-]{1,39}$`, unique in the install */
  readonly slug: string
  readonly name: string
  /** The asking member's own role; null when a key asks */
  readonly role: Role | null
  /** The organization that it belongs to; null when a key asks */
  readonly organization: {
    readonly id: string
    readonly name: string
  } | null
  /** RFC 3339, UTC, with milliseconds */
  readonly createdAt: string
}

export interface RememberedDevice {
  readonly id: string
  readonly label: string
  /** RFC 3339, UTC, with milliseconds */
  readonly createdAt: string
  /** RFC 3339, UTC, with milliseconds */
  readonly expiresAt: string
}

/** Whom a link lets back in, before it is spent. */
export interface ResetState {
  readonly email: string
  readonly name: string
  /** Using it takes the second factors away */
  readonly factors: boolean
  /** RFC 3339, UTC, with milliseconds */
  readonly expiresAt: string
}

/** What a member may do: viewers read, developers change, admins also manage members, owners also other owners, and delete. */
export type Role = "owner" | "admin" | "developer" | "viewer"

/** Who may act without being a member: everybody, any key of the project, its app's users, or secret keys and functions. */
export type RuleLevel = "public" | "publishable" | "user" | "secret"

/** Who may act without being a member, for each action. Members of the project may always; viewers read only. */
export interface Rules {
  readonly read: RuleLevel | UserRule | null
  readonly create: RuleLevel | UserRule | null
  readonly update: RuleLevel | UserRule | null
  readonly delete: RuleLevel | UserRule | null
}

/** `bun` runs a sandboxed process; `quickjs` runs WebAssembly with a clean state per call. */
export type Runtime = "bun" | "quickjs"

export interface RuntimeCapability {
  readonly available: boolean
  readonly isolation: Isolation
  readonly detail: string
}

/** What a secret key may be narrowed to. `functions:deploy`, `functions:read`, `collections:write`, `audit:read`, `kms:use` and `secrets:read` open what no key without scopes may do. */
export type Scope =
  | "audit:read"
  | "collections:read"
  | "collections:write"
  | "documents:read"
  | "documents:write"
  | "functions:deploy"
  | "functions:invoke"
  | "functions:read"
  | "kms:use"
  | "secrets:read"
  | "users:admin"

export interface SecretHistory {
  readonly items: readonly {
    readonly version: number
    /** RFC 3339, UTC, with milliseconds */
    readonly createdAt: string
  }[]
}

/** A secret of the project: never its value. */
export interface SecretInfo {
  readonly name: string
  readonly version: number
  /** RFC 3339, UTC, with milliseconds */
  readonly createdAt: string
  /** RFC 3339, UTC, with milliseconds */
  readonly updatedAt: string
  /** RFC 3339, UTC, with milliseconds */
  readonly expiresAt: string | null
  /** The functions that may read it */
  readonly functions: readonly string[]
}

export interface SecretValue {
  readonly value: string
  readonly version: number
}

/** What signing in answers. The access token lives five minutes; the refresh token rotates on every use. */
export interface Session {
  readonly user: User
  readonly sessionId: string
  /** A bearer token */
  readonly accessToken: string
  /** RFC 3339, UTC, with milliseconds */
  readonly accessTokenExpiresAt: string
  /** Null when it went into the cookie */
  readonly refreshToken: string | null
}

/** One signed-in device, as its owner sees it. */
export interface SessionInfo {
  readonly id: string
  /** RFC 3339, UTC, with milliseconds */
  readonly createdAt: string
  /** RFC 3339, UTC, with milliseconds */
  readonly lastUsedAt: string
  /** RFC 3339, UTC, with milliseconds */
  readonly expiresAt: string
  readonly userAgent: string | null
  readonly address: string | null
  /** True for the session that asks */
  readonly current: boolean
}

/** What a set-up link is good for, before it is spent. */
export interface SetupState {
  /** RFC 3339, UTC, with milliseconds */
  readonly expiresAt: string
  readonly version: string
  readonly database: string
  readonly durability: string
  readonly functions: {
    readonly bun: Isolation
    readonly quickjs: Isolation
  }
  readonly signups: "open" | "closed"
}

export interface SignInWays {
  /** Whether the install sends mail that signs in */
  readonly mail: boolean
  readonly providers: readonly {
    readonly name: string
    readonly label: string
    readonly kind: string
  }[]
}

/** A person with an account on this install. */
export interface User {
  readonly id: string
  readonly email: string
  /** Whether they have shown that they read what is sent there */
  readonly emailVerified: boolean
  readonly name: string
  readonly administrator: boolean
  /** RFC 3339, UTC, with milliseconds */
  readonly createdAt: string
}

/** Users of the app, with conditions. Secret keys and members are not bound by them. */
export interface UserRule {
  /** One of these will do */
  readonly roles?: readonly string[]
  /** Only sessions that have shown a second factor */
  readonly mfa?: true
  /** Only documents for which this filter holds; `$user.id`, `$user.email`, `$user.roles`, `$user.mfa` and `$user.claims.<name>` stand for the user's */
  readonly where?: Readonly<Record<string, unknown>>
}
