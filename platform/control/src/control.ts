import type { Clock, IdSource } from "@ashlar/core"
import type { SqliteFile } from "@ashlar/sqlite"
import { type Access, authorize, type Caller, type Need } from "./access.ts"
import { type Audit, createAudit, createChangeSource } from "./audit.ts"
import { createOrganizations } from "./create-organizations.ts"
import { createKeys, type Keys } from "./keys.ts"
import { type ControlLimits, defaultLimits } from "./limits.ts"
import { createMembers, type Members, type People } from "./members.ts"
import type { Organizations } from "./organizations.ts"
import { createPager } from "./page.ts"
import { createProjects, type ProjectStorage, type Projects } from "./projects.ts"

export interface ControlOptions {
  /** The system file, opened with {@link controlFeature}. */
  readonly file: SqliteFile
  readonly clock: Clock
  readonly ids: IdSource
  /** 32 bytes that encrypt cursors. Another key on the next start makes old cursors invalid, and nothing else. */
  readonly cursorKey: Uint8Array
  readonly people: People
  readonly storage: ProjectStorage
  /**
   * Told of a project that was deleted: has its storage removed, now or later, by `projects.removeLeftover`. Storage of which
   * nobody was told, because it rejected or the process died, is in `projects.leftovers`. Default: it is removed at once.
   */
  readonly onLeftover?: (projectId: string) => Promise<void>
  readonly limits?: Partial<ControlLimits>
}

/**
 * Projects, who may do what in them, and what was done. Every change is committed with its audit row in one
 * transaction before its promise resolves.
 */
export interface Control {
  /**
   * Lets a caller into a project, or not. `ref` is a slug, an id, or `self` for the project of the key. Whoever may not
   * know the project gets the same answer as if there were none.
   *
   * @throws {CONTROL_CREDENTIALS_NEEDED} without credentials, where `need` does not admit that
   * @throws {CONTROL_PROJECT_NOT_FOUND} when there is no such project, the caller is no member, or the key is another project's
   * @throws {CONTROL_FORBIDDEN} when the role or the kind of key is not enough
   * @example
   * const access = control.authorize(caller, "atlas", { role: "developer", key: "secret", scope: "documents:write" })
   */
  authorize(caller: Caller, ref: string, need: Need): Access
  readonly organizations: Organizations
  readonly projects: Projects
  readonly members: Members
  readonly keys: Keys
  readonly audit: Audit
  /** Writes what is gathered in memory: when which key was used last. Call it before the file is closed. */
  flush(): Promise<void>
}

/** Opens control on the system file. */
export function openControl(options: ControlOptions): Control {
  const { file, clock, ids, people, storage } = options
  const limits: ControlLimits = { ...defaultLimits, ...options.limits }
  const pager = createPager(options.cursorKey)
  const change = createChangeSource(clock, ids)
  const keys = createKeys({ file, clock, pager, change, limits })
  const projects = createProjects({
    ...{ file, clock, ids, people, pager, change, storage },
    onLeftover: options.onLeftover,
    projectLimit: limits.projects,
    onDelete: (projectId) => keys.forgetProject(projectId),
  })
  const audit = createAudit({ file, pager, change, detailsBytes: limits.auditDetailsBytes })
  return {
    authorize: (caller, ref, need) => authorize(file, { caller, ref, need }),
    organizations: createOrganizations({ file, clock, ids, people, pager, change, audit, limits }),
    projects,
    members: createMembers({ file, people, pager, change, memberLimit: limits.membersPerProject }),
    keys,
    audit,
    flush: () => keys.flush(),
  }
}
