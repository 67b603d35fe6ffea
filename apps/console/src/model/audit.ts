import type { AuditEntry, JsonValue } from "@ashlar/sdk"
import { isObject, valueText } from "./fields.ts"

const phrases: Readonly<Record<string, string>> = {
  "function.deploy": "deployed",
  "function.rollback": "rolled back",
  "member.invite": "invited",
  "member.accept": "joined as",
}

const verbs: Readonly<Record<string, string>> = {
  create: "created",
  update: "changed",
  delete: "deleted",
  remove: "removed",
  rotate: "rotated",
  revoke: "revoked",
  add: "added",
}

/** What happened, as the start of a sentence that ends with its target: `deployed`, `created collection`. */
export function auditVerb({ action }: AuditEntry): string {
  const phrase = phrases[action]
  if (phrase !== undefined) return phrase
  const [noun = "", verb = ""] = action.split(/\.(?=[^.]+$)/)
  const said = verbs[verb]
  return said === undefined ? action : `${said} ${noun.replaceAll(/[._-]/g, " ")}`
}

/** What it happened to, by the name that people gave it. */
export function auditTarget({ action, target, details }: AuditEntry): string {
  const { name } = details
  return action.startsWith("key.") && typeof name === "string" ? name : target
}

/** Ids and hashes say nothing on one line; a name is the target already. */
const hidden = new Set(["userId", "keyId", "id", "sha256", "name", "email", "expiresAt"])
const MAX_DETAILS = 3

/** The details on one line: `version 3, runtime bun`. */
export function auditDetails({ details }: AuditEntry): string {
  return Object.entries(details)
    .filter(([name, value]) => !hidden.has(name) && value !== null && value !== undefined)
    .map(([name, value]) => `${name} ${detailText(value)}`)
    .slice(0, MAX_DETAILS)
    .join(", ")
}

function detailText(value: unknown): string {
  if (isObject(value)) {
    const set = Object.entries(value).filter(([, inner]) => inner !== null)
    return set.length === 0 ? "none" : set.map(([key, inner]) => `${key} ${valueText(inner)}`).join(", ")
  }
  if (!Array.isArray(value)) return valueText(value as JsonValue)
  const names = value.map((item: JsonValue) =>
    isObject(item) ? valueText(item.name ?? item.fields ?? item.path ?? "") : valueText(item),
  )
  return names.length === 0 ? "none" : names.join(", ")
}
