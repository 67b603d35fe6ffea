/** What of an audit trail is looked at; it is in the address, so that it can be shared. */
export interface AuditSearch {
  /** `keys`: what was done with encryption keys and secrets, and what was refused. Otherwise what was changed. */
  readonly trail?: "keys" | undefined
  /** `kind:id` of somebody. */
  readonly who?: string | undefined
  /** An action, or what several begin with. */
  readonly what?: string | undefined
  /** Of the trail of keys: `key:<name>` or `secret:<name>`. */
  readonly of?: string | undefined
  readonly outcome?: "success" | "denied" | undefined
  /** The first and the last day, as `2026-11-29`. */
  readonly since?: string | undefined
  readonly until?: string | undefined
  /** Words that what was read so far must have. */
  readonly find?: string | undefined
}

export type AuditChoices = readonly (readonly [value: string, text: string])[]

/** What can happen in a project, by what its actions begin with. */
export const projectActions: AuditChoices = [
  ["project", "Project"],
  ["member", "Members"],
  ["key", "API keys"],
  ["kms", "Encryption keys"],
  ["secret", "Secrets"],
  ["user", "App users"],
  ["auth", "App sign-in"],
  ["function", "Functions"],
  ["collection", "Collections"],
]

/** What can happen in an organization. */
export const orgActions: AuditChoices = [
  ["org.member", "Members and invites"],
  ["org.project", "Transfers of projects"],
  ["org.hand-over", "Handed over"],
  ["org.update", "Renamed"],
]

/** What is done with keys and secrets. */
export const keyActions: AuditChoices = [
  ["secret.read", "Secret read"],
  ["secret.set", "Secret set"],
  ["secret.remove", "Secret removed"],
  ["kms.encrypt", "Encrypted"],
  ["kms.decrypt", "Decrypted"],
  ["kms.data-key", "Data key made"],
  ["kms.open-data-key", "Data key opened"],
  ["kms.sign", "Signed"],
  ["kms.verify", "Verified"],
  ["kms.create", "Key created"],
  ["kms.rotate", "Key rotated"],
  ["kms.auto-rotate", "Key rotated by itself"],
  ["kms.minimum-version", "Minimum version set"],
  ["kms.rewrap", "Rewrapped"],
  ["kms.disable", "Key disabled"],
  ["kms.enable", "Key enabled"],
  ["kms.schedule-deletion", "Deletion scheduled"],
  ["kms.cancel-deletion", "Deletion cancelled"],
  ["kms.destroy", "Key destroyed"],
  ["kms.shred", "Key shredded"],
]

/** Whether a search narrows the trail. */
export function isNarrowed({ trail: _, ...filters }: AuditSearch): boolean {
  return Object.values(filters).some((value) => value !== undefined)
}

/** The days as times: from the start of the first to the end of the last, where the reader is. */
export function toTimes({ since, until }: Pick<AuditSearch, "since" | "until">): {
  readonly since?: string
  readonly until?: string
} {
  const from = since === undefined ? undefined : startOf(since, 0)
  const to = until === undefined ? undefined : startOf(until, 1)
  return { ...(from && { since: from }), ...(to && { until: to }) }
}

function startOf(day: string, later: number): string | undefined {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number)
  const start = new Date(year, month - 1, date + later)
  return Number.isNaN(start.getTime()) ? undefined : start.toISOString()
}

/** A day that is one: `2026-11-29`. */
export function toDay(value: unknown): string | undefined {
  if (typeof value !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return undefined
  return Number.isNaN(Date.parse(value)) ? undefined : value
}
