import type { Clock, IdSource } from "@ashlar/core"
import { type SqliteFile, SqliteOutcomeUnknown } from "@ashlar/sqlite"
import {
  type Access,
  type Caller,
  findProject,
  higherRole,
  needs,
  type Places,
  type ProjectRecord,
  type ProjectRow,
  type Role,
  requireAccess,
  toProjectRecord,
} from "./access.ts"
import type { ChangeSource } from "./audit.ts"
import { SlugTaken } from "./errors.ts"
import type { People } from "./members.ts"
import { checkName } from "./name.ts"
import { authorizeOrg, IN_PROJECTS, type OrgRow, orgNeeds, PERSONAL, requireUser, toOrgRecord } from "./org-access.ts"
import type { Page, PageRequest, Pager } from "./page.ts"
import type { ProjectCreation } from "./procedures.ts"
import { checkSlug, deriveSlug } from "./slug.ts"

/** A project as a caller sees it. */
export interface Project extends Omit<ProjectRecord, "organizationId"> {
  /** Whose it is; null when a key asks, which need not know. */
  readonly organization: { readonly id: string; readonly name: string } | null
  /** The caller's role; null when a key asks. */
  readonly role: Role | null
}

/** Where projects keep their own data. */
export interface ProjectStorage {
  /** Makes the storage of a new project, ready for use. */
  create(projectId: string): Promise<void>
  /** Removes all of it. MUST succeed when there is nothing, or half of it. */
  remove(projectId: string): Promise<void>
}

export interface Projects {
  /**
   * The projects that the caller is in, by their organization or for themselves, newest first.
   *
   * @throws {CONTROL_CREDENTIALS_NEEDED} @throws {CONTROL_FORBIDDEN} for keys: a key knows one project, `self`
   */
  list(caller: Caller, page?: PageRequest): Page<Project>
  /**
   * Makes a project with its storage, in an organization of which the caller is admin or owner. When this returns it can be used; when it throws
   * there is nothing of it. Without a slug one is made from the name, with a number when it is taken.
   *
   * @throws {CONTROL_CREDENTIALS_NEEDED} @throws {CONTROL_FORBIDDEN} for keys @throws {CONTROL_ORG_NOT_FOUND}
   * @throws {CONTROL_SLUG_TAKEN} @throws {CONTROL_INVALID_INPUT} @throws {CONTROL_LIMIT_REACHED}
   */
  create(
    caller: Caller,
    project: {
      readonly name: string
      readonly slug?: string
      /** Slug or id. Default: one's own. */
      readonly organization?: string
    },
  ): Promise<Project>
  /** @throws {CONTROL_FORBIDDEN} */
  get(access: Access): Project
  /** @throws {CONTROL_FORBIDDEN} @throws {CONTROL_INVALID_INPUT} @throws {CONTROL_PROJECT_NOT_FOUND} when it is gone meanwhile */
  update(access: Access, changes: { readonly name: string }): Promise<Project>
  /**
   * Deletes the project: members and keys at once, in one commit; then its storage is left to `onLeftover`. The audit trail
   * stays in the database.
   *
   * @throws {CONTROL_FORBIDDEN} @throws {CONTROL_PROJECT_NOT_FOUND} when it is gone meanwhile
   */
  delete(access: Access): Promise<void>
  /** Finds a project by slug or id, without asking who wants to know: for the platform's own use. */
  locate(ref: string): ProjectRecord | undefined
  /**
   * Removes storage without a project, which a crash or a full disk left behind. Call it at the start, before the first
   * request: storage of a project that is just being made has no project yet.
   *
   * @returns how many were removed
   */
  removeLeftovers(): Promise<number>
  /**
   * Storage without a project. That of a project which is just being made is among it as well.
   *
   * @param minAgeMs Leave out what was noted later than this long ago. Default 0.
   */
  leftovers(minAgeMs?: number): readonly string[]
  /**
   * Removes the storage of one project that is no more; of one that is there, or was never noted, nothing.
   *
   * @returns whether there was something to remove
   */
  removeLeftover(projectId: string): Promise<boolean>
}

export function createProjects(options: {
  readonly file: SqliteFile
  readonly clock: Clock
  readonly ids: IdSource
  readonly people: Pick<People, "find">
  readonly pager: Pager
  readonly change: ChangeSource
  readonly storage: ProjectStorage
  readonly projectLimit: number
  /** Told after a project is gone, before `delete` returns. */
  readonly onDelete: (projectId: string) => void
  readonly onLeftover: ((projectId: string) => Promise<void>) | undefined
}): Projects {
  const { file, clock, ids, people, pager, change, storage, projectLimit } = options
  const onLeftover = options.onLeftover ?? removeStorage

  async function removeStorage(projectId: string): Promise<void> {
    await storage.remove(projectId)
    await file.write([{ sql: "DELETE FROM control_leftovers WHERE project_id = ?", params: [projectId] }])
  }

  const nameOf = (id: string): string | undefined => people.find(id)?.name

  /** The project as somebody with this role sees it; a key has none. */
  function toProject({ organizationId, ...record }: ProjectRecord, role: Role | null): Project {
    if (role === null) return { ...record, organization: null, role }
    const row = file.get<OrgRow>("SELECT * FROM control_orgs WHERE id = ?", [organizationId])
    return { ...record, organization: row ? { id: row.id, name: toOrgRecord(row, nameOf).name } : null, role }
  }

  return {
    list(caller, page = {}) {
      const { id, mfa = false } = requireUser(caller, WHY)
      const read = (before: number, limit: number): MembershipRow[] =>
        file.all<MembershipRow>(LIST_PROJECTS, [id, id, id, id, mfa ? 1 : 0, before, limit])
      return pager.cut(`projects/${id}`, page, read, (row) =>
        toProject(toProjectRecord(row), higherRole(row.own, row.org)),
      )
    },

    async create(caller, { name: givenName, slug: givenSlug, organization = PERSONAL }) {
      const owner = requireUser(caller, WHY)
      const request = { caller, ref: organization, least: orgNeeds["org.projects.change"] }
      const org = authorizeOrg(file, request, nameOf)
      const name = checkName(givenName)
      const slug = givenSlug === undefined ? deriveSlug(name) : checkSlug(givenSlug)
      if (givenSlug !== undefined && findProject(file, slug)) {
        throw new SlugTaken(`Another project has the slug "${slug}". Choose another one.`)
      }
      const projectId = ids()
      // Noted first: if this process dies between the two, the next start finds the storage and removes it.
      await file.write([{ sql: NOTE_LEFTOVER, params: [projectId, clock.now()] }])
      try {
        await storage.create(projectId)
        const actor = { kind: "user", id: owner.id, label: owner.email } as const
        const creation: ProjectCreation = {
          change: change({ project: { id: projectId }, actor }),
          ...{ name, slug, slugMayChange: givenSlug === undefined, orgId: org.organization.id, projectLimit },
        }
        await file.call("control.createProject", creation)
      } catch (error) {
        // A commit whose outcome is unknown may turn out to have happened: then only the next start can tell.
        // When removing fails as well, the note stays for it too, and the caller gets the first error.
        if (!(error instanceof SqliteOutcomeUnknown)) await removeStorage(projectId).catch(() => undefined)
        throw error
      }
      return toProject(findProject(file, projectId)!, IN_PROJECTS[org.role])
    },

    get(access) {
      requireAccess(access, needs["project.read"])
      return toProject(access.project, access.role)
    },

    async update(access, changes) {
      requireAccess(access, needs["project.update"])
      const name = checkName(changes.name)
      await file.call("control.renameProject", { change: change(access), name })
      return toProject({ ...access.project, name }, access.role)
    },

    async delete(access) {
      requireAccess(access, needs["project.delete"])
      await file.call("control.deleteProject", { change: change(access) }, { makesRoom: true })
      options.onDelete(access.project.id)
      // To everybody the project is gone already; what remains of its storage stays noted until that is gone too.
      await onLeftover(access.project.id).catch(() => undefined)
    },

    locate: (ref) => findProject(file, ref),

    async removeLeftovers() {
      const leftovers = file.all<{ project_id: string }>("SELECT project_id FROM control_leftovers")
      for (const { project_id } of leftovers) await removeStorage(project_id)
      return leftovers.length
    },

    leftovers(minAgeMs = 0) {
      const sql = "SELECT project_id FROM control_leftovers WHERE noted_at <= ? ORDER BY project_id"
      return file.all<{ project_id: string }>(sql, [clock.now() - minAgeMs]).map(({ project_id }) => project_id)
    },

    async removeLeftover(projectId) {
      // Whoever asks may have been told long ago, or by another install.
      const isNoted = file.get("SELECT 1 FROM control_leftovers WHERE project_id = ?", [projectId]) !== undefined
      if (!isNoted || findProject(file, projectId) !== undefined) return false
      await removeStorage(projectId)
      return true
    },
  }
}

const NOTE_LEFTOVER = "INSERT INTO control_leftovers (project_id, noted_at) VALUES (?, ?)"

const LIST_PROJECTS = `SELECT p.*, m.role AS own, o.role AS org FROM control_projects p
  LEFT JOIN control_members m ON m.project_id = p.id AND m.account_id = ?
  LEFT JOIN control_org_members o ON o.org_id = p.org_id AND o.account_id = ?
  WHERE p.id IN (
    SELECT project_id FROM control_members WHERE account_id = ?
    UNION SELECT id FROM control_projects WHERE org_id IN (
      SELECT org_id FROM control_org_members WHERE account_id = ?))
  AND (? = 1 OR NOT EXISTS (SELECT 1 FROM control_orgs WHERE id = p.org_id AND require_mfa = 1))
  AND p.n < ? ORDER BY p.n DESC LIMIT ?`

interface MembershipRow extends ProjectRow, Places {
  n: number
}

const WHY = "list or create projects"
