/** Something that a secret opens: a session, a key, a code. The secret itself is nowhere in it. */
export interface StoredRecord {
  /** What it is found by: the hash of a secret. 64 hexadecimal digits. */
  readonly key: string
  /** Whose it is: the hash of that name. 64 hexadecimal digits. */
  readonly owner: string
  /** Any text, of at most 65,536 characters. */
  readonly value: string
  /** When the store may forget it, in milliseconds since 1970. Whoever reads it decides by itself whether it still counts. */
  readonly untilMs: number
  /** Goes up with every change. The first is 1. */
  readonly version: number
}

/** Of one owner: what goes beyond is not listed. Whoever adds records keeps below. */
export const MAX_OWNED = 1_000

/**
 * Keeps records. It is no `ProofStore`, and that is no accident: what a secret opens is asked for in each request, so it is found at once
 * where it is in memory, moves to another key in one step when it is rotated, and takes part in the transaction of whoever changes rights.
 * A proof is used up for good: it is counted and taken by the store itself, outside of any transaction, so that none gives a try back. One
 * store for both would have to be told each time which of the two is meant.
 *
 * What every driver must do is held by `describeRecordStore`:
 *
 * - What was inserted is found until `untilMs`, by every process that uses the store, and afterwards perhaps.
 * - Of all who change, replace or remove one record of one version at once, one is told `true`.
 * - A record that was removed or replaced MUST NOT come back by a change of somebody who read it before.
 * - What cannot be done rejects. Where the caller has a transaction of the same database open, SQL takes part in it.
 */
export interface RecordStore {
  /** @throws {AUTH_STORE_FAILED} also when there is one of this key. */
  insert(record: StoredRecord): Promise<void>
  find(key: string): StoredRecord | undefined | Promise<StoredRecord | undefined>
  /** Writes another value, if the record is as it was read. */
  change(record: StoredRecord): Promise<boolean>
  /** Removes a record and inserts another, both or neither. False when it was gone. */
  replace(key: string, record: StoredRecord): Promise<boolean>
  /** @returns whether this call removed it. */
  remove(key: string): Promise<boolean>
  /** All of an owner, up to {@link MAX_OWNED}, in any order. */
  list(owner: string): Promise<readonly StoredRecord[]>
  /** Removes all of an owner but one. @returns how many. */
  removeOwned(owner: string, exceptKey?: string): Promise<number>
  close(): Promise<void>
}
