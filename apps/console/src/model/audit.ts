import type { AuditEntry } from "@ashlar/sdk"
import { valueText } from "./fields.ts"

const verbs: Readonly<Record<string, string>> = {
  create: "created",
  update: "changed",
  change: "changed",
  rename: "renamed",
  delete: "deleted",
  remove: "removed",
  deploy: "deployed",
  rollback: "rolled back",
  rotate: "rotated",
  revoke: "revoked",
  invite: "invited",
  add: "added",
  accept: "accepted",
  join: "joined",
}

/** What happened, as the start of a sentence that ends with its target: `deployed`, `created collection`. */
export function auditVerb({ action }: AuditEntry): string {
  const [noun = "", verb = ""] = action.split(/\.(?=[^.]+$)/)
  const said = verbs[verb]
  if (said === undefined) return action
  const isObvious = verb === "deploy" || verb === "rollback" || verb === "invite"
  return isObvious ? said : `${said} ${noun.replaceAll(/[._-]/g, " ")}`
}

const MAX_DETAILS = 4

/** The details on one line: `version 3, runtime bun`. */
export function auditDetails({ details }: AuditEntry): string {
  return Object.entries(details)
    .filter(([, value]) => value !== null && value !== undefined)
    .slice(0, MAX_DETAILS)
    .map(([name, value]) => `${name} ${valueText(value)}`)
    .join(", ")
}
