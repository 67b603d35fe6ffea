import type { Access, Caller } from "./access.ts"
import type { AuditEntry, AuditQuery } from "./audit.ts"
import type { OrgAccess, OrgRecord, OrgRole } from "./org-access.ts"
import type { Page, PageRequest } from "./page.ts"
import type { JoiningStatement } from "./procedures.ts"

/** An organization as a member of it sees it. */
export interface Organization extends OrgRecord {
  /** The role of whoever asks. */
  readonly role: OrgRole
}

export interface OrgMember {
  readonly userId: string
  readonly email: string
  readonly name: string
  readonly role: OrgRole
  readonly joinedAt: string
}

/** Somebody who was asked to join and has not done so. */
export interface OrgInvite {
  readonly id: string
  readonly email: string
  readonly role: OrgRole
  /** The address of whoever asked them; empty when they are gone. */
  readonly invitedBy: string
  readonly createdAt: string
  readonly expiresAt: string
}

/** An invite that somebody holds the link of. */
export interface HeldInvite {
  readonly scope: string
  readonly grants: Readonly<Record<string, unknown>>
  /** What spends the link. */
  readonly statements: readonly JoiningStatement[]
}

/** Who owns projects. A person has one of their own, and may be a member of others. */
export interface Organizations {
  /**
   * Lets a person into an organization, or not. `ref` is a slug, an id, or `personal` for one's own. An organization that one
   * is no member of is as if it were not there.
   *
   * @throws {CONTROL_CREDENTIALS_NEEDED} @throws {CONTROL_ORG_NOT_FOUND} @throws {CONTROL_FORBIDDEN} for keys, and for a lesser role
   * @throws {CONTROL_MFA_REQUIRED} where it asks for a second factor that was not shown
   */
  authorize(caller: Caller, ref: string, least: OrgRole): OrgAccess
  /** Those one is a member of, latest first. @throws {CONTROL_CREDENTIALS_NEEDED} @throws {CONTROL_FORBIDDEN} for keys */
  list(caller: Caller, page?: PageRequest): Page<Organization>
  /**
   * Makes an organization with the caller as its owner. Its slug is made from the name, with a number when it is taken.
   *
   * @throws {CONTROL_CREDENTIALS_NEEDED} @throws {CONTROL_FORBIDDEN} for keys @throws {CONTROL_INVALID_INPUT} @throws {CONTROL_LIMIT_REACHED}
   */
  create(caller: Caller, organization: { readonly name: string }): Promise<Organization>
  get(access: OrgAccess): Organization
  /** The slug stays. @throws {CONTROL_FORBIDDEN} @throws {CONTROL_INVALID_INPUT} @throws {CONTROL_ORG_NOT_FOUND} when it is gone meanwhile */
  rename(access: OrgAccess, changes: { readonly name: string }): Promise<Organization>
  /**
   * From now on members reach nothing of it, and of its projects, before they have shown a second factor; or they do again. Whoever asks
   * for it has shown theirs.
   *
   * @throws {CONTROL_FORBIDDEN} unless one is an owner @throws {CONTROL_MFA_REQUIRED} @throws {CONTROL_ORG_NOT_FOUND}
   */
  setRequireMfa(access: OrgAccess, requireMfa: boolean): Promise<Organization>
  /** @throws {CONTROL_FORBIDDEN} @throws {CONTROL_ORG_PERSONAL} @throws {CONTROL_ORG_NOT_EMPTY} while it has projects */
  delete(access: OrgAccess): Promise<void>
  /**
   * Makes a member an owner, and whoever hands over an admin, in one step. To oneself it changes nothing.
   *
   * @throws {CONTROL_FORBIDDEN} unless one is an owner @throws {CONTROL_MEMBER_NOT_FOUND} @throws {CONTROL_ORG_PERSONAL}
   */
  handOver(access: OrgAccess, to: { readonly userId: string }): Promise<Organization>
  members(access: OrgAccess, page?: PageRequest): Page<OrgMember>
  /**
   * Nobody gives a role above their own, or changes somebody above them; what counts is what they are when it is written.
   *
   * @throws {CONTROL_FORBIDDEN} @throws {CONTROL_MEMBER_NOT_FOUND} @throws {CONTROL_LAST_OWNER} @throws {CONTROL_INVALID_INPUT}
   */
  changeRole(access: OrgAccess, change: { readonly userId: string; readonly role: OrgRole }): Promise<OrgMember>
  /**
   * Removes a member from the organization, from all of its projects, and with the invites that they sent; every member may
   * remove themselves.
   *
   * @throws {CONTROL_FORBIDDEN} @throws {CONTROL_MEMBER_NOT_FOUND} @throws {CONTROL_LAST_OWNER}
   */
  remove(access: OrgAccess, member: { readonly userId: string }): Promise<void>
  /** @throws {CONTROL_FORBIDDEN} */
  invites(access: OrgAccess, page?: PageRequest): Page<OrgInvite>
  /**
   * Asks somebody to join, whether they have an account or not; a newer invite takes the place of an older. Who holds the
   * token, and the address, joins; it is shown once.
   *
   * @throws {CONTROL_FORBIDDEN} also for a role above one's own @throws {CONTROL_ALREADY_MEMBER} @throws {CONTROL_ORG_PERSONAL}
   * @throws {CONTROL_LIMIT_REACHED} @throws {CONTROL_INVALID_INPUT}
   */
  invite(
    access: OrgAccess,
    wish: { readonly email: string; readonly role: OrgRole },
  ): Promise<{ readonly invite: OrgInvite; readonly token: string }>
  /** Its link does nothing from now on. @throws {CONTROL_FORBIDDEN} @throws {CONTROL_INVITE_NOT_FOUND} */
  withdraw(access: OrgAccess, invite: { readonly id: string }): Promise<void>
  /**
   * Joins with the invite of a link. Of two calls that race one joins.
   *
   * @throws {CONTROL_CREDENTIALS_NEEDED} @throws {CONTROL_FORBIDDEN} for keys @throws {CONTROL_INVITE_NOT_FOUND} when it was withdrawn,
   * used, has expired, is another person's, or is to something else @throws {CONTROL_ALREADY_MEMBER} @throws {CONTROL_LIMIT_REACHED}
   */
  join(caller: Caller, invite: HeldInvite): Promise<Organization>
  /** The history of the organization, newest first. Its projects have their own. @throws {CONTROL_FORBIDDEN} */
  audit(access: OrgAccess, query?: AuditQuery): Page<AuditEntry>
  /**
   * Moves a project to another organization. Its own people come along; whoever was there by the old organization is not.
   *
   * @throws {CONTROL_FORBIDDEN} unless one owns the project and is admin or owner where it goes @throws {CONTROL_ORG_NOT_FOUND}
   */
  transfer(project: Access, to: OrgAccess): Promise<void>
  /** What gives a new account its organization: statements for the transaction that creates it. */
  forAccount(account: { readonly id: string }): readonly JoiningStatement[]
  /** What makes a member of somebody who signs up with an invite: statements for the transaction that creates their account. */
  accept(invite: {
    readonly grants: Readonly<Record<string, unknown>>
    readonly user: { readonly id: string; readonly email: string }
  }): readonly JoiningStatement[]
  /** Gives accounts of earlier releases their organization. @returns how many had none */
  openPersonal(accountIds: readonly string[]): Promise<number>
}
