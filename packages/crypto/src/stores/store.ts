/** A key or a secret as a store sees it: what is in `body` is none of its business, and never in clear. */
export interface StoredRecord {
  /** A UUID. */
  readonly id: string
  readonly kind: "key" | "secret"
  /** Whose it is. */
  readonly tenant: string
  /** One of its kind and tenant. */
  readonly name: string
  /** 1 when it is made, and one more with each change. */
  readonly revision: number
  /** When something is due for it, in milliseconds since 1970. */
  readonly dueMs: number | null
  /** JSON, at most 8 MiB. */
  readonly body: string
}

export interface ListRequest {
  readonly kind: StoredRecord["kind"]
  /** Of this tenant, by name; or of all of them, by id. */
  readonly tenant?: string
  /** The name, or the id, of the last one that is known. */
  readonly after?: string
  /** 1 to 1,000 */
  readonly limit: number
}

/**
 * Where keys and secrets are kept.
 *
 * A store MUST change a record as a whole or not at all, also when it is killed; MUST let one of two win who change one revision, or
 * make one name; and MUST have on disk what it said is done, if it keeps things on disk. Names are compared byte by byte.
 */
export interface KeyStore {
  get(id: string): Promise<StoredRecord | undefined>
  find(kind: StoredRecord["kind"], tenant: string, name: string): Promise<StoredRecord | undefined>
  list(request: ListRequest): Promise<readonly StoredRecord[]>
  /** Those whose time has come, the longest due first. */
  due(kind: StoredRecord["kind"], nowMs: number, limit: number): Promise<readonly StoredRecord[]>
  /** @returns false when the name is taken. */
  insert(record: StoredRecord): Promise<boolean>
  /** Puts it in place of the revision before its own. @returns false when that is not there. */
  replace(record: StoredRecord): Promise<boolean>
  /** @returns false when this revision is not there. */
  remove(id: string, revision: number): Promise<boolean>
  close(): Promise<void>
}
