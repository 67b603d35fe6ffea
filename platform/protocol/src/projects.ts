import { type Schema, v } from "@ashlar/validation"
import { MAX_PAGE_ITEMS, type PageQuery, Time } from "./page.ts"

export type Role = "owner" | "admin" | "developer" | "viewer"
export const Role: Schema<Role> = v.enum(["owner", "admin", "developer", "viewer"]).meta({
  id: "Role",
  description:
    "What a member may do: viewers read, developers change, admins also manage members, owners also other owners, and delete.",
})

export interface Project {
  readonly id: string
  readonly slug: string
  readonly name: string
  /** The asking member's role; null when a key asks. */
  readonly role: Role | null
  /** Whose it is; null when a key asks. */
  readonly organization: { readonly id: string; readonly name: string } | null
  readonly createdAt: string
}
export const Project: Schema<Project> = v
  .object({
    id: v.string(),
    slug: v.string().describe("`^[a-z][a-z0-9-]{1,39}$`, unique in the install"),
    name: v.string(),
    role: Role.nullable().describe("The asking member's own role; null when a key asks"),
    organization: v
      .object({ id: v.string(), name: v.string() })
      .nullable()
      .describe("The organization that it belongs to; null when a key asks"),
    createdAt: Time,
  })
  .meta({ id: "Project" })

const projectName = v.string().trim().min(1).max(120)
export const NewProject: Schema<{
  readonly name: string
  readonly slug?: string | undefined
  readonly organization?: string | undefined
}> = v
  .object({
    name: projectName,
    slug: v.string().optional().describe("2 to 40 of a-z 0-9 -, first a letter; made from the name when absent"),
    organization: v.string().max(64).optional().describe("Slug or id of an organization; one's own when absent"),
  })
  .meta({ id: "NewProject" })
export const ProjectPatch: Schema<{ readonly name: string }> = v
  .object({ name: projectName })
  .meta({ id: "ProjectPatch" })

export const ProjectTransfer: Schema<{ readonly organization: string }> = v
  .object({ organization: v.string().min(1).max(64).describe("Slug or id of the organization that gets the project") })
  .meta({ id: "ProjectTransfer" })

export interface Member {
  readonly userId: string
  readonly email: string
  readonly name: string
  readonly role: Role
  readonly joinedAt: string
}
export const Member: Schema<Member> = v
  .object({
    userId: v.string(),
    email: v.string(),
    name: v.string(),
    role: Role,
    joinedAt: Time,
  })
  .meta({ id: "Member" })
export const NewMember: Schema<{ readonly email: string; readonly role: Role }> = v
  .object({
    email: v.string().trim().min(3).max(254),
    role: Role,
  })
  .meta({ id: "NewMember" })
export const MemberPatch: Schema<{ readonly role: Role }> = v.object({ role: Role }).meta({ id: "MemberPatch" })

/** The answer to adding a member: they have an account, or they get an invite, whose token is shown once. */
export interface MemberAdded {
  readonly member: Member | null
  readonly invite: {
    readonly token: string
    readonly email: string
    readonly role: Role
    readonly expiresAt: string
    /** Whether a mail with the link is on its way to them. */
    readonly mailed: boolean
  } | null
}
const Invite: Schema<NonNullable<MemberAdded["invite"]>> = v
  .object({
    ...{ token: v.string().describe("Shown once"), email: v.string(), role: Role, expiresAt: Time },
    mailed: v.boolean().describe("Whether a mail with the link is on its way to them"),
  })
  .meta({ id: "Invite" })
export const MemberAdded: Schema<MemberAdded> = v
  .object({
    member: Member.nullable(),
    invite: Invite.nullable(),
  })
  .meta({
    id: "AddedMember",
    description: "Exactly one of the two is set: the member, or the invite for somebody without an account.",
  })

export type KeyKind = "publishable" | "secret"
const KeyKind: Schema<KeyKind> = v.enum(["publishable", "secret"]).meta({
  id: "KeyKind",
  description: "`publishable` may be shown to browsers; `secret` stays on servers.",
})
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
export const Scope: Schema<Scope> = v
  .enum([
    "audit:read",
    "collections:read",
    "collections:write",
    "documents:read",
    "documents:write",
    "functions:deploy",
    "functions:invoke",
    "functions:read",
    "kms:use",
    "secrets:read",
    "users:admin",
  ])
  .meta({
    id: "Scope",
    description:
      "What a secret key may be narrowed to. `functions:deploy`, `functions:read`, `collections:write`, `audit:read`, `kms:use` and `secrets:read` open what no key without scopes may do.",
  })
export interface Key {
  readonly id: string
  readonly kind: KeyKind
  /** Null when the key may do all that its kind may. */
  readonly scopes: readonly Scope[] | null
  readonly name: string
  /** The secret's last four characters. */
  readonly hint: string
  readonly createdAt: string
  readonly lastUsedAt: string | null
  readonly expiresAt: string | null
  readonly revokedAt: string | null
}
export const Key: Schema<Key> = v
  .object({
    id: v.string(),
    kind: KeyKind,
    scopes: v.array(Scope).nullable().describe("Null when the key may do all that its kind may"),
    name: v.string(),
    hint: v.string().describe("The last four characters of the secret"),
    createdAt: Time,
    lastUsedAt: Time.nullable(),
    expiresAt: Time.nullable(),
    revokedAt: Time.nullable(),
  })
  .meta({ id: "Key" })
export const NewKey: Schema<{
  readonly kind: KeyKind
  readonly name: string
  readonly expiresAt?: string | undefined
  readonly scopes?: readonly Scope[] | undefined
}> = v
  .object({
    kind: KeyKind,
    name: v.string().trim().min(1).max(120),
    expiresAt: Time.optional(),
    scopes: v.array(Scope).min(1).max(32).optional().describe("Narrow a secret key to these"),
  })
  .meta({ id: "NewKey" })
export interface KeyCreated {
  readonly key: Key
  /** `ak_<kind>_<id>_<secret>`. Shown here once, kept nowhere. */
  readonly secret: string
}
export const KeyCreated: Schema<KeyCreated> = v.object({ key: Key, secret: v.string() }).meta({
  id: "CreatedKey",
  description: "A new key with its secret, which is shown this once and stored only as a hash.",
})

export interface AuditQuery extends PageQuery {
  readonly action?: string | undefined
  readonly actor?: string | undefined
  readonly target?: string | undefined
  readonly since?: string | undefined
  readonly until?: string | undefined
}
/** `?limit=` and `&cursor=`, and which entries: all of them when nothing else is said. */
export const AuditQuery: Schema<AuditQuery, { [Name in keyof AuditQuery]?: string | undefined }> = v.object({
  limit: v.coerce.integer().min(1).max(MAX_PAGE_ITEMS).default(50),
  cursor: v.string().max(4096).optional(),
  action: v.string().min(1).max(100).optional().describe("`key.create`, or `key` for all that begin so"),
  actor: v.string().min(1).max(250).optional().describe("`kind:id`, as entries have it"),
  target: v.string().min(1).max(254).optional().describe("What it was done to, exactly"),
  since: v.string().max(40).optional().describe("From this time on"),
  until: v.string().max(40).optional().describe("Before this time"),
})
export interface AuditEntry {
  readonly id: string
  readonly at: string
  readonly actor: { readonly kind: "user" | "key" | "function" | "system"; readonly id: string; readonly label: string }
  /** `noun.verb`: `collection.create`. */
  readonly action: string
  readonly target: string
  readonly details: Readonly<Record<string, unknown>>
}
export const AuditEntry: Schema<AuditEntry> = v
  .object({
    id: v.string(),
    at: Time,
    actor: v.object({ kind: v.enum(["user", "key", "function", "system"]), id: v.string(), label: v.string() }),
    action: v.string().describe("What happened, as `noun.verb`: `collection.create`"),
    target: v.string(),
    details: v.record(v.string(), v.unknown()),
  })
  .meta({ id: "AuditEntry" })
