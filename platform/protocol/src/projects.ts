import { type Schema, v } from "@ashlar/validation"
import { Time } from "./page.ts"

export type Role = "owner" | "developer" | "viewer"
export const Role: Schema<Role> = v.enum(["owner", "developer", "viewer"])

export interface Project {
  readonly id: string
  readonly slug: string
  readonly name: string
  /** The asking member's role; null when a key asks. */
  readonly role: Role | null
  readonly createdAt: string
}
export const Project: Schema<Project> = v.object({
  id: v.string(),
  slug: v.string(),
  name: v.string(),
  role: Role.nullable(),
  createdAt: Time,
})

const projectName = v.string().trim().min(1).max(120)
export const NewProject: Schema<{ readonly name: string; readonly slug?: string | undefined }> = v.object({
  name: projectName,
  slug: v.string().optional().describe("2 to 40 of a-z 0-9 -, first a letter; made from the name when absent"),
})
export const ProjectPatch: Schema<{ readonly name: string }> = v.object({ name: projectName })

export interface Member {
  readonly userId: string
  readonly email: string
  readonly name: string
  readonly role: Role
  readonly joinedAt: string
}
export const Member: Schema<Member> = v.object({
  userId: v.string(),
  email: v.string(),
  name: v.string(),
  role: Role,
  joinedAt: Time,
})
export const NewMember: Schema<{ readonly email: string; readonly role: Role }> = v.object({
  email: v.string().trim().min(3).max(254),
  role: Role,
})
export const MemberPatch: Schema<{ readonly role: Role }> = v.object({ role: Role })

/** The answer to adding a member: they have an account, or they get an invite, whose token is shown once. */
export interface MemberAdded {
  readonly member: Member | null
  readonly invite: {
    readonly token: string
    readonly email: string
    readonly role: Role
    readonly expiresAt: string
  } | null
}
export const MemberAdded: Schema<MemberAdded> = v.object({
  member: Member.nullable(),
  invite: v.object({ token: v.string(), email: v.string(), role: Role, expiresAt: Time }).nullable(),
})

export type KeyKind = "publishable" | "secret"
export interface Key {
  readonly id: string
  readonly kind: KeyKind
  readonly name: string
  /** The secret's last four characters. */
  readonly hint: string
  readonly createdAt: string
  readonly lastUsedAt: string | null
  readonly expiresAt: string | null
  readonly revokedAt: string | null
}
export const Key: Schema<Key> = v.object({
  id: v.string(),
  kind: v.enum(["publishable", "secret"]),
  name: v.string(),
  hint: v.string(),
  createdAt: Time,
  lastUsedAt: Time.nullable(),
  expiresAt: Time.nullable(),
  revokedAt: Time.nullable(),
})
export const NewKey: Schema<{
  readonly kind: KeyKind
  readonly name: string
  readonly expiresAt?: string | undefined
}> = v.object({
  kind: v.enum(["publishable", "secret"]),
  name: v.string().trim().min(1).max(120),
  expiresAt: Time.optional(),
})
export interface KeyCreated {
  readonly key: Key
  /** `ak_<kind>_<id>_<secret>`. Shown here once, kept nowhere. */
  readonly secret: string
}
export const KeyCreated: Schema<KeyCreated> = v.object({ key: Key, secret: v.string() })

export interface AuditEntry {
  readonly id: string
  readonly at: string
  readonly actor: { readonly kind: "user" | "key" | "function" | "system"; readonly id: string; readonly label: string }
  /** `noun.verb`: `collection.create`. */
  readonly action: string
  readonly target: string
  readonly details: Readonly<Record<string, unknown>>
}
export const AuditEntry: Schema<AuditEntry> = v.object({
  id: v.string(),
  at: Time,
  actor: v.object({ kind: v.enum(["user", "key", "function", "system"]), id: v.string(), label: v.string() }),
  action: v.string(),
  target: v.string(),
  details: v.record(v.string(), v.unknown()),
})
