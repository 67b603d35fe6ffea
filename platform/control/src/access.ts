import type { SqliteFile } from "@ashlar/sqlite"
import { CredentialsNeeded, Forbidden, ProjectNotFound } from "./errors.ts"
import { isProjectId } from "./slug.ts"

/** What a member may do: a viewer reads, a developer changes what is in the project, an owner the project itself. */
export type Role = "owner" | "developer" | "viewer"

/** A publishable key may be seen by anybody, as in a web page. A secret key stays on servers. */
export type KeyKind = "publishable" | "secret"

/** Whoever sends a request, once its credentials are checked. */
export type Caller =
  | { readonly kind: "anonymous" }
  | { readonly kind: "user"; readonly id: string; readonly email: string }
  | KeyCaller

export interface KeyCaller {
  readonly kind: "key"
  readonly id: string
  readonly projectId: string
  readonly keyKind: KeyKind
  readonly name: string
}

/** What an action takes. Whoever is not named may not. */
export interface Need {
  /** The least role of a member. */
  readonly role: Role
  /** The least kind of key of the project itself. Default: no key will do. */
  readonly key?: KeyKind
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
}

/** The outcome of {@link authorize}: this caller in this project. Every operation on a project asks for one. */
export interface Access {
  readonly project: ProjectRecord
  readonly as: "member" | "secret" | "publishable" | "anonymous"
  /** The member's role; null for keys and for somebody without credentials. */
  readonly role: Role | null
  readonly actor: Actor
}

/** The operations of control on a project. */
export type Operation =
  | "project.read"
  | "project.update"
  | "project.delete"
  | "members.list"
  | "members.change"
  | "members.leave"
  | "keys.list"
  | "keys.change"
  | "audit.list"

/** What each operation takes. They check it themselves; the authorization matrix reads it. */
export const needs: Readonly<Record<Operation, Need>> = {
  "project.read": { role: "viewer", key: "publishable" },
  "project.update": { role: "owner" },
  "project.delete": { role: "owner" },
  "members.list": { role: "viewer" },
  "members.change": { role: "owner" },
  "members.leave": { role: "viewer" },
  "keys.list": { role: "viewer" },
  "keys.change": { role: "developer" },
  "audit.list": { role: "viewer" },
}

const ROLE_RANK: Readonly<Record<Role, number>> = { viewer: 1, developer: 2, owner: 3 }
const KEY_RANK: Readonly<Record<KeyKind, number>> = { publishable: 1, secret: 2 }
const ANONYMOUS: Actor = { kind: "system", id: "anonymous", label: "anonymous" }

interface ProjectRow {
  id: string
  slug: string
  name: string
  created_at: number
}

export function findProject(file: SqliteFile, ref: string): ProjectRecord | undefined {
  const column = isProjectId(ref) ? "id" : "slug"
  const row = file.get<ProjectRow>(`SELECT id, slug, name, created_at FROM control_projects WHERE ${column} = ?`, [ref])
  return row && toProjectRecord(row)
}

export function toProjectRecord(row: ProjectRow): ProjectRecord {
  return { id: row.id, slug: row.slug, name: row.name, createdAt: new Date(row.created_at).toISOString() }
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
      return { project, as: "anonymous", role: null, actor: ANONYMOUS }
    case "key": {
      if (caller.projectId !== project.id) return undefined
      return { project, as: caller.keyKind, role: null, actor: { kind: "key", id: caller.id, label: caller.name } }
    }
    case "user": {
      const sql = "SELECT role FROM control_members WHERE project_id = ? AND account_id = ?"
      const member = file.get<{ role: Role }>(sql, [project.id, caller.id])
      if (!member) return undefined
      return { project, as: "member", role: member.role, actor: { kind: "user", id: caller.id, label: caller.email } }
    }
  }
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
      if (need.key && KEY_RANK[access.as] >= KEY_RANK[need.key]) return
      throw new Forbidden(
        need.key
          ? `Expected a ${need.key} key, got a ${access.as} one. Use a ${need.key} key, from a server only.`
          : `No project key may do this. Sign in as a member with the role ${need.role} or above.`,
        { details: { expected: need.key ?? need.role, got: access.as } },
      )
  }
}
