import { type AuditEntry, type Page, type PageOptions, path, type Transport } from "@ashlar/sdk"

/** Which entries of a trail; what is left out does not matter. */
export interface AuditQuery extends PageOptions {
  /** An action such as `key.create`, or what several begin with: `key`. */
  readonly action?: string
  /** `kind:id` of whoever did it, as entries have it. */
  readonly actor?: string
  /** What it was done to, exactly. */
  readonly target?: string
  /** From this time on, and before that one: RFC 3339. */
  readonly since?: string
  readonly until?: string
}

export interface Audit {
  /** Who changed what, latest first. */
  list(project: string, query?: AuditQuery): Promise<Page<AuditEntry>>
}

export function createAudit(transport: Transport): Audit {
  return {
    list: (project, query) => transport.json({ path: path`/v1/projects/${project}/audit`, query: { ...query } }),
  }
}
