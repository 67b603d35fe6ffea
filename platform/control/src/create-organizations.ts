import type { Clock, IdSource } from "@ashlar/core"
import type { SqliteFile } from "@ashlar/sqlite"
import { type Actor, needs, requireAccess } from "./access.ts"
import type { Audit, ChangeSource } from "./audit.ts"
import { auditParams, type Change, INSERT_AUDIT } from "./audit-row.ts"
import { InviteNotFound, MfaRequired } from "./errors.ts"
import type { ControlLimits } from "./limits.ts"
import type { People } from "./members.ts"
import { checkChoice, checkName } from "./name.ts"
import {
  authorizeOrg,
  findOrgAccess,
  ORG_ROLES,
  type OrgAccess,
  type OrgRole,
  type OrgRow,
  orgNeeds,
  requireOrgRole,
  requireUser,
  toOrgRecord,
} from "./org-access.ts"
import type {
  OrgCreation,
  OrgDeletion,
  OrgInvitation,
  OrgJoining,
  OrgMemberChange,
  OrgRoleChange,
  OrgWithdrawal,
  ProjectTransfer,
} from "./org-procedures.ts"
import type { Organizations, OrgInvite, OrgMember } from "./organizations.ts"
import type { Pager } from "./page.ts"
import type { JoiningStatement } from "./procedures.ts"
import { deriveSlug } from "./slug.ts"

interface MemberRow {
  n: number
  account_id: string
  role: OrgRole
  joined_at: number
}

interface InviteRow {
  n: number
  id: string
  email: string
  role: OrgRole
  invited_by: string
  created_at: number
  expires_at: number
}

const toTime = (ms: number): string => new Date(ms).toISOString()
/** What an invite is to, as whoever keeps invites knows it. */
const scopeOf = (orgId: string): string => `org/${orgId}`
/** Accounts that one write gives their organization. */
const OPENED_AT_ONCE = 500

/** What all operations share. */
interface Parts {
  nameOf(accountId: string): string | undefined
  changeIn(orgId: string, actor: Actor): Change
  linksOf(access: OrgAccess): { readonly withdraw: string; readonly scope: string }
}

export interface OrganizationsOptions {
  readonly file: SqliteFile
  readonly clock: Clock
  readonly ids: IdSource
  readonly people: People
  readonly pager: Pager
  readonly change: ChangeSource
  readonly audit: Pick<Audit, "read">
  readonly limits: ControlLimits
}

export function createOrganizations(options: OrganizationsOptions): Organizations {
  const { file, clock, ids, people, limits, pager } = options
  const parts: Parts = {
    nameOf: (id) => people.find(id)?.name,
    changeIn: (orgId, actor) => options.change({ project: { id: orgId }, actor }),
    linksOf: ({ organization }) => ({ withdraw: people.withdrawInvite, scope: scopeOf(organization.id) }),
  }
  const { nameOf, changeIn, linksOf } = parts
  const headOf = ({ organization, actor }: OrgAccess): Change => changeIn(organization.id, actor)

  return {
    ...createMembersPart(options, parts),
    ...createInvitesPart(options, parts),
    authorize: (caller, ref, least) => authorizeOrg(file, { caller, ref, least }, nameOf),

    list(caller, page = {}) {
      const { id } = requireUser(caller, "see organizations")
      const read = (before: number, limit: number): (OrgRow & { role: OrgRole })[] =>
        file.all<OrgRow & { role: OrgRole }>(LIST_ORGS, [id, before, limit])
      return pager.cut(`orgs/${id}`, page, read, (row) => ({ ...toOrgRecord(row, nameOf), role: row.role }))
    },

    async create(caller, { name: givenName }) {
      const { id: ownerId, email } = requireUser(caller, "make organizations")
      const name = checkName(givenName)
      const orgId = ids()
      const actor = { kind: "user", id: ownerId, label: email } as const
      const creation: OrgCreation = {
        change: changeIn(orgId, actor),
        ...{ name, slug: deriveSlug(name, "organization"), limit: limits.organizationsPerPerson },
      }
      await file.call("control.createOrg", creation)
      const { organization, role } = authorizeOrg(file, { caller, ref: orgId, least: "viewer" }, nameOf)
      return { ...organization, role }
    },

    get({ organization, role }) {
      requireOrgRole(role, orgNeeds["org.read"])
      return { ...organization, role }
    },

    async rename(access, changes) {
      requireOrgRole(access.role, orgNeeds["org.update"])
      const name = checkName(changes.name)
      await file.call("control.renameOrg", { change: headOf(access), name })
      return { ...access.organization, name, role: access.role }
    },

    async setRequireMfa(access, requireMfa) {
      requireOrgRole(access.role, orgNeeds["org.mfa"])
      // Nobody shuts the door from outside.
      if (requireMfa && !access.hasMfa)
        throw new MfaRequired("Show your second factor first: without one you would not get in any more yourself.")
      await file.call("control.requireOrgMfa", { change: headOf(access), requireMfa })
      return { ...access.organization, requireMfa, role: access.role }
    },

    async delete(access) {
      requireOrgRole(access.role, orgNeeds["org.delete"])
      const deletion: OrgDeletion = { change: headOf(access), ...linksOf(access) }
      await file.call("control.deleteOrg", deletion, { makesRoom: true })
    },

    audit(access, query) {
      requireOrgRole(access.role, orgNeeds["org.audit.list"])
      return options.audit.read(access.organization.id, query)
    },

    async transfer(project, to) {
      requireAccess(project, needs["project.transfer"])
      requireOrgRole(to.role, orgNeeds["org.projects.change"])
      const transfer: ProjectTransfer = {
        ...{ change: options.change(project), toOrgId: to.organization.id },
        ...{ auditIds: { from: ids(), to: ids() } },
      }
      await file.call("control.transferProject", transfer)
    },

    forAccount: ({ id }) => personalOrg(id, clock.now()),

    async openPersonal(accountIds) {
      const rows = file.all<{ id: string }>("SELECT id FROM control_orgs WHERE personal = 1")
      const known = new Set(rows.map(({ id }) => id))
      const missing = accountIds.filter((id) => !known.has(id))
      for (let from = 0; from < missing.length; from += OPENED_AT_ONCE) {
        const some = missing.slice(from, from + OPENED_AT_ONCE)
        await file.write(some.flatMap((id) => personalOrg(id, clock.now())))
      }
      return missing.length
    },
  }
}

function createMembersPart(
  { file, people, pager }: OrganizationsOptions,
  { changeIn, linksOf }: Parts,
): Pick<Organizations, "members" | "changeRole" | "handOver" | "remove"> {
  const toMember = (row: MemberRow): OrgMember => {
    const { email = "", name = "" } = people.find(row.account_id) ?? {}
    return { userId: row.account_id, email, name, role: row.role, joinedAt: toTime(row.joined_at) }
  }
  return {
    members(access, page = {}) {
      requireOrgRole(access.role, orgNeeds["org.members.list"])
      const { id } = access.organization
      const sql = "SELECT * FROM control_org_members WHERE org_id = ? AND n < ? ORDER BY n DESC LIMIT ?"
      const read = (before: number, limit: number): MemberRow[] => file.all<MemberRow>(sql, [id, before, limit])
      return pager.cut(`orgs/${id}/members`, page, read, toMember)
    },

    async changeRole(access, { userId, role: givenRole }) {
      requireOrgRole(access.role, orgNeeds["org.members.change"])
      const role = checkChoice("role", givenRole, ORG_ROLES)
      const { email = userId } = people.find(userId) ?? {}
      const roleChange: OrgRoleChange = {
        change: changeIn(access.organization.id, access.actor),
        accountId: userId,
        email,
        role,
        ...linksOf(access),
      }
      return toMember(await file.call<MemberRow>("control.changeOrgRole", roleChange))
    },

    async handOver(access, { userId }) {
      requireOrgRole(access.role, orgNeeds["org.hand-over"])
      const { email = userId } = people.find(userId) ?? {}
      const handOver: OrgMemberChange = {
        change: changeIn(access.organization.id, access.actor),
        accountId: userId,
        email,
        ...linksOf(access),
      }
      const role = await file.call<OrgRole>("control.handOverOrg", handOver)
      return { ...access.organization, role }
    },

    async remove(access, { userId }) {
      const isSelf = access.actor.id === userId
      requireOrgRole(access.role, orgNeeds[isSelf ? "org.members.leave" : "org.members.change"])
      const { email = userId } = people.find(userId) ?? {}
      const removal: OrgMemberChange = {
        change: changeIn(access.organization.id, access.actor),
        accountId: userId,
        email,
        ...linksOf(access),
      }
      await file.call("control.removeOrgMember", removal)
    },
  }
}

function createInvitesPart(
  { file, clock, ids, people, pager, limits }: OrganizationsOptions,
  { changeIn, linksOf, nameOf }: Parts,
): Pick<Organizations, "invites" | "invite" | "withdraw" | "join" | "accept"> {
  const toInvite = (row: InviteRow): OrgInvite => ({
    ...{ id: row.id, email: row.email, role: row.role, invitedBy: people.find(row.invited_by)?.email ?? "" },
    ...{ createdAt: toTime(row.created_at), expiresAt: toTime(row.expires_at) },
  })

  return {
    invites(access, page = {}) {
      requireOrgRole(access.role, orgNeeds["org.invites.list"])
      const { id } = access.organization
      const sql =
        "SELECT * FROM control_org_invites WHERE org_id = ? AND expires_at > ? AND n < ? ORDER BY n DESC LIMIT ?"
      const read = (before: number, limit: number): InviteRow[] =>
        file.all<InviteRow>(sql, [id, clock.now(), before, limit])
      return pager.cut(`orgs/${id}/invites`, page, read, toInvite)
    },

    async invite(access, { email: address, role: givenRole }) {
      requireOrgRole(access.role, orgNeeds["org.invites.change"])
      const role = checkChoice("role", givenRole, ORG_ROLES)
      const { organization, actor } = access
      const id = ids()
      const grants = { orgId: organization.id, inviteId: id, role, invitedBy: actor.label }
      const prepared = people.prepareInvite({ email: address, scope: scopeOf(organization.id), grants })
      const { token, email, expiresAt, statements } = prepared
      const change = changeIn(access.organization.id, access.actor)
      const invitation: OrgInvitation = {
        ...{ change, id, email, role, expiresAtMs: Date.parse(expiresAt) },
        ...{ accountId: people.findByEmail(email)?.id ?? null, limit: limits.invitesPerOrganization },
        alongside: statements,
      }
      await file.call("control.inviteToOrg", invitation)
      const invite = { id, email, role, invitedBy: actor.label, createdAt: toTime(change.atMs), expiresAt }
      return { invite, token }
    },

    async withdraw(access, { id }) {
      requireOrgRole(access.role, orgNeeds["org.invites.change"])
      const withdrawal: OrgWithdrawal = {
        change: changeIn(access.organization.id, access.actor),
        id,
        ...linksOf(access),
      }
      await file.call("control.withdrawFromOrg", withdrawal)
    },

    async join(caller, { grants, statements }) {
      const { id: accountId, email } = requireUser(caller, "join an organization")
      const { orgId, inviteId } = grants
      if (typeof orgId !== "string" || typeof inviteId !== "string") throw new InviteNotFound()
      const joining: OrgJoining = {
        change: changeIn(orgId, { kind: "user", id: accountId, label: email }),
        ...{ inviteId, alongside: statements, limit: limits.membersPerOrganization },
      }
      await file.call("control.joinOrg", joining)
      const { organization, role } = findOrgAccess(file, { caller, ref: orgId, least: "viewer" }, nameOf)
      return { ...organization, role }
    },

    accept({ grants, user }) {
      const { orgId, inviteId, role } = grants
      if (typeof orgId !== "string" || typeof inviteId !== "string") return []
      const head = changeIn(orgId, { kind: "user", id: user.id, label: user.email })
      const details = JSON.stringify({ userId: user.id, role, invitedBy: grants.invitedBy })
      const facts = { action: "org.member.join", target: user.email, details }
      return [
        {
          sql: JOIN_BY_SIGN_UP,
          params: [user.id, head.atMs, inviteId, orgId, head.atMs, orgId, limits.membersPerOrganization],
        },
        {
          sql: `${INSERT_AUDIT} SELECT ?, ?, ?, ?, ?, ?, ?, ?, ? FROM control_org_members
                WHERE org_id = ? AND account_id = ?`,
          params: [...auditParams(head, facts), orgId, user.id],
        },
        { sql: "DELETE FROM control_org_invites WHERE id = ?", params: [inviteId] },
      ]
    },
  }
}

/** One's own organization has the id of one's account. Made twice, it is made once. */
function personalOrg(accountId: string, nowMs: number): JoiningStatement[] {
  return [
    {
      sql: "INSERT OR IGNORE INTO control_orgs (id, personal, created_at) VALUES (?, 1, ?)",
      params: [accountId, nowMs],
    },
    {
      sql: "INSERT OR IGNORE INTO control_org_members (org_id, account_id, role, joined_at) VALUES (?, ?, 'owner', ?)",
      params: [accountId, accountId, nowMs],
    },
  ]
}

const LIST_ORGS = `SELECT o.*, m.role FROM control_org_members m JOIN control_orgs o ON o.id = m.org_id
  WHERE m.account_id = ? AND o.n < ? ORDER BY o.n DESC LIMIT ?`

const JOIN_BY_SIGN_UP = `INSERT INTO control_org_members (org_id, account_id, role, joined_at)
  SELECT org_id, ?, role, ? FROM control_org_invites WHERE id = ? AND org_id = ? AND expires_at > ?
  AND (SELECT count(*) FROM control_org_members WHERE org_id = ?) < ?`
