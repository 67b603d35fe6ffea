import type { SqliteFile } from "@ashlar/sqlite"
import { type Access, type Actor, needs, type Role, requireAccess } from "./access.ts"
import type { ChangeSource } from "./audit.ts"
import { auditParams, INSERT_AUDIT } from "./audit-row.ts"
import { ownersOnly } from "./errors.ts"
import { checkChoice } from "./name.ts"
import type { Page, PageRequest, Pager } from "./page.ts"
import type { JoiningStatement, MemberAddition, MemberChange, MemberInvitation } from "./procedures.ts"

/** A person as control needs to know them. */
export interface Person {
  readonly id: string
  readonly email: string
  readonly name: string
}

/** An invite to somebody without an account, from the package that keeps accounts. */
export interface PreparedInvite {
  readonly token: string
  readonly email: string
  readonly expiresAt: string
  /** What makes the invite exist; committed together with its audit row. */
  readonly statements: readonly JoiningStatement[]
}

/** Whoever knows the accounts. All calls are synchronous reads. */
export interface People {
  find(id: string): Person | undefined
  /** Finds by any spelling of the address. */
  findByEmail(email: string): Person | undefined
  /** MUST refuse what is no address, and MUST NOT store anything before the statements are committed. */
  prepareInvite(request: {
    readonly email: string
    readonly scope: string
    readonly grants: Readonly<Record<string, unknown>>
  }): PreparedInvite
  /** SQL that makes the invite of an address to a scope worthless: the two are its parameters. */
  readonly withdrawInvite: string
}

export interface Member {
  readonly userId: string
  readonly email: string
  readonly name: string
  readonly role: Role
  readonly joinedAt: string
}

/** An invite as the inviter sees it, once. */
export interface Invite {
  readonly token: string
  readonly email: string
  readonly role: Role
  readonly expiresAt: string
}

export interface Members {
  /** The members, latest first. @throws {CONTROL_FORBIDDEN} @throws {CONTROL_INVALID_CURSOR} @throws {CONTROL_INVALID_INPUT} */
  list(access: Access, page?: PageRequest): Page<Member>
  /**
   * Adds the person with this address; when there is none, makes an invite for it, whose token is shown once.
   *
   * @throws {CONTROL_FORBIDDEN} @throws {CONTROL_ALREADY_MEMBER} @throws {CONTROL_LIMIT_REACHED} @throws {CONTROL_INVALID_INPUT}
   */
  add(
    access: Access,
    member: { readonly email: string; readonly role: Role },
  ): Promise<{ readonly member: Member | null; readonly invite: Invite | null }>
  /** @throws {CONTROL_FORBIDDEN} @throws {CONTROL_MEMBER_NOT_FOUND} @throws {CONTROL_LAST_OWNER} @throws {CONTROL_INVALID_INPUT} */
  changeRole(access: Access, change: { readonly userId: string; readonly role: Role }): Promise<Member>
  /**
   * Removes a member; every member may remove themselves.
   *
   * @throws {CONTROL_FORBIDDEN} @throws {CONTROL_MEMBER_NOT_FOUND} @throws {CONTROL_LAST_OWNER}
   */
  remove(access: Access, member: { readonly userId: string }): Promise<void>
  /**
   * What makes a member of somebody who accepts an invite: statements for the transaction that creates their account.
   * They do nothing when the project is gone or full by then.
   */
  accept(invite: {
    readonly scope: string
    readonly grants: Readonly<Record<string, unknown>>
    readonly user: { readonly id: string; readonly email: string }
  }): readonly JoiningStatement[]
}

const ROLES = ["owner", "admin", "developer", "viewer"] as const

interface MemberRow {
  n: number
  account_id: string
  role: Role
  joined_at: number
}

export function createMembers(options: {
  readonly file: SqliteFile
  readonly people: People
  readonly pager: Pager
  readonly change: ChangeSource
  readonly memberLimit: number
}): Members {
  const { file, people, pager, change, memberLimit } = options

  const toMember = (row: MemberRow): Member => {
    const { email = "", name = "" } = people.find(row.account_id) ?? {}
    return { userId: row.account_id, email, name, role: row.role, joinedAt: new Date(row.joined_at).toISOString() }
  }

  /** The member as committed; the row may be gone again, so what is missing is filled from what was asked for. */
  const readMember = (projectId: string, accountId: string): Member | undefined => {
    const sql = "SELECT * FROM control_members WHERE project_id = ? AND account_id = ?"
    const row = file.get<MemberRow>(sql, [projectId, accountId])
    return row && toMember(row)
  }

  async function invite(access: Access, email: string, role: Role): Promise<Invite> {
    const scope = `project/${access.project.id}`
    const grants = { projectId: access.project.id, role, invitedBy: access.actor.label }
    const { statements, ...prepared } = people.prepareInvite({ email, scope, grants })
    const invitation: MemberInvitation = {
      change: change(access),
      email: prepared.email,
      role,
      expiresAt: prepared.expiresAt,
      alongside: statements,
    }
    await file.call("control.inviteMember", invitation)
    return { token: prepared.token, email: prepared.email, role, expiresAt: prepared.expiresAt }
  }

  return {
    list(access, page = {}) {
      requireAccess(access, needs["members.list"])
      const { id } = access.project
      const sql = "SELECT * FROM control_members WHERE project_id = ? AND n < ? ORDER BY n DESC LIMIT ?"
      const read = (before: number, limit: number): MemberRow[] => file.all<MemberRow>(sql, [id, before, limit])
      return pager.cut(`members/${id}`, page, read, toMember)
    },

    async add(access, { email, role: givenRole }) {
      requireAccess(access, needs["members.change"])
      const role = checkChoice("role", givenRole, ROLES)
      if (role === "owner" && access.role !== "owner") throw ownersOnly()
      const person = people.findByEmail(email)
      if (!person) return { member: null, invite: await invite(access, email, role) }
      const head = change(access)
      const member = { accountId: person.id, role }
      const addition: MemberAddition = { change: head, member, email: person.email, memberLimit }
      await file.call("control.addMember", addition)
      const joinedAt = new Date(head.atMs).toISOString()
      return { member: { userId: person.id, email: person.email, name: person.name, role, joinedAt }, invite: null }
    },

    async changeRole(access, { userId, role: givenRole }) {
      requireAccess(access, needs["members.change"])
      const role = checkChoice("role", givenRole, ROLES)
      const byOwner = access.role === "owner"
      if (role === "owner" && !byOwner) throw ownersOnly()
      const before = readMember(access.project.id, userId)
      const { email = userId } = people.find(userId) ?? {}
      const head = change(access)
      const roleChange: MemberChange & { role: Role } = { change: head, accountId: userId, email, role, byOwner }
      await file.call("control.changeRole", roleChange)
      return { ...before!, role }
    },

    async remove(access, { userId }) {
      const isSelf = access.as === "member" && access.actor.id === userId
      requireAccess(access, needs[isSelf ? "members.leave" : "members.change"])
      const { email = userId } = people.find(userId) ?? {}
      const byOwner = access.role === "owner"
      const removal: MemberChange = { change: change(access), accountId: userId, email, byOwner }
      await file.call("control.removeMember", removal)
    },

    accept({ grants, user }) {
      const { projectId, role: grantedRole } = grants
      const role = ROLES.find((one) => one === grantedRole)
      if (typeof projectId !== "string" || !role) return []
      const actor: Actor = { kind: "user", id: user.id, label: user.email }
      const head = change({ project: { id: projectId }, actor })
      const details = JSON.stringify({ userId: user.id, role, invitedBy: grants.invitedBy })
      return [
        {
          sql: `INSERT INTO control_members (project_id, account_id, role, joined_at)
                SELECT id, ?, ?, ? FROM control_projects
                WHERE id = ? AND (SELECT count(*) FROM control_members WHERE project_id = ?) < ?`,
          params: [user.id, role, head.atMs, projectId, projectId, memberLimit],
        },
        {
          sql: `${INSERT_AUDIT} SELECT ?, ?, ?, ?, ?, ?, ?, ?, ? FROM control_members
                WHERE project_id = ? AND account_id = ?`,
          params: [...auditParams(head, { action: "member.accept", target: user.email, details }), projectId, user.id],
        },
      ]
    },
  }
}
