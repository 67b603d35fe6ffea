import {
  type AuditEntry,
  type Organization,
  type OrgInvite,
  type OrgInvited,
  type OrgMember,
  type OrgRole,
  type Page,
  type PageOptions,
  path,
  type Transport,
} from "@ashlar/sdk"
import type { AuditQuery } from "./audit.ts"
import { toQuery } from "./paging.ts"

/** Who owns projects. An organization is named by its slug, its id, or `personal` for one's own. */
export interface Organizations {
  /** Those one is a member of, one's own among them. */
  list(page?: PageOptions): Promise<Page<Organization>>
  get(org: string): Promise<Organization>
  create(input: { readonly name: string }): Promise<Organization>
  rename(org: string, name: string): Promise<Organization>
  /**
   * From now on members reach nothing of it before they have shown a second factor, or they do again. For owners, who have shown theirs.
   *
   * @throws {CONTROL_MFA_REQUIRED} @throws {CONTROL_FORBIDDEN}
   */
  setRequireMfa(org: string, requireMfa: boolean): Promise<Organization>
  /** @throws {CONTROL_ORG_NOT_EMPTY} while it has projects @throws {CONTROL_ORG_PERSONAL} */
  delete(org: string): Promise<void>
  members(org: string, page?: PageOptions): Promise<Page<OrgMember>>
  /** @throws {CONTROL_FORBIDDEN} for more than one has oneself @throws {CONTROL_LAST_OWNER} */
  changeRole(org: string, userId: string, role: OrgRole): Promise<OrgMember>
  /** Makes a member its owner, in one's own place: one is admin then. @throws {CONTROL_FORBIDDEN} unless one is an owner */
  handOver(org: string, userId: string): Promise<Organization>
  /** Ends their roles in all of its projects as well. One's own id leaves. @throws {CONTROL_LAST_OWNER} */
  remove(org: string, userId: string): Promise<void>
  invites(org: string, page?: PageOptions): Promise<Page<OrgInvite>>
  /** The answer holds the token of the link `/invite/<token>`, shown this once, and whether it was mailed. @throws {CONTROL_ALREADY_MEMBER} */
  invite(org: string, input: { readonly email: string; readonly role: OrgRole }): Promise<OrgInvited>
  withdraw(org: string, inviteId: string): Promise<void>
  /** Accepts an invite. @throws {IDENTITY_INVITE_SPENT} @throws {IDENTITY_INVITE_FOR_ANOTHER} */
  join(token: string): Promise<Organization>
  /** Who changed what in the organization itself: its projects have their own trails. */
  audit(org: string, query?: AuditQuery): Promise<Page<AuditEntry>>
}

export function createOrganizations(transport: Transport): Organizations {
  return {
    list: (page) => transport.json({ path: "/v1/orgs", query: toQuery(page) }),
    get: (org) => transport.json({ path: path`/v1/orgs/${org}` }),
    create: (input) => transport.json({ method: "POST", path: "/v1/orgs", json: input }),
    rename: (org, name) => transport.json({ method: "PATCH", path: path`/v1/orgs/${org}`, json: { name } }),
    setRequireMfa: (org, requireMfa) =>
      transport.json({ method: "PATCH", path: path`/v1/orgs/${org}`, json: { requireMfa } }),
    delete: (org) => transport.json({ method: "DELETE", path: path`/v1/orgs/${org}` }),
    members: (org, page) => transport.json({ path: path`/v1/orgs/${org}/members`, query: toQuery(page) }),
    changeRole: (org, userId, role) =>
      transport.json({ method: "PATCH", path: path`/v1/orgs/${org}/members/${userId}`, json: { role } }),
    handOver: (org, userId) =>
      transport.json({ method: "POST", path: path`/v1/orgs/${org}/hand-over`, json: { userId } }),
    remove: (org, userId) => transport.json({ method: "DELETE", path: path`/v1/orgs/${org}/members/${userId}` }),
    invites: (org, page) => transport.json({ path: path`/v1/orgs/${org}/invites`, query: toQuery(page) }),
    invite: (org, input) => transport.json({ method: "POST", path: path`/v1/orgs/${org}/invites`, json: input }),
    withdraw: (org, inviteId) => transport.json({ method: "DELETE", path: path`/v1/orgs/${org}/invites/${inviteId}` }),
    join: (token) => transport.json({ method: "POST", path: "/v1/orgs/join", json: { token } }),
    audit: (org, query) => transport.json({ path: path`/v1/orgs/${org}/audit`, query: { ...query } }),
  }
}
