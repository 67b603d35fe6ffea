/** What is kept. Each kind has ids of its own. */
export type RecordKind =
  | "access"
  | "client"
  | "code"
  | "consent"
  | "device"
  | "grant"
  | "initial"
  | "key"
  | "par"
  | "refresh"
  | "replay"
  | "revoked"
  | "session"
  | "sessionclients"
  | "usercode"

export interface StoredRecord {
  readonly id: string
  /** JSON. Holds no secret in the clear: ids of what is secret are hashes, private keys are sealed. */
  readonly body: string
  /** Another one after each change. */
  readonly version: number
}

export interface NewRecord {
  readonly kind: RecordKind
  /** At most 100 ASCII characters, compared exactly. */
  readonly id: string
  readonly body: string
  /** From when on it is not there any more, in milliseconds since 1970. */
  readonly untilMs: number
}

/**
 * Keeps the state of a server. What every one must do is held by `describeOAuthStore`:
 *
 * - Each call is atomic, whoever else calls, and done when it resolves, whatever transaction the caller is in.
 * - Of all who `add` one id, `change` one version or `remove` one record at once, one is told `true`.
 * - What is over is not there: `get` and `list` do not give it, and it can be added anew.
 * - Nothing is forgotten before its time: a store that is full rejects. What is over goes by itself, some with each write.
 *
 * @throws {OAUTH_STORE_FAILED} where a call cannot be done.
 */
export interface OAuthStore {
  /** @returns whether none was there. */
  add(record: NewRecord): Promise<boolean>
  get(kind: RecordKind, id: string): Promise<StoredRecord | undefined>
  /** Puts another body in the place of the version that was read. @returns whether it still was that one. */
  change(record: NewRecord, version: number): Promise<boolean>
  /** @returns whether it was there. */
  remove(kind: RecordKind, id: string): Promise<boolean>
  /** All of a kind of which there are few: at most 1,000. */
  list(kind: RecordKind): Promise<readonly StoredRecord[]>
  close(): Promise<void>
}
