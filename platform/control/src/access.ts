import type { SqliteFile } from "@ashlar/sqlite"
import { CredentialsNeeded, Forbidden, MfaRequired, ProjectNotFound } from "./errors.ts"
import { IN_PROJECTS, type OrgRole } from "./org-access.ts"
import type { Scope } from "./scopes.ts"
import { isProjectId } from "./slug.ts"

/**
 * What a member may do: a viewer reads, a developer changes what is in the project, an admin who else is in it, an owner
 * also who owns it, and its end.
 */
export type Role = "owner" | "admin" | "developer" | "viewer"

/** A publishable key may be seen by anybody, as in a web page. A secret key stays on servers. */
export type KeyKind = "publishable" | "secret"

/** Whoever sends a request, once its credentials are checked. */
export type Caller =
  | { readonly kind: "anonymous" }
  | {
      readonly kind: "user"
      readonly id: string
      readonly email: string
      /** Whether they have shown a second factor in this session. Default: no. */
      readonly mfa?: boolean
    }
  | KeyCaller

export interface KeyCaller {
  readonly kind: "key"
  readonly id: string
  readonly projectId: string
  readonly keyKind: KeyKind
  /** What the key is narrowed to; null when it may do all that its kind may. */
  readonly scopes: readonly Scope[] | null
  readonly name: string
}

/** What an action takes. Whoever is not named may not. */
export interface Need {
  /** The least role of a member. */
  readonly role: Role
  /** The least kind of key of the project itself, where it has no scopes. Default: no such key will do. */
  readonly key?: KeyKind
  /** The scope that lets a narrowed key in; "any" for every key of the project. Default: no narrowed key will do. */
  readonly scope?: Scope | "any"
  /** Whether somebody without credentials may come in, because a rule further in decides. Default: no. */
  readonly anonymous?: boolean
}

/** Who did something, as the audit trail names them. */
export interface Actor {
  readonly kind: "user" | "key" | "function" | "system"
  readonly id: string
  readonly label: string
}

export interface ProjectRecord {
  readonly id: string
  readonly slug: string
  readonly name: string
  readonly createdAt: string
  /** The organization that it belongs to. */
  readonly organizationId: string
}

/** The outcome of {@link authorize}: this caller in this project. Every operation on a project asks for one. */
export interface Access {
  readonly project: ProjectRecord
  readonly as: "member" | "secret" | "publishable" | "anonymous"
  /** The member's role; null for keys and for somebody without credentials. */
  readonly role: Role | null
  /** What the key is narrowed to; null for everybody else. */
  readonly scopes: readonly Scope[] | null
  readonly actor: Actor
}

/** The operations of control on a project. */
export type Operation =
  | "project.read"
  | "project.update"
  | "project.delete"
  | "project.transfer"
  | "members.list"
  | "members.change"
  | "members.leave"
  | "keys.list"
  | "keys.change"
  | "audit.list"

/** What each operation takes. They check it themselves; the authorization matrix reads it. */
export const needs: Readonly<Record<Operation, Need>> = {
  "project.read": { role: "viewer", key: "publishable", scope: "any" },
  "project.update": { role: "admin" },
  "project.delete": { role: "owner" },
  "project.transfer": { role: "owner" },
  "members.list": { role: "viewer" },
  "members.change": { role: "admin" },
  "members.leave": { role: "viewer" },
  "keys.list": { role: "viewer" },
  "keys.change": { role: "developer" },
  "audit.list": { role: "viewer", scope: "audit:read" },
}

const ROLE_RANK: Readonly<Record<Role, number>> = { viewer: 1, developer: 2, admin: 3, owner: 4 }
const KEY_RANK: Readonly<Record<KeyKind, number>> = { publishable: 1, secret: 2 }
const ANONYMOUS: Actor = { kind: "system", id: "anonymous", label: "anonymous" }

export interface ProjectRow {
  id: string
  slug: string
  name: string
  org_id: string
  created_at: number
}

export function findProject(file: SqliteFile, ref: string): ProjectRecord | undefined {
  const column = isProjectId(ref) ? "id" : "slug"
  const row = file.get<ProjectRow>(
    `SELECT id, slug, name, org_id, created_at FROM control_projects WHERE ${column} = ?`,
    [ref],
  )
  return row && toProjectRecord(row)
}

export function toProjectRecord(row: ProjectRow): ProjectRecord {
  const { id, slug, name, org_id: organizationId, created_at } = row
  return { id, slug, name, createdAt: new Date(created_at).toISOString(), organizationId }
}

/** @see Control.authorize for the contract */
export function authorize(file: SqliteFile, request: { caller: Caller; ref: string; need: Need }): Access {
  const { caller, ref, need } = request
  if (caller.kind === "anonymous" && !need.anonymous) throw new CredentialsNeeded()
  const project = findProject(file, ref === "self" && caller.kind === "key" ? caller.projectId : ref)
  const access = project && enter(file, caller, project)
  if (!access) {
    // To somebody without credentials a project that is not there looks like one that lets nobody in.
    throw caller.kind === "anonymous" ? new CredentialsNeeded() : new ProjectNotFound()
  }
  requireAccess(access, need)
  return access
}

function enter(file: SqliteFile, caller: Caller, project: ProjectRecord): Access | undefined {
  switch (caller.kind) {
    case "anonymous":
      return { project, as: "anonymous", role: null, scopes: null, actor: ANONYMOUS }
    case "key": {
      if (caller.projectId !== project.id) return undefined
      const { keyKind, scopes } = caller
      return { project, as: keyKind, role: null, scopes, actor: { kind: "key", id: caller.id, label: caller.name } }
    }
    case "user": {
      const { organizationId: orgId } = project
      const { own, org, asks } = file.get<Places & { asks: number | null }>(PLACES, [
        ...[project.id, caller.id, orgId, caller.id, orgId],
      ])!
      const role = higherRole(own, org)
      if (!role) return undefined
      if (asks === 1) requireMfa(caller, orgId)
      const actor = { kind: "user", id: caller.id, label: caller.email } as const
      return { project, as: "member", role, scopes: null, actor }
    }
  }
}

/** What somebody is in a project for itself, and in its organization. */
export interface Places {
  own: Role | null
  org: OrgRole | null
}

const PLACES = `SELECT (SELECT role FROM control_members WHERE project_id = ? AND account_id = ?) AS own,
  (SELECT role FROM control_org_members WHERE org_id = ? AND account_id = ?) AS org,
  (SELECT require_mfa FROM control_orgs WHERE id = ?) AS asks`

/** What an organization asks of whoever reaches anything of it. @throws {CONTROL_MFA_REQUIRED} */
export function requireMfa(caller: Extract<Caller, { kind: "user" }>, organizationId: string): void {
  if (caller.mfa !== true) throw new MfaRequired(undefined, { details: { organizationId } })
}

/** An organization's role holds in all of its projects; a project may give somebody a higher one. */
export function higherRole(own: Role | null, org: OrgRole | null): Role | null {
  const inherited = org && IN_PROJECTS[org]
  if (own === null || inherited === null) return own ?? inherited
  return ROLE_RANK[own] >= ROLE_RANK[inherited] ? own : inherited
}

/**
 * Checks an access against what an action takes.
 *
 * @throws {CONTROL_CREDENTIALS_NEEDED} for somebody without credentials @throws {CONTROL_FORBIDDEN} for everybody else
 */
export function requireAccess(access: Access, need: Need): void {
  switch (access.as) {
    case "member":
      if (access.role && ROLE_RANK[access.role] >= ROLE_RANK[need.role]) return
      throw new Forbidden(
        `Expected the role ${need.role} or above, you are ${access.role} of "${access.project.slug}". Ask an owner for the role.`,
        { details: { expected: need.role, got: access.role } },
      )
    case "anonymous":
      if (need.anonymous) return
      throw new CredentialsNeeded()
    default:
      requireKey({ kind: access.as, scopes: access.scopes }, need)
  }
}

/** A key without scopes may what its kind may. One with scopes may what these name, and nothing for its kind's sake. */
function requireKey({ kind, scopes }: { kind: KeyKind; scopes: readonly Scope[] | null }, need: Need): void {
  const { key, scope, role } = need
  if (scopes === null) {
    if (key && KEY_RANK[kind] >= KEY_RANK[key]) return
    if (key) {
      throw new Forbidden(`Expected a ${key} key, got a ${kind} one. Use a ${key} key, from a server only.`, {
        details: { expected: key, got: kind },
      })
    }
  } else if (scope !== undefined && (scope === "any" || scopes.includes(scope))) return
  throw new Forbidden(
    scope === undefined
      ? `No project key may do this. Sign in as a member with the role ${role} or above.`
      : `Expected a key with the scope ${scope}, got ${scopes === null ? "one without scopes" : `one with ${scopes.join(", ")}`}. Make one that has it.`,
    { details: { expected: scope ?? role, got: scopes ?? kind } },
  )
}
