/** What may be known of a secret: never its value. */
export interface SecretInfo {
  readonly name: string
  /** The latest. Versions count from 1. */
  readonly version: number
  readonly createdAtMs: number
  readonly updatedAtMs: number
  /** Not readable from then on. */
  readonly expiresAtMs: number | null
  /** Who else may read it. */
  readonly readers: readonly string[]
}

export interface SecretVersion {
  readonly version: number
  readonly createdAtMs: number
  /** Whether its value was taken away. */
  readonly isDestroyed: boolean
}

export interface SecretValue {
  readonly value: string
  readonly version: number
}

export interface SetSecret {
  /** Default: never; each `set` says it anew. In milliseconds since 1970. */
  readonly expiresAtMs?: number
  /** Who else may read it, by `as`: at most 100. Default: those who may already. */
  readonly readers?: readonly string[]
}

export interface SecretReader {
  /**
   * The latest value, or a former one's. Each read, and each that is refused, is audited before the value is handed out.
   * @throws {CRYPTO_SECRET_NOT_FOUND} also for those who may not read it. {CRYPTO_SECRET_EXPIRED} {CRYPTO_AUDIT_FAILED}
   */
  get(name: string, options?: { readonly version?: number }): Promise<SecretValue>
}

/** Secrets of one tenant: texts that are encrypted where they are kept, in versions, and read by those who may. */
export interface Secrets extends SecretReader {
  /** A new version, of at most 64 KiB. The 100 latest are kept. @throws {CRYPTO_OPTION_INVALID} {CRYPTO_LIMIT_REACHED} */
  set(name: string, value: string, options?: SetSecret): Promise<SecretInfo>
  /** A new version by what makes it, such as a provider's API: it gets the latest value. Expiry and readers stay. */
  rotate(name: string, make: (former: string) => string | Promise<string>): Promise<SecretInfo>
  info(name: string): Promise<SecretInfo>
  /** By name, without those that cannot be read. @param limit 1 to 200. Default: 50. */
  list(options?: {
    readonly after?: string
    readonly limit?: number
  }): Promise<{ readonly items: readonly SecretInfo[]; readonly next: string | null }>
  /** The latest first. */
  history(name: string): Promise<readonly SecretVersion[]>
  setReaders(name: string, readers: readonly string[]): Promise<SecretInfo>
  /** Takes all versions away. @throws {CRYPTO_SECRET_NOT_FOUND} */
  remove(name: string): Promise<void>
  /** Puts all values under the current version of the key. @returns how many secrets were changed. */
  rewrap(onProgress?: (done: number) => void): Promise<number>
  /** What somebody reads, by the readers that the secrets have. */
  as(reader: string): SecretReader
  at(tenant: string): Secrets
}
