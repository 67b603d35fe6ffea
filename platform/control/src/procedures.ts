/**
 * Every change of control, each with its audit row in the same transaction. Runs in the writer Worker, one call at a
 * time, so what is checked here still holds when it is written.
 */
import type { Statement, Transaction } from "@ashlar/sqlite"
import type { KeyKind, Role } from "./access.ts"
import { type AuditFacts, auditParams, type Change, INSERT_AUDIT } from "./audit-row.ts"
import {
  AlreadyMember,
  KeyNotFound,
  KeyRevoked,
  LastOwner,
  LimitReached,
  MemberNotFound,
  OrgNotFound,
  ownersOnly,
  ProjectNotFound,
} from "./errors.ts"
import { type OrgRole, orgNeeds, requireOrgRole } from "./org-access.ts"
import { firstFree } from "./slug.ts"

export {
  changeOrgRole,
  createOrg,
  deleteOrg,
  handOverOrg,
  inviteToOrg,
  joinOrg,
  removeOrgMember,
  renameOrg,
  requireOrgMfa,
  transferProject,
  withdrawFromOrg,
} from "./org-procedures.ts"

/** A statement of another part of the platform that joins the transaction. */
export type JoiningStatement = Pick<Statement, "sql" | "params">

export function audit(tx: Transaction, change: Change, facts: Omit<AuditFacts, "details"> & { details: object }): void {
  const params = auditParams(change, { ...facts, details: JSON.stringify(facts.details) })
  tx.run(`${INSERT_AUDIT} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, params)
}

interface ProjectFacts {
  slug: string
  name: string
  org_id: string
}

export function requireProject(tx: Transaction, { projectId }: Change): ProjectFacts {
  const project = tx.get<ProjectFacts>("SELECT slug, name, org_id FROM control_projects WHERE id = ?", [projectId])
  if (!project) throw new ProjectNotFound()
  return project
}

export function refuseMoreThan(limit: number, count: { count: number } | undefined, what: string): void {
  if ((count?.count ?? 0) < limit) return
  throw new LimitReached(`There are ${limit} ${what} already, as many as there may be. Remove one first.`, {
    details: { limit },
  })
}

export interface ProjectCreation {
  readonly change: Change
  readonly name: string
  readonly slug: string
  /** Whether another slug will do when this one is taken. */
  readonly slugMayChange: boolean
  /** Whose it is. */
  readonly orgId: string
  readonly projectLimit: number
}

/** @returns the slug that the project got */
export function createProject(tx: Transaction, creation: ProjectCreation): string {
  const { change, name, orgId } = creation
  const org = tx.get<{ personal: number; role: OrgRole }>(
    `SELECT o.personal, m.role FROM control_orgs o JOIN control_org_members m ON m.org_id = o.id
     WHERE o.id = ? AND m.account_id = ?`,
    [orgId, change.actor.id],
  )
  if (!org) throw new OrgNotFound()
  requireOrgRole(org.role, orgNeeds["org.projects.change"])
  refuseMoreThan(creation.projectLimit, tx.get("SELECT count(*) AS count FROM control_projects"), "projects")
  const isFree = (one: string): boolean => tx.get("SELECT 1 FROM control_projects WHERE slug = ?", [one]) === undefined
  const slug = firstFree(creation.slug, isFree, creation.slugMayChange)
  tx.run("DELETE FROM control_leftovers WHERE project_id = ?", [change.projectId])
  tx.run("INSERT INTO control_projects (id, slug, name, org_id, created_at) VALUES (?, ?, ?, ?, ?)", [
    ...[change.projectId, slug, name, orgId, change.atMs],
  ])
  // Of one's own project one stays an owner wherever it goes; others have the owners of their organization.
  if (org.personal === 1) insertMember(tx, change, { accountId: change.actor.id, role: "owner" })
  audit(tx, change, { action: "project.create", target: slug, details: { name } })
  return slug
}

export function renameProject(tx: Transaction, { change, name }: { change: Change; name: string }): void {
  const before = requireProject(tx, change)
  if (before.name === name) return
  tx.run("UPDATE control_projects SET name = ? WHERE id = ?", [name, change.projectId])
  audit(tx, change, { action: "project.update", target: before.slug, details: { name, before: before.name } })
}

/** The project is gone at once; its storage is noted as left over until that is gone too. */
export function deleteProject(tx: Transaction, { change }: { change: Change }): void {
  const { slug, name } = requireProject(tx, change)
  for (const table of ["control_members", "control_keys"]) {
    tx.run(`DELETE FROM ${table} WHERE project_id = ?`, [change.projectId])
  }
  tx.run("DELETE FROM control_projects WHERE id = ?", [change.projectId])
  tx.run("INSERT OR IGNORE INTO control_leftovers (project_id) VALUES (?)", [change.projectId])
  audit(tx, change, { action: "project.delete", target: slug, details: { name } })
}

export interface NewMember {
  readonly accountId: string
  readonly role: Role
}

function insertMember(tx: Transaction, change: Change, { accountId, role }: NewMember): void {
  tx.run("INSERT INTO control_members (project_id, account_id, role, joined_at) VALUES (?, ?, ?, ?)", [
    change.projectId,
    accountId,
    role,
    change.atMs,
  ])
}

function roleOf(tx: Transaction, { projectId }: Change, accountId: string): Role | undefined {
  const sql = "SELECT role FROM control_members WHERE project_id = ? AND account_id = ?"
  return tx.get<{ role: Role }>(sql, [projectId, accountId])?.role
}

/** An owner may go when somebody else owns the project: for itself, or by its organization. */
function keepAnOwner(tx: Transaction, { projectId }: Change, accountId: string): void {
  const sql = `SELECT 1 FROM control_members WHERE project_id = ? AND role = 'owner' AND account_id <> ?
    UNION ALL SELECT 1 FROM control_projects p JOIN control_org_members m ON m.org_id = p.org_id
    WHERE p.id = ? AND m.role = 'owner' AND m.account_id <> ? LIMIT 1`
  if (!tx.get(sql, [projectId, accountId, projectId, accountId])) throw new LastOwner()
}

export interface MemberAddition {
  readonly change: Change
  readonly member: NewMember
  readonly email: string
  readonly memberLimit: number
}

export function addMember(tx: Transaction, { change, member, email, memberLimit }: MemberAddition): void {
  requireProject(tx, change)
  if (roleOf(tx, change, member.accountId)) throw new AlreadyMember()
  const count = tx.get<{ count: number }>("SELECT count(*) AS count FROM control_members WHERE project_id = ?", [
    change.projectId,
  ])
  refuseMoreThan(memberLimit, count, "members")
  insertMember(tx, change, member)
  audit(tx, change, { action: "member.add", target: email, details: { userId: member.accountId, role: member.role } })
}

export interface MemberInvitation {
  readonly change: Change
  readonly email: string
  readonly role: Role
  readonly expiresAt: string
  /** What makes the invite itself exist. */
  readonly alongside: readonly JoiningStatement[]
}

export function inviteMember(tx: Transaction, { change, email, role, expiresAt, alongside }: MemberInvitation): void {
  requireProject(tx, change)
  for (const { sql, params } of alongside) tx.run(sql, params)
  audit(tx, change, { action: "member.invite", target: email, details: { role, expiresAt } })
}

export interface MemberChange {
  readonly change: Change
  readonly accountId: string
  readonly email: string
  /** Whether whoever changes this may also say who owns the project. */
  readonly byOwner: boolean
}

export function changeRole(tx: Transaction, request: MemberChange & { role: Role }): void {
  const { change, accountId, email, role, byOwner } = request
  requireProject(tx, change)
  const before = roleOf(tx, change, accountId)
  if (!before) throw new MemberNotFound()
  if (before === "owner" && !byOwner) throw ownersOnly()
  if (before === role) return
  if (before === "owner") keepAnOwner(tx, change, accountId)
  tx.run("UPDATE control_members SET role = ? WHERE project_id = ? AND account_id = ?", [
    role,
    change.projectId,
    accountId,
  ])
  audit(tx, change, { action: "member.update", target: email, details: { userId: accountId, role, before } })
}

export function removeMember(tx: Transaction, { change, accountId, email, byOwner }: MemberChange): void {
  requireProject(tx, change)
  const role = roleOf(tx, change, accountId)
  if (!role) throw new MemberNotFound()
  if (role === "owner" && !byOwner) throw ownersOnly()
  if (role === "owner") keepAnOwner(tx, change, accountId)
  tx.run("DELETE FROM control_members WHERE project_id = ? AND account_id = ?", [change.projectId, accountId])
  audit(tx, change, { action: "member.remove", target: email, details: { userId: accountId, role } })
}

export interface NewKey {
  readonly id: string
  readonly kind: KeyKind
  /** With spaces between them; null for a key that has none. */
  readonly scopes: string | null
  readonly name: string
  readonly hint: string
  readonly secretHash: Uint8Array
  readonly expiresAtMs: number | null
}

export interface KeyLimits {
  readonly live: number
  readonly revoked: number
}

export interface KeyCreation {
  readonly change: Change
  readonly key: NewKey
  readonly limits: KeyLimits
}

export function createKey(tx: Transaction, { change, key, limits }: KeyCreation): void {
  requireProject(tx, change)
  insertKey(tx, change, { key, limits })
  const { kind, name, hint, expiresAtMs } = key
  const expiresAt = expiresAtMs === null ? null : new Date(expiresAtMs).toISOString()
  const details = { kind, ...withScopes(key.scopes), name, hint, expiresAt }
  audit(tx, change, { action: "key.create", target: key.id, details })
}

function withScopes(scopes: string | null): { readonly scopes?: readonly string[] } {
  return scopes === null ? {} : { scopes: scopes.split(" ") }
}

function insertKey(tx: Transaction, change: Change, { key, limits }: Omit<KeyCreation, "change">): void {
  const sql = "SELECT count(*) AS count FROM control_keys WHERE project_id = ? AND revoked_at IS NULL"
  refuseMoreThan(limits.live, tx.get<{ count: number }>(sql, [change.projectId]), "keys that are not revoked")
  tx.run(
    `INSERT INTO control_keys (id, project_id, kind, scopes, name, hint, secret_hash, created_at, expires_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [key.id, change.projectId, key.kind, key.scopes, key.name, key.hint, key.secretHash, change.atMs, key.expiresAtMs],
  )
}

interface KeyRow {
  kind: KeyKind
  scopes: string | null
  name: string
  hint: string
  created_at: number
  expires_at: number | null
  revoked_at: number | null
}

function requireKey(tx: Transaction, { projectId }: Change, id: string): KeyRow {
  const key = tx.get<KeyRow>("SELECT * FROM control_keys WHERE id = ? AND project_id = ?", [id, projectId])
  if (!key) throw new KeyNotFound()
  return key
}

export interface KeyRotation {
  readonly change: Change
  readonly id: string
  /** What the new key does not take over from the old. */
  readonly successor: Pick<NewKey, "id" | "hint" | "secretHash">
  readonly limits: KeyLimits
}

/** Puts a new key in an old one's place: same kind, scopes and name, and the same time to live, counted from now. */
export function rotateKey(tx: Transaction, { change, id, successor, limits }: KeyRotation): void {
  requireProject(tx, change)
  const { kind, scopes, name, created_at, expires_at, revoked_at } = requireKey(tx, change, id)
  if (revoked_at !== null) throw new KeyRevoked()
  const expiresAtMs = expires_at === null ? null : change.atMs + (expires_at - created_at)
  markRevoked(tx, change, { id, limits })
  insertKey(tx, change, { key: { ...successor, kind, scopes, name, expiresAtMs }, limits })
  const details = { kind, ...withScopes(scopes), name, hint: successor.hint, replaces: id }
  audit(tx, change, { action: "key.rotate", target: successor.id, details })
}

/** Revoking twice changes nothing, and is no error. */
export function revokeKey(tx: Transaction, revocation: { change: Change; id: string; limits: KeyLimits }): void {
  const { change, id } = revocation
  requireProject(tx, change)
  const { kind, name, hint, revoked_at } = requireKey(tx, change, id)
  if (revoked_at !== null) return
  markRevoked(tx, change, revocation)
  audit(tx, change, { action: "key.revoke", target: id, details: { kind, name, hint } })
}

function markRevoked(tx: Transaction, change: Change, { id, limits }: { id: string; limits: KeyLimits }): void {
  tx.run("UPDATE control_keys SET revoked_at = ? WHERE id = ?", [change.atMs, id])
  tx.run(
    `DELETE FROM control_keys WHERE n IN (
       SELECT n FROM control_keys WHERE project_id = ? AND revoked_at IS NOT NULL
       ORDER BY revoked_at DESC, n DESC LIMIT -1 OFFSET ?)`,
    [change.projectId, limits.revoked],
  )
}

/** An audit row for a change that was made elsewhere. */
export function recordAudit(tx: Transaction, { change, facts }: { change: Change; facts: AuditFacts }): void {
  requireProject(tx, change)
  tx.run(`${INSERT_AUDIT} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, auditParams(change, facts))
}
