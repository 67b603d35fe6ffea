import type { SqliteFile } from "@ashlar/sqlite"
import { type Actor, type Caller, type Role, requireMfa } from "./access.ts"
import { CredentialsNeeded, Forbidden, OrgNotFound } from "./errors.ts"
import { isProjectId } from "./slug.ts"

/**
 * What somebody may do in an organization, and by that in each of its projects, where a member is a developer: a viewer reads, a
 * member changes what is in projects, an admin who else is in them and which there are, an owner also who owns it, and its end.
 */
export type OrgRole = "owner" | "admin" | "member" | "viewer"

export interface OrgRecord {
  readonly id: string
  /** `personal` is one's own, whoever asks. */
  readonly slug: string
  readonly name: string
  /** Whether it is somebody's own: it has no other members, and stays as long as their account. */
  readonly personal: boolean
  /** Whether members reach nothing of it before they have shown a second factor. Keys are not asked. */
  readonly requireMfa: boolean
  readonly createdAt: string
}

/** This person in this organization. Every operation on an organization asks for one. */
export interface OrgAccess {
  readonly organization: OrgRecord
  readonly role: OrgRole
  readonly actor: Actor
  /** Whether they have shown a second factor. */
  readonly hasMfa: boolean
}

/** The operations on an organization. */
export type OrgOperation =
  | "org.read"
  | "org.update"
  | "org.mfa"
  | "org.delete"
  | "org.hand-over"
  | "org.members.list"
  | "org.members.change"
  | "org.members.leave"
  | "org.invites.list"
  | "org.invites.change"
  | "org.audit.list"
  | "org.projects.change"

/** The least role that each operation takes. They check it themselves; the authorization matrix reads it. */
export const orgNeeds: Readonly<Record<OrgOperation, OrgRole>> = {
  "org.read": "viewer",
  "org.update": "admin",
  "org.mfa": "owner",
  "org.delete": "owner",
  "org.hand-over": "owner",
  "org.members.list": "viewer",
  "org.members.change": "admin",
  "org.members.leave": "viewer",
  "org.invites.list": "admin",
  "org.invites.change": "admin",
  "org.audit.list": "viewer",
  "org.projects.change": "admin",
}

export const ORG_ROLES = ["owner", "admin", "member", "viewer"] as const
const ORG_RANK: Readonly<Record<OrgRole, number>> = { viewer: 1, member: 2, admin: 3, owner: 4 }
/** What an organization's role is in its projects. */
export const IN_PROJECTS: Readonly<Record<OrgRole, Role>> = {
  ...{ viewer: "viewer", member: "developer", admin: "admin", owner: "owner" },
}
/** How one's own organization is called in an address. */
export const PERSONAL = "personal"

/** Whether a role reaches another. */
export function reaches(role: OrgRole, least: OrgRole): boolean {
  return ORG_RANK[role] >= ORG_RANK[least]
}

export interface OrgRow {
  n: number
  id: string
  slug: string | null
  name: string | null
  personal: number
  require_mfa: number
  created_at: number
}

/** @param nameOf The name of a person: one's own organization is called like them until it gets a name of its own. */
export function toOrgRecord(row: OrgRow, nameOf: (accountId: string) => string | undefined): OrgRecord {
  const { id, slug, name, personal, require_mfa, created_at } = row
  return {
    ...{ id, slug: slug ?? PERSONAL, name: name ?? nameOf(id) ?? PERSONAL },
    ...{ personal: personal === 1, requireMfa: require_mfa === 1, createdAt: new Date(created_at).toISOString() },
  }
}

const WHY = "see organizations"

/** Whoever acts for themselves. */
export function requireUser(caller: Caller, what: string): Extract<Caller, { kind: "user" }> {
  if (caller.kind === "user") return caller
  if (caller.kind === "anonymous") throw new CredentialsNeeded()
  throw new Forbidden(`A project key belongs to one project, found as \`self\`. Sign in to ${what}.`)
}

interface OrgRequest {
  readonly caller: Caller
  readonly ref: string
  readonly least: OrgRole
}
type NameOf = (accountId: string) => string | undefined

/** @see Organizations.authorize for the contract */
export function authorizeOrg(file: SqliteFile, request: OrgRequest, nameOf: NameOf): OrgAccess {
  const access = findOrgAccess(file, request, nameOf)
  if (access.organization.requireMfa) requireMfa(requireUser(request.caller, WHY), access.organization.id)
  return access
}

/** The same of whoever is in it, without asking for a second factor: to tell them that they are. */
export function findOrgAccess(file: SqliteFile, request: OrgRequest, nameOf: NameOf): OrgAccess {
  const user = requireUser(request.caller, WHY)
  const isOwn = request.ref === PERSONAL
  const ref = isOwn ? user.id : request.ref
  const sql = `SELECT o.*, m.role FROM control_orgs o JOIN control_org_members m ON m.org_id = o.id
    WHERE o.${isOwn || isProjectId(ref) ? "id" : "slug"} = ? AND m.account_id = ?`
  const row = file.get<OrgRow & { role: OrgRole }>(sql, [ref, user.id])
  if (!row) throw new OrgNotFound()
  const actor = { kind: "user", id: user.id, label: user.email } as const
  const access = { organization: toOrgRecord(row, nameOf), role: row.role, actor, hasMfa: user.mfa === true }
  requireOrgRole(access.role, request.least)
  return access
}

/** @throws {CONTROL_FORBIDDEN} */
export function requireOrgRole(role: OrgRole, least: OrgRole): void {
  if (reaches(role, least)) return
  throw new Forbidden(
    `Expected the role ${least} or above in the organization, you are ${role}. Ask an owner of it for the role.`,
    { details: { expected: least, got: role } },
  )
}
