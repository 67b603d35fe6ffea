import type { AuditEntry, JsonValue } from "@ashlar/sdk"
import { isObject, valueText } from "./fields.ts"

const phrases: Readonly<Record<string, string>> = {
  "function.deploy": "deployed",
  "function.rollback": "rolled back",
  "member.invite": "invited",
  "member.accept": "joined as",
  "user.signout": "signed out user",
  "auth.settings": "changed sign-in of the app:",
  "auth.provider": "set provider",
  "auth.provider.delete": "removed provider",
  "secret.set": "set secret",
  "secret.read": "read secret",
  "kms.minimum-version": "set the minimum version of",
  "kms.schedule-deletion": "scheduled the deletion of",
  "kms.cancel-deletion": "cancelled the deletion of",
  "kms.auto-rotate": "rotated, as it was due,",
  "kms.destroy": "destroyed",
  "kms.shred": "shredded",
  "kms.rewrap": "rewrapped what is under",
  "kms.data-key": "made a data key by",
  "kms.open-data-key": "opened a data key by",
  "kms.encrypt": "encrypted by",
  "kms.decrypt": "decrypted by",
  "kms.sign": "signed by",
  "kms.verify": "verified by",
  "kms.mac": "signed by",
  "org.update": "renamed",
  "org.hand-over": "handed over to",
  "org.member.invite": "invited",
  "org.member.uninvite": "withdrew the invite of",
  "org.member.join": "joined as",
  "org.project.transfer": "transferred project",
}

const verbs: Readonly<Record<string, string>> = {
  create: "created",
  update: "changed",
  delete: "deleted",
  remove: "removed",
  rotate: "rotated",
  revoke: "revoked",
  add: "added",
  disable: "disabled",
  enable: "enabled",
  transfer: "transferred",
}
const nouns: Readonly<Record<string, string>> = {
  kms: "encryption key",
  org: "organization",
  "org.member": "member",
}

/** What happened, as the start of a sentence that ends with its target: `deployed`, `created collection`. */
export function auditVerb({ action }: Pick<AuditEntry, "action">): string {
  const phrase = phrases[action]
  if (phrase !== undefined) return phrase
  const [noun = "", verb = ""] = action.split(/\.(?=[^.]+$)/)
  const said = verbs[verb]
  return said === undefined ? action : `${said} ${nouns[noun] ?? noun.replaceAll(/[._-]/g, " ")}`
}

/** What it happened to, by the name that people gave it. */
export function auditTarget({ action, target, details }: AuditEntry): string {
  const { name } = details
  return action.startsWith("key.") && typeof name === "string" ? name : target
}

/** Ids and hashes say nothing on one line; a name is the target already. */
const hidden = new Set(["userId", "keyId", "id", "sha256", "name", "email", "expiresAt", "by", "from", "to"])
const MAX_DETAILS = 3

/** The details on one line: `version 3, runtime bun`. */
export function auditDetails({ details }: Pick<AuditEntry, "details">): string {
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
