import type { Queryable } from "@ashlar/orm"
import type { AuditHead, AuditOutcome, KeptEntry } from "./audit-entry.ts"
import type { AuditCheckpoint } from "./checkpoint.ts"
import type { EntryColumns } from "./read-entry.ts"

/** A stream: where it ends, and behind what it begins. */
export interface StreamState {
  readonly head: AuditHead
  /** The last entry that was taken away; 0 and zeros when none was. */
  readonly base: { readonly sequence: number; readonly hash: string }
}

export interface StoredEntry extends KeptEntry {
  readonly columns: EntryColumns
}

/** Which entries. What is left out does not matter. */
export interface EntryFilter {
  /** Sequences: more than this, less than that. */
  readonly above?: number
  readonly below?: number
  readonly action?: string
  /** `type:id` */
  readonly actor?: string
  readonly target?: string
  readonly outcome?: AuditOutcome
  /** From this millisecond on, and before that one. */
  readonly sinceMs?: number
  readonly untilMs?: number
  readonly order: "newest" | "oldest"
  readonly limit: number
}

/** What a turn at a stream writes. */
export interface AuditWrite {
  readonly entries: readonly StoredEntry[]
  readonly head: AuditHead
  /** A new beginning: what is at or before it is no longer part of the stream. */
  readonly base?: StreamState["base"]
  readonly checkpoints: readonly AuditCheckpoint[]
}

/**
 * Keeps streams of entries. What every driver must do is held by `describeAuditStore`:
 *
 * - `write` calls `make` with how the stream is, and does all that it gives, or nothing. Of two writes to one stream the second's `make`
 *   sees what the first one wrote, whatever process they are in.
 * - With a transaction of the caller's, what is written is committed with it or not at all.
 * - Nothing else changes an entry. `sweep` takes away entries at or before the base only.
 */
export interface AuditStore {
  write(stream: string, make: (state: StreamState) => AuditWrite | Promise<AuditWrite>, tx?: Queryable): Promise<void>
  state(stream: string): Promise<StreamState | undefined>
  read(stream: string, filter: EntryFilter): Promise<readonly StoredEntry[]>
  checkpoints(stream: string): Promise<readonly AuditCheckpoint[]>
  /** The names of all streams, sorted. */
  streams(): Promise<readonly string[]>
  /** @returns how many were taken away; 0 when none is left to be. */
  sweep(stream: string): Promise<number>
  /** Whether the caller is within a transaction of what keeps the entries. */
  isInTransaction(): boolean
  close(): Promise<void>
}
