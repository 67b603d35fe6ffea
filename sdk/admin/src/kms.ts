import {
  type KmsAlgorithm,
  type KmsAuditEntry,
  type KmsAuditReport,
  type KmsKey,
  type KmsUse,
  type Page,
  type PageOptions,
  path,
  type SecretHistory,
  type SecretInfo,
  type SecretValue,
  type Transport,
} from "@ashlar/sdk"
import { toQuery } from "./paging.ts"

/** Which entries; what is left out does not matter. */
export interface KmsAuditQuery extends PageOptions {
  /** The name of a key, or else of a secret. */
  readonly key?: string
  readonly secret?: string
  /** Such as `kms.decrypt` or `secret.read`. */
  readonly action?: string
  /** `type:id`, as entries have it. */
  readonly actor?: string
  readonly outcome?: KmsAuditEntry["outcome"]
  /** From this time on, and before that one: RFC 3339. */
  readonly since?: string
  readonly until?: string
}

export interface Kms {
  list(project: string, page?: PageOptions): Promise<Page<KmsKey>>
  get(project: string, name: string): Promise<KmsKey>
  create(
    project: string,
    input: {
      readonly name: string
      readonly algorithm?: KmsAlgorithm
      readonly uses?: readonly KmsUse[]
      readonly rotateEveryDays?: number
    },
  ): Promise<KmsKey>
  /** A new version, which encrypts and signs from now on. */
  rotate(project: string, name: string): Promise<KmsKey>
  /** Puts what the platform encrypted by a key of its own under the current version. */
  rewrap(project: string, name: string): Promise<{ readonly rewrapped: number }>
  /** Versions below it neither decrypt nor verify. */
  setMinimumVersion(project: string, name: string, version: number): Promise<KmsKey>
  disable(project: string, name: string): Promise<KmsKey>
  enable(project: string, name: string): Promise<KmsKey>
  /** Stops it now, and destroys it with all it encrypted after 7 to 365 days. Default: 30. */
  scheduleDeletion(project: string, name: string, days?: number): Promise<KmsKey>
  cancelDeletion(project: string, name: string): Promise<KmsKey>
  /** Destroys it now, and with it what it encrypted. There is no way back, and its name stays taken. Takes an owner. */
  shred(project: string, name: string): Promise<KmsKey>
  /** What was done with keys and secrets, and what was refused, the newest first. */
  audit(project: string, query?: KmsAuditQuery): Promise<Page<KmsAuditEntry>>
  /** Whether that is as it was written. Keep its `head` elsewhere. */
  verifyAudit(project: string): Promise<KmsAuditReport>
}

export function createKms(transport: Transport): Kms {
  const act = <T = KmsKey>(address: string, action: string, json: object = {}): Promise<T> =>
    transport.json({ method: "POST", path: `${address}/${action}`, json })
  const at = (project: string, name: string): string => path`/v1/projects/${project}/kms/keys/${name}`
  return {
    list: (project, page) => transport.json({ path: path`/v1/projects/${project}/kms/keys`, query: toQuery(page) }),
    get: (project, name) => transport.json({ path: at(project, name) }),
    create: (project, input) =>
      transport.json({ method: "POST", path: path`/v1/projects/${project}/kms/keys`, json: input }),
    rotate: (project, name) => act(at(project, name), "rotate"),
    rewrap: (project, name) => act(at(project, name), "rewrap"),
    setMinimumVersion: (project, name, version) =>
      transport.json({ method: "PATCH", path: at(project, name), json: { minimumVersion: version } }),
    disable: (project, name) => act(at(project, name), "disable"),
    enable: (project, name) => act(at(project, name), "enable"),
    scheduleDeletion: (project, name, days) =>
      act(at(project, name), "schedule-deletion", days === undefined ? {} : { days }),
    cancelDeletion: (project, name) => act(at(project, name), "cancel-deletion"),
    shred: (project, name) => act(at(project, name), "shred"),
    audit: (project, query = {}) =>
      transport.json({ path: path`/v1/projects/${project}/kms/audit`, query: { ...query } }),
    verifyAudit: (project) => transport.json({ path: path`/v1/projects/${project}/kms/audit/verify` }),
  }
}

export interface Secrets {
  /** Their names and versions, never their values. */
  list(project: string, page?: PageOptions): Promise<Page<SecretInfo>>
  /** Makes it, or a new version of it. Without `functions`, those that may read it may go on. */
  set(
    project: string,
    name: string,
    input: { readonly value: string; readonly expiresAt?: string; readonly functions?: readonly string[] },
  ): Promise<SecretInfo>
  /** The value. That it was read is in the audit trail. */
  reveal(project: string, name: string, version?: number): Promise<SecretValue>
  history(project: string, name: string): Promise<SecretHistory>
  remove(project: string, name: string): Promise<void>
}

export function createSecrets(transport: Transport): Secrets {
  const at = (project: string, name: string): string => path`/v1/projects/${project}/secrets/${name}`
  return {
    list: (project, page) => transport.json({ path: path`/v1/projects/${project}/secrets`, query: toQuery(page) }),
    set: (project, name, input) => transport.json({ method: "PUT", path: at(project, name), json: input }),
    reveal: (project, name, version) =>
      transport.json({
        method: "POST",
        path: `${at(project, name)}/reveal`,
        json: version === undefined ? {} : { version },
      }),
    history: (project, name) => transport.json({ path: `${at(project, name)}/history` }),
    remove: (project, name) => transport.json({ method: "DELETE", path: at(project, name) }),
  }
}
