import type { KeyAlgorithm, KeyContext, KeyState, KeyUse, PublicJwk } from "@ashlar/crypto"

/** A key as the API shows it. Times are RFC 3339, bytes base64. */
export interface KmsKey {
  readonly id: string
  readonly name: string
  readonly algorithm: KeyAlgorithm
  readonly uses: readonly KeyUse[]
  readonly state: KeyState
  readonly version: number
  readonly minimumVersion: number
  readonly createdAt: string
  readonly deletesAt: string | null
  readonly rotateEveryDays: number | null
  readonly versions: readonly { readonly version: number; readonly createdAt: string; readonly destroyed: boolean }[]
}
export interface NewKmsKey {
  readonly name: string
  readonly algorithm?: KeyAlgorithm | undefined
  readonly uses?: readonly KeyUse[] | undefined
  readonly rotateEveryDays?: number | undefined
}

/** A secret as the API shows it: never its value. */
export interface KmsSecret {
  readonly name: string
  readonly version: number
  readonly createdAt: string
  readonly updatedAt: string
  readonly expiresAt: string | null
  /** The functions of the project that may read it. */
  readonly functions: readonly string[]
}
export interface SecretInput {
  readonly value: string
  readonly expiresAt?: string | undefined
  /** Default: those that may already. */
  readonly functions?: readonly string[] | undefined
}
export interface SecretHistoryEntry {
  readonly version: number
  readonly createdAt: string
}

/** Something that was done with a key or a secret, or was refused. */
export interface KmsAuditEntry {
  /** From 1, without a gap. */
  readonly sequence: number
  readonly at: string
  /** `kms.rotate`, `kms.decrypt`, `secret.read` … */
  readonly action: string
  readonly actor: { readonly type: string; readonly id: string }
  readonly target: { readonly type: string; readonly id: string } | null
  readonly outcome: "success" | "failure" | "denied"
  /** `by` whom in words, `version`, the code that `refused` it; `count`, `from` and `to` where it tells of many uses. */
  readonly details: Readonly<Record<string, unknown>>
}
/** Which entries; what is left out does not matter. The newest come first. */
export interface KmsAuditQuery extends KmsPageRequest {
  /** The name of a key, or else of a secret. */
  readonly key?: string
  readonly secret?: string
  readonly action?: string
  /** `type:id`, such as `key:0198…` or `function:pay`. */
  readonly actor?: string
  readonly outcome?: "success" | "failure" | "denied"
  /** From this time on, and before that one. */
  readonly since?: string
  readonly until?: string
}
/** Whether the audit is as it was written. */
export interface KmsAuditReport {
  readonly ok: boolean
  readonly entries: number
  /** Signed by a key under the root. */
  readonly checkpoints: number
  readonly head: { readonly sequence: number; readonly hash: string }
  readonly broken: { readonly sequence: number; readonly fault: string; readonly message: string } | null
}

export interface KmsPage<T> {
  readonly items: readonly T[]
  readonly next: string | null
}
export interface KmsPageRequest {
  readonly limit?: number
  readonly cursor?: string
}

/** The keys and secrets of one project, for one caller who was let in: in this process, or over the API. */
export interface ProjectKms {
  listKeys(page?: KmsPageRequest): Promise<KmsPage<KmsKey>>
  createKey(key: NewKmsKey): Promise<KmsKey>
  getKey(name: string): Promise<KmsKey>
  rotateKey(name: string): Promise<KmsKey>
  setMinimumVersion(name: string, version: number): Promise<KmsKey>
  disableKey(name: string): Promise<KmsKey>
  enableKey(name: string): Promise<KmsKey>
  /** @param days 7 to 365, 30 when left out. */
  scheduleDeletion(name: string, days?: number): Promise<KmsKey>
  cancelDeletion(name: string): Promise<KmsKey>
  /**
   * Destroys the key now, and with it what it encrypted, wherever copies of that are. There is no way back, and its name stays taken.
   * Only a backup of the system file from before it, opened with the root key, still has it.
   */
  shredKey(name: string): Promise<KmsKey>
  /** Puts what the platform itself encrypted by a key of its own under the current version. */
  rewrap(name: string): Promise<{ readonly rewrapped: number }>

  encrypt(
    name: string,
    input: { readonly plain: string; readonly context: KeyContext },
  ): Promise<{ readonly sealed: string }>
  decrypt(
    name: string,
    input: { readonly sealed: string; readonly context: KeyContext },
  ): Promise<{ readonly plain: string }>
  generateDataKey(
    name: string,
    input: { readonly context: KeyContext },
  ): Promise<{ readonly plain: string; readonly wrapped: string }>
  openDataKey(
    name: string,
    input: { readonly wrapped: string; readonly context: KeyContext },
  ): Promise<{ readonly plain: string }>
  sign(
    name: string,
    input: { readonly data: string },
  ): Promise<{ readonly signature: string; readonly version: number }>
  verify(
    name: string,
    input: { readonly data: string; readonly signature: string; readonly version: number },
  ): Promise<{ readonly valid: boolean }>
  publicKeys(name: string): Promise<{ readonly keys: readonly PublicJwk[] }>

  listSecrets(page?: KmsPageRequest): Promise<KmsPage<KmsSecret>>
  setSecret(name: string, input: SecretInput): Promise<KmsSecret>
  /** The value. In the audit trail before it is answered. */
  revealSecret(
    name: string,
    input?: { readonly version?: number | undefined },
  ): Promise<{ readonly value: string; readonly version: number }>
  secretHistory(name: string): Promise<{ readonly items: readonly SecretHistoryEntry[] }>
  removeSecret(name: string): Promise<void>

  /** What was done with keys and secrets, and what was refused. */
  audit(query?: KmsAuditQuery): Promise<KmsPage<KmsAuditEntry>>
  verifyAudit(): Promise<KmsAuditReport>
}
