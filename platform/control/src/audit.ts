import type { Clock, IdSource } from "@ashlar/core"
import type { SqliteFile } from "@ashlar/sqlite"
import { type Access, type Actor, needs, requireAccess } from "./access.ts"
import { type AuditFacts, auditParams, type Change, INSERT_AUDIT } from "./audit-row.ts"
import { InvalidInput } from "./errors.ts"
import type { Page, PageRequest, Pager } from "./page.ts"
import type { JoiningStatement } from "./procedures.ts"

/** One line of a project's history. */
export interface AuditEntry {
  readonly id: string
  readonly at: string
  readonly actor: Actor
  /** What was done, such as "key.revoke". */
  readonly action: string
  /** To what: a slug, an address, a name or an id, as the action has it. */
  readonly target: string
  readonly details: Readonly<Record<string, unknown>>
}

export interface AuditNote {
  readonly action: string
  readonly target: string
  /** Plain JSON without secrets. Beyond 8 KiB it is replaced by its size. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** Which entries of a history; what is left out does not matter. */
export interface AuditQuery extends PageRequest {
  /** An action, or what several begin with: `key` for `key.create` and `key.revoke`. */
  readonly action?: string
  /** `kind:id` of whoever did it, such as `user:0198…`. */
  readonly actor?: string
  /** To what exactly. */
  readonly target?: string
  /** From this time on, and before that one: RFC 3339. */
  readonly since?: string
  readonly until?: string
}

export interface Audit {
  /** The history of a project or an organization by its id, without asking who wants to know: for operations that did ask. */
  read(id: string, query?: AuditQuery): Page<AuditEntry>
  /**
   * The history of the project, newest first.
   *
   * @throws {CONTROL_FORBIDDEN} for keys @throws {CONTROL_INVALID_CURSOR} @throws {CONTROL_INVALID_INPUT}
   */
  list(access: Access, query?: AuditQuery): Page<AuditEntry>
  /**
   * Notes a change that was made outside of control, such as a deploy. The note commits by itself, after the change.
   * An {@link Access} will do for `where`.
   *
   * @throws {CONTROL_PROJECT_NOT_FOUND} when the project is gone
   */
  record(where: Where, note: AuditNote): Promise<void>
  /** The same as a statement, which commits with the change that it notes. It asks nobody whether the project is there. */
  prepare(where: Where, note: AuditNote): JoiningStatement
  /**
   * What was committed after a place in the trail of the whole install, oldest first: for the platform's own use. Places rise in
   * the order of commits, and an entry is never changed, so that whoever remembers a place misses nothing.
   *
   * @param limit How many at most.
   */
  after(place: number, limit: number): readonly PlacedEntry[]
}

/** Whose trail it is, and who did it. */
export interface Where {
  readonly project: { readonly id: string }
  readonly actor: Actor
}

/** An entry with its place in the trail of the install. */
export interface PlacedEntry extends AuditEntry {
  readonly place: number
  readonly projectId: string
}

interface AuditRow {
  n: number
  id: string
  project_id: string
  at: number
  actor_kind: Actor["kind"]
  actor_id: string
  actor_label: string
  action: string
  target: string
  details: string
}

/** Makes the head of a change: its audit id, place, time and actor. */
export type ChangeSource = (where: Where) => Change

export function createChangeSource(clock: Clock, ids: IdSource): ChangeSource {
  return ({ project, actor }) => ({ auditId: ids(), projectId: project.id, atMs: clock.now(), actor })
}

export function createAudit(options: {
  readonly file: SqliteFile
  readonly pager: Pager
  readonly change: ChangeSource
  readonly detailsBytes: number
}): Audit {
  const { file, pager, change, detailsBytes } = options
  const readTrail: Audit["read"] = (id, query = {}) => {
    const { where, params } = toConditions(query)
    const sql = `SELECT * FROM control_audit WHERE project_id = ? AND n < ?${where} ORDER BY n DESC LIMIT ?`
    const read = (before: number, limit: number): AuditRow[] => file.all<AuditRow>(sql, [id, before, ...params, limit])
    return pager.cut(`audit/${id}`, query, read, toEntry)
  }
  const factsOf = ({ action, target, details = {} }: AuditNote): AuditFacts => {
    const text = JSON.stringify(details)
    const bytes = Buffer.byteLength(text)
    return { action, target, details: bytes > detailsBytes ? JSON.stringify({ omittedBytes: bytes }) : text }
  }
  return {
    read: readTrail,
    list(access, query) {
      requireAccess(access, needs["audit.list"])
      return readTrail(access.project.id, query)
    },
    async record(where, note) {
      await file.call("control.recordAudit", { change: change(where), facts: factsOf(note) })
    },
    prepare: (where, note) => ({
      sql: `${INSERT_AUDIT} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      params: auditParams(change(where), factsOf(note)),
    }),
    after(place, limit) {
      const rows = file.all<AuditRow>("SELECT * FROM control_audit WHERE n > ? ORDER BY n LIMIT ?", [place, limit])
      return rows.map((row) => ({ ...toEntry(row), place: row.n, projectId: row.project_id }))
    },
  }
}

/** The filters as SQL that follows other conditions. @throws {CONTROL_INVALID_INPUT} */
function toConditions({ action, actor, target, since, until }: AuditQuery): {
  readonly where: string
  readonly params: readonly (string | number)[]
} {
  const conditions: (readonly [sql: string, ...params: (string | number)[]])[] = []
  if (action !== undefined) {
    // What it begins with ends at a dot: the next sign after it bounds the range.
    conditions.push(["(action = ? OR (action >= ? AND action < ?))", action, `${action}.`, `${action}/`])
  }
  if (actor !== undefined) {
    const colon = Math.max(0, actor.indexOf(":"))
    conditions.push(["actor_kind = ? AND actor_id = ?", actor.slice(0, colon), actor.slice(colon + 1)])
  }
  if (target !== undefined) conditions.push(["target = ?", target])
  if (since !== undefined) conditions.push(["at >= ?", toMs("since", since)])
  if (until !== undefined) conditions.push(["at < ?", toMs("until", until)])
  return {
    where: conditions.map(([sql]) => ` AND ${sql}`).join(""),
    params: conditions.flatMap(([, ...params]) => params),
  }
}

function toMs(field: string, text: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(ms))
    throw new InvalidInput(`Expected \`${field}\` to be a time, as in RFC 3339.`, { details: { field } })
  return ms
}

function toEntry(row: AuditRow): AuditEntry {
  return {
    id: row.id,
    at: new Date(row.at).toISOString(),
    actor: { kind: row.actor_kind, id: row.actor_id, label: row.actor_label },
    action: row.action,
    target: row.target,
    details: JSON.parse(row.details) as Record<string, unknown>,
  }
}
