import type { AuditEntry, KmsAuditEntry } from "@ashlar/sdk"
import { auditDetails, auditTarget, auditVerb } from "../../model/audit.ts"
import type { AuditChoices } from "../../model/audit-filter.ts"
import type { AuditLine } from "./audit-list.tsx"

/** An entry of the trail of changes. */
export function toLine(entry: AuditEntry): AuditLine {
  return {
    ...{ id: entry.id, at: entry.at, who: entry.actor.label, isPerson: entry.actor.kind === "user" },
    ...{ verb: auditVerb(entry), target: auditTarget(entry), details: auditDetails(entry) },
  }
}

/** An entry of the trail of keys and secrets. */
export function toKeyLine({ sequence, at, action, actor, target, details }: KmsAuditEntry): AuditLine {
  const { by, refused, count } = details
  const times = typeof count === "number" ? `${count} more within a minute` : undefined
  const { refused: _, count: __, ...rest } = details
  return {
    ...{ id: String(sequence), at, isPerson: actor.type === "user" },
    who: typeof by === "string" ? by : `${actor.type} ${actor.id}`,
    ...{ verb: auditVerb({ action }), target: target?.id ?? "" },
    details: [times, auditDetails({ details: rest })].filter(Boolean).join(", "),
    refused: typeof refused === "string" ? refused : undefined,
  }
}

/** Who can be asked for: those who are there, and those whom the entries name. */
export function toPeople(
  members: readonly { readonly userId: string; readonly email: string }[],
  actors: readonly { readonly kind: string; readonly id: string; readonly label: string }[],
): AuditChoices {
  const known = new Map(members.map(({ userId, email }) => [`user:${userId}`, email]))
  for (const { kind, id, label } of actors) if (!known.has(`${kind}:${id}`)) known.set(`${kind}:${id}`, label)
  return [...known].toSorted(([, a], [, b]) => a.localeCompare(b))
}
