import type { Actor } from "./access.ts"

/** Who changes what, and when. */
export interface Change {
  readonly auditId: string
  readonly projectId: string
  readonly atMs: number
  readonly actor: Actor
}

export interface AuditFacts {
  readonly action: string
  readonly target: string
  /** As JSON. Never a secret. */
  readonly details: string
}

export const INSERT_AUDIT: string = `INSERT INTO control_audit
  (id, project_id, at, actor_kind, actor_id, actor_label, action, target, details)`

/** In the order of the columns of {@link INSERT_AUDIT}. */
export function auditParams({ auditId, projectId, atMs, actor }: Change, facts: AuditFacts): (string | number)[] {
  return [auditId, projectId, atMs, actor.kind, actor.id, actor.label, facts.action, facts.target, facts.details]
}
