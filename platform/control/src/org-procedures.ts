/**
 * Every change of an organization, with its audit row in the same transaction. What somebody may do is asked here again: a role
 * that was taken away a moment ago is gone.
 */
import type { Transaction } from "@ashlar/sqlite"
import type { Role } from "./access.ts"
import type { Change } from "./audit-row.ts"
import {
  AlreadyMember,
  Forbidden,
  InviteNotFound,
  LastOwner,
  MemberNotFound,
  OrgNotEmpty,
  OrgNotFound,
  OrgPersonal,
} from "./errors.ts"
import { type OrgRole, orgNeeds, reaches, requireOrgRole } from "./org-access.ts"
import { audit, type JoiningStatement, refuseMoreThan, requireProject } from "./procedures.ts"
import { firstFree } from "./slug.ts"

interface OrgRow {
  slug: string | null
  name: string | null
  personal: number
}

interface MemberRow {
  n: number
  account_id: string
  role: OrgRole
  joined_at: number
}

/** The organization of a change. Its trail is found by its id, as that of a project is. */
function requireOrg(tx: Transaction, { projectId }: Change): OrgRow {
  const org = tx.get<OrgRow>("SELECT slug, name, personal FROM control_orgs WHERE id = ?", [projectId])
  if (!org) throw new OrgNotFound()
  return org
}

function memberOf(tx: Transaction, orgId: string, accountId: string): MemberRow | undefined {
  const sql = "SELECT n, account_id, role, joined_at FROM control_org_members WHERE org_id = ? AND account_id = ?"
  return tx.get<MemberRow>(sql, [orgId, accountId])
}

/** What whoever changes this is by now. @throws {CONTROL_ORG_NOT_FOUND} @throws {CONTROL_FORBIDDEN} */
function requireActor(tx: Transaction, { projectId, actor }: Change, least: OrgRole): OrgRole {
  const member = memberOf(tx, projectId, actor.id)
  if (!member) throw new OrgNotFound()
  requireOrgRole(member.role, least)
  return member.role
}

function refuseAbove(own: OrgRole, other: OrgRole): void {
  if (reaches(own, other)) return
  throw new Forbidden(`Nobody gives or takes more than they have: you are ${own}. Ask somebody who is ${other}.`, {
    details: { expected: other, got: own },
  })
}

function refusePersonal({ personal }: OrgRow): void {
  if (personal === 1) throw new OrgPersonal()
}

function keepAnOwner(tx: Transaction, { projectId }: Change): void {
  const sql = "SELECT count(*) AS count FROM control_org_members WHERE org_id = ? AND role = 'owner'"
  if ((tx.get<{ count: number }>(sql, [projectId])?.count ?? 0) < 2) {
    throw new LastOwner("An organization keeps at least one owner. Make somebody else an owner first, or delete it.")
  }
}

export interface OrgCreation {
  readonly change: Change
  readonly name: string
  readonly slug: string
  /** Organizations that one person owns. */
  readonly limit: number
}

export function createOrg(tx: Transaction, { change, name, slug: wish, limit }: OrgCreation): void {
  const { projectId: id, actor, atMs } = change
  const owned = "SELECT count(*) AS count FROM control_org_members WHERE account_id = ? AND role = 'owner'"
  refuseMoreThan(limit, tx.get<{ count: number }>(owned, [actor.id]), "organizations that you own")
  const slug = firstFree(wish, (one) => tx.get("SELECT 1 FROM control_orgs WHERE slug = ?", [one]) === undefined)
  tx.run("INSERT INTO control_orgs (id, slug, name, personal, created_at) VALUES (?, ?, ?, 0, ?)", [
    ...[id, slug, name, atMs],
  ])
  insertMember(tx, change, { accountId: actor.id, role: "owner" })
  audit(tx, change, { action: "org.create", target: slug, details: { name } })
}

function insertMember(tx: Transaction, change: Change, member: { accountId: string; role: OrgRole }): void {
  const sql = "INSERT INTO control_org_members (org_id, account_id, role, joined_at) VALUES (?, ?, ?, ?)"
  tx.run(sql, [change.projectId, member.accountId, member.role, change.atMs])
}

export function renameOrg(tx: Transaction, { change, name }: { change: Change; name: string }): void {
  const before = requireOrg(tx, change)
  requireActor(tx, change, orgNeeds["org.update"])
  if (before.name === name) return
  tx.run("UPDATE control_orgs SET name = ? WHERE id = ?", [name, change.projectId])
  audit(tx, change, { action: "org.update", target: before.slug ?? "personal", details: { name, before: before.name } })
}

export function requireOrgMfa(
  tx: Transaction,
  { change, requireMfa }: { readonly change: Change; readonly requireMfa: boolean },
): void {
  const { slug } = requireOrg(tx, change)
  requireActor(tx, change, orgNeeds["org.mfa"])
  const sql = "UPDATE control_orgs SET require_mfa = ? WHERE id = ? AND require_mfa <> ?"
  const value = requireMfa ? 1 : 0
  if (tx.run(sql, [value, change.projectId, value]).changes === 0) return
  audit(tx, change, { action: "org.update", target: slug ?? "personal", details: { requireMfa } })
}

/** How the links of invites are made worthless: SQL that takes an address and a scope. */
interface Withdraws {
  readonly withdraw: string
  readonly scope: string
}

export interface OrgDeletion extends Withdraws {
  readonly change: Change
}

export function deleteOrg(tx: Transaction, { change, ...links }: OrgDeletion): void {
  const org = requireOrg(tx, change)
  requireActor(tx, change, orgNeeds["org.delete"])
  refusePersonal(org)
  const { projectId: id } = change
  if (tx.get("SELECT 1 FROM control_projects WHERE org_id = ? LIMIT 1", [id])) throw new OrgNotEmpty()
  dropInvites(tx, change, { ...links, which: "1 = 1", params: [] })
  tx.run("DELETE FROM control_org_members WHERE org_id = ?", [id])
  tx.run("DELETE FROM control_orgs WHERE id = ?", [id])
  audit(tx, change, { action: "org.delete", target: org.slug ?? "", details: { name: org.name } })
}

function dropInvites(
  tx: Transaction,
  { projectId }: Change,
  { which, params, withdraw, scope }: Withdraws & { which: string; params: readonly string[] },
): void {
  const where = `org_id = ? AND ${which}`
  const found = `SELECT email FROM control_org_invites WHERE ${where}`
  for (const { email } of tx.all<{ email: string }>(found, [projectId, ...params])) tx.run(withdraw, [email, scope])
  tx.run(`DELETE FROM control_org_invites WHERE ${where}`, [projectId, ...params])
}

export interface OrgMemberChange extends Withdraws {
  readonly change: Change
  readonly accountId: string
  readonly email: string
}

export interface OrgRoleChange extends OrgMemberChange {
  readonly role: OrgRole
}

/** Invites that give more than the member is by now go with the role. @returns the member */
export function changeOrgRole(tx: Transaction, request: OrgRoleChange): MemberRow {
  const { change, accountId, email, role, ...links } = request
  requireOrg(tx, change)
  const own = requireActor(tx, change, orgNeeds["org.members.change"])
  const member = memberOf(tx, change.projectId, accountId)
  if (!member) throw new MemberNotFound()
  refuseAbove(own, member.role)
  refuseAbove(own, role)
  if (member.role === role) return member
  if (member.role === "owner") keepAnOwner(tx, change)
  setRole(tx, change, { member, role, ...links })
  const details = { userId: accountId, role, before: member.role }
  audit(tx, change, { action: "org.member.update", target: email, details })
  return { ...member, role }
}

function setRole(
  tx: Transaction,
  change: Change,
  { member, role, ...links }: Withdraws & { readonly member: MemberRow; readonly role: OrgRole },
): void {
  tx.run("UPDATE control_org_members SET role = ? WHERE n = ?", [role, member.n])
  if (reaches(role, member.role)) return
  const still = reaches(role, orgNeeds["org.invites.change"]) ? "role = 'owner'" : "1 = 1"
  dropInvites(tx, change, { ...links, which: `invited_by = ? AND ${still}`, params: [member.account_id] })
}

/** One owner in another's place: there is none too few or too many in between. @returns what whoever did it is now */
export function handOverOrg(tx: Transaction, { change, accountId, email, ...links }: OrgMemberChange): OrgRole {
  const org = requireOrg(tx, change)
  const { projectId: orgId, actor } = change
  const own = requireActor(tx, change, orgNeeds["org.hand-over"])
  refusePersonal(org)
  const [from, to] = [memberOf(tx, orgId, actor.id), memberOf(tx, orgId, accountId)]
  if (!from || !to) throw new MemberNotFound()
  if (from.n === to.n) return own
  setRole(tx, change, { member: to, role: "owner", ...links })
  setRole(tx, change, { member: from, role: "admin", ...links })
  audit(tx, change, { action: "org.hand-over", target: email, details: { userId: accountId, before: to.role } })
  return "admin"
}

export function removeOrgMember(tx: Transaction, { change, accountId, email, ...links }: OrgMemberChange): void {
  const org = requireOrg(tx, change)
  const { projectId: orgId, actor } = change
  const own = requireActor(tx, change, orgNeeds[actor.id === accountId ? "org.members.leave" : "org.members.change"])
  const member = memberOf(tx, orgId, accountId)
  if (!member) throw new MemberNotFound()
  refuseAbove(own, member.role)
  refusePersonal(org)
  if (member.role === "owner") keepAnOwner(tx, change)
  tx.run("DELETE FROM control_org_members WHERE n = ?", [member.n])
  const places = "account_id = ? AND project_id IN (SELECT id FROM control_projects WHERE org_id = ?)"
  tx.run(`DELETE FROM control_members WHERE ${places}`, [accountId, orgId])
  dropInvites(tx, change, { ...links, which: "invited_by = ?", params: [accountId] })
  audit(tx, change, { action: "org.member.remove", target: email, details: { userId: accountId, role: member.role } })
}

export interface OrgInvitation {
  readonly change: Change
  readonly id: string
  readonly email: string
  readonly role: OrgRole
  readonly expiresAtMs: number
  /** Of the person with this address, when there is one. */
  readonly accountId: string | null
  readonly limit: number
  /** What makes the link work, and an older one not. */
  readonly alongside: readonly JoiningStatement[]
}

export function inviteToOrg(tx: Transaction, invitation: OrgInvitation): void {
  const { change, id, email, role, expiresAtMs, accountId, limit, alongside } = invitation
  const { projectId: orgId, atMs, actor } = change
  const org = requireOrg(tx, change)
  refuseAbove(requireActor(tx, change, orgNeeds["org.invites.change"]), role)
  refusePersonal(org)
  if (accountId !== null && memberOf(tx, orgId, accountId)) throw new AlreadyMember()
  tx.run("DELETE FROM control_org_invites WHERE org_id = ? AND (email = ? OR expires_at <= ?)", [orgId, email, atMs])
  const open = "SELECT count(*) AS count FROM control_org_invites WHERE org_id = ?"
  refuseMoreThan(limit, tx.get<{ count: number }>(open, [orgId]), "invites that nobody has used")
  tx.run(
    `INSERT INTO control_org_invites (id, org_id, email, role, invited_by, created_at, expires_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    [id, orgId, email, role, actor.id, atMs, expiresAtMs],
  )
  for (const { sql, params } of alongside) tx.run(sql, params)
  const expiresAt = new Date(expiresAtMs).toISOString()
  audit(tx, change, { action: "org.member.invite", target: email, details: { role, expiresAt } })
}

export interface OrgWithdrawal extends Withdraws {
  readonly change: Change
  readonly id: string
}

export function withdrawFromOrg(tx: Transaction, { change, id, ...links }: OrgWithdrawal): void {
  requireOrg(tx, change)
  const own = requireActor(tx, change, orgNeeds["org.invites.change"])
  const sql = "SELECT email, role FROM control_org_invites WHERE id = ? AND org_id = ?"
  const invite = tx.get<{ email: string; role: OrgRole }>(sql, [id, change.projectId])
  if (!invite) throw new InviteNotFound()
  refuseAbove(own, invite.role)
  dropInvites(tx, change, { ...links, which: "id = ?", params: [id] })
  audit(tx, change, { action: "org.member.uninvite", target: invite.email, details: { role: invite.role } })
}

export interface OrgJoining {
  readonly change: Change
  readonly inviteId: string
  readonly limit: number
  /** What spends the link. */
  readonly alongside: readonly JoiningStatement[]
}

/** The invite of another person looks like one that is not there. */
export function joinOrg(tx: Transaction, { change, inviteId, limit, alongside }: OrgJoining): void {
  const { projectId: orgId, atMs, actor } = change
  const sql = `SELECT email, role, invited_by FROM control_org_invites
    WHERE id = ? AND org_id = ? AND email = ? AND expires_at > ?`
  const invite = tx.get<{ role: OrgRole; invited_by: string }>(sql, [inviteId, orgId, actor.label, atMs])
  if (!invite) throw new InviteNotFound()
  if (memberOf(tx, orgId, actor.id)) throw new AlreadyMember()
  const count = "SELECT count(*) AS count FROM control_org_members WHERE org_id = ?"
  refuseMoreThan(limit, tx.get<{ count: number }>(count, [orgId]), "members")
  for (const { sql: spend, params } of alongside) tx.run(spend, params)
  tx.run("DELETE FROM control_org_invites WHERE id = ?", [inviteId])
  insertMember(tx, change, { accountId: actor.id, role: invite.role })
  const details = { userId: actor.id, role: invite.role, invitedBy: invite.invited_by }
  audit(tx, change, { action: "org.member.join", target: actor.label, details })
}

export interface ProjectTransfer {
  /** In the project. */
  readonly change: Change
  readonly toOrgId: string
  /** Of the lines in the trails of both organizations. */
  readonly auditIds: { readonly from: string; readonly to: string }
}

export function transferProject(tx: Transaction, { change, toOrgId, auditIds }: ProjectTransfer): void {
  const { projectId, actor } = change
  const { slug, org_id: fromOrgId } = requireProject(tx, change)
  const sql = "SELECT role FROM control_members WHERE project_id = ? AND account_id = ?"
  const role = tx.get<{ role: Role }>(sql, [projectId, actor.id])?.role
  if (role !== "owner" && memberOf(tx, fromOrgId, actor.id)?.role !== "owner") {
    throw new Forbidden("Only an owner of the project gives it away. Ask one to do this.")
  }
  requireActor(tx, { ...change, projectId: toOrgId }, orgNeeds["org.projects.change"])
  if (fromOrgId === toOrgId) return
  tx.run("UPDATE control_projects SET org_id = ? WHERE id = ?", [toOrgId, projectId])
  const details = { from: fromOrgId, to: toOrgId, projectId }
  audit(tx, change, { action: "project.transfer", target: slug, details })
  for (const [auditId, orgId] of [[auditIds.from, fromOrgId] as const, [auditIds.to, toOrgId] as const]) {
    audit(tx, { ...change, auditId, projectId: orgId }, { action: "org.project.transfer", target: slug, details })
  }
}
