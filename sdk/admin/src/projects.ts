import {
  type AddedMember,
  type CreatedKey,
  type Key,
  type KeyKind,
  type Member,
  type Page,
  type PageOptions,
  type Project,
  path,
  type Role,
  type Scope,
  type Transport,
} from "@ashlar/sdk"
import { toQuery } from "./paging.ts"

export interface Projects {
  list(page?: PageOptions): Promise<Page<Project>>
  get(project: string): Promise<Project>
  /** The slug is derived from the name when left out; the organization is then one's own. */
  create(input: { readonly name: string; readonly slug?: string; readonly organization?: string }): Promise<Project>
  rename(project: string, name: string): Promise<Project>
  /** Gives the project, which one owns, to an organization of which one is admin or owner. @throws {CONTROL_FORBIDDEN} */
  transfer(project: string, organization: string): Promise<Project>
  /** Deletes the project with all it holds. There is no way back. */
  delete(project: string): Promise<void>
}

export function createProjects(transport: Transport): Projects {
  return {
    list: (page) => transport.json({ path: "/v1/projects", query: toQuery(page) }),
    get: (project) => transport.json({ path: path`/v1/projects/${project}` }),
    create: (input) => transport.json({ method: "POST", path: "/v1/projects", json: input }),
    rename: (project, name) => transport.json({ method: "PATCH", path: path`/v1/projects/${project}`, json: { name } }),
    transfer: (project, organization) =>
      transport.json({ method: "POST", path: path`/v1/projects/${project}/transfer`, json: { organization } }),
    delete: (project) => transport.json({ method: "DELETE", path: path`/v1/projects/${project}` }),
  }
}

export interface Members {
  list(project: string, page?: PageOptions): Promise<Page<Member>>
  /** Somebody without an account gets an invite instead, whose token is shown this once, and whether it was mailed. */
  add(project: string, input: { readonly email: string; readonly role: Role }): Promise<AddedMember>
  change(project: string, userId: string, role: Role): Promise<Member>
  /** The last owner cannot leave. */
  remove(project: string, userId: string): Promise<void>
}

export function createMembers(transport: Transport): Members {
  return {
    list: (project, page) => transport.json({ path: path`/v1/projects/${project}/members`, query: toQuery(page) }),
    add: (project, input) =>
      transport.json({ method: "POST", path: path`/v1/projects/${project}/members`, json: input }),
    change: (project, userId, role) =>
      transport.json({ method: "PATCH", path: path`/v1/projects/${project}/members/${userId}`, json: { role } }),
    remove: (project, userId) =>
      transport.json({ method: "DELETE", path: path`/v1/projects/${project}/members/${userId}` }),
  }
}

export interface Keys {
  list(project: string, page?: PageOptions): Promise<Page<Key>>
  /** The answer holds the secret, which is shown this once. `scopes` narrow a secret key to what they name. */
  create(
    project: string,
    input: {
      readonly kind: KeyKind
      readonly name: string
      readonly expiresAt?: string
      readonly scopes?: readonly Scope[]
    },
  ): Promise<CreatedKey>
  /** A new secret for the same purpose; the old one stops working at once. */
  rotate(project: string, id: string): Promise<CreatedKey>
  revoke(project: string, id: string): Promise<void>
}

export function createKeys(transport: Transport): Keys {
  return {
    list: (project, page) => transport.json({ path: path`/v1/projects/${project}/keys`, query: toQuery(page) }),
    create: (project, input) =>
      transport.json({ method: "POST", path: path`/v1/projects/${project}/keys`, json: input }),
    rotate: (project, id) => transport.json({ method: "POST", path: path`/v1/projects/${project}/keys/${id}/rotate` }),
    revoke: (project, id) => transport.json({ method: "DELETE", path: path`/v1/projects/${project}/keys/${id}` }),
  }
}
