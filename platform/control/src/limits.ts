/** Every bound of control. */
export interface ControlLimits {
  /** Projects of an install. Default 10,000. */
  readonly projects: number
  /** Members of a project. Default 1,000. */
  readonly membersPerProject: number
  /** Organizations that a person owns, with their own. Default 100. */
  readonly organizationsPerPerson: number
  /** Members of an organization. Default 1,000. */
  readonly membersPerOrganization: number
  /** Invites of an organization that nobody has used. Default 1,000. */
  readonly invitesPerOrganization: number
  /** Keys of a project that are not revoked. Default 100. */
  readonly keysPerProject: number
  /** Revoked keys that a project still lists; older ones are forgotten. Default 100. */
  readonly revokedKeysPerProject: number
  /** `details` of an audit entry as JSON; larger ones are replaced by their size. Default 8 KiB. */
  readonly auditDetailsBytes: number
  /** How stale a key's stored `lastUsedAt` may be while it is in use. Default 60 seconds. */
  readonly lastUsedStepMs: number
  /** How long uses of keys are gathered before they are written together. Default 5 seconds. */
  readonly lastUsedDelayMs: number
}

export const defaultLimits: ControlLimits = {
  projects: 10_000,
  membersPerProject: 1_000,
  organizationsPerPerson: 100,
  membersPerOrganization: 1_000,
  invitesPerOrganization: 1_000,
  keysPerProject: 100,
  revokedKeysPerProject: 100,
  auditDetailsBytes: 8 * 1024,
  lastUsedStepMs: 60_000,
  lastUsedDelayMs: 5_000,
}
