import type { Guarantees } from "@ashlar/core"
import type { Queryable } from "@ashlar/orm"
import type { AuditEntry, AuditEvent, AuditOutcome, AuditParty } from "./audit-entry.ts"
import type { ExportOptions } from "./audit-export.ts"
import type { AuditReport } from "./chain-check.ts"
import type { AuditCheckpoint } from "./checkpoint.ts"
import type { VerifyOptions } from "./verify-stream.ts"

export interface AppendOptions {
  /** The stream: `main` unless told. A stream for each tenant keeps their entries, and their waiting, apart. */
  readonly stream?: string
}

/** Where events are put. */
export interface AuditWriter {
  /**
   * Puts an event at the end of its stream. It is there for good when this resolves; within `in(tx)` when the transaction commits.
   *
   * Of all who append to one stream at once, in whatever process, each gets a place of its own. Outside of a transaction, those who wait
   * are written together.
   *
   * @throws {SECURITY_AUDIT_ENTRY_INVALID} {SECURITY_AUDIT_STORE_FAILED} {SECURITY_AUDIT_CLOSED}
   * @throws {SECURITY_AUDIT_MISUSED} within a transaction of the same database: say `audit.in(tx)`, or append when it is over.
   */
  append(event: AuditEvent, options?: AppendOptions): Promise<AuditEntry>
}

export interface AuditQuery {
  /** Default: `main`. */
  readonly stream?: string
  readonly action?: string
  readonly actor?: AuditParty
  readonly target?: AuditParty
  readonly outcome?: AuditOutcome
  /** From this time on. */
  readonly since?: Date
  /** Before this time. */
  readonly until?: Date
  /** Default: `newest` first. */
  readonly order?: "newest" | "oldest"
  /** What the page before gave as `next`. */
  readonly after?: string
  /** 1 to 1,000. Default: 50. */
  readonly limit?: number
}

export interface AuditPage {
  readonly entries: readonly AuditEntry[]
  /** For the next page; undefined when this is the last one. */
  readonly next: string | undefined
}

export interface PruneOptions {
  /** Default: `main`. */
  readonly stream?: string
  /** Entries of before this time go. The last one of a stream never does. */
  readonly before: Date
}

/** A log of what was done, that shows when somebody changed it. Open one with `openAudit`. */
export interface Audit extends AuditWriter {
  readonly guarantees: Guarantees
  /** The same within a transaction of the same database: the entry is there if and only if it commits. */
  in(tx: Queryable): AuditWriter
  /** Entries, page by page. An entry whose text somebody spoiled is left out; `verify` names it. @throws {SECURITY_AUDIT_OPTION_INVALID} */
  list(query?: AuditQuery): Promise<AuditPage>
  /** Whether a stream is as it was written, from its beginning to its end. */
  verify(options?: VerifyOptions): Promise<AuditReport>
  /**
   * Signs where a stream ends, and keeps that beside it. Keep a copy elsewhere: it is an anchor.
   * @throws {SECURITY_AUDIT_OPTION_INVALID} without a signer, and of a stream without entries.
   */
  checkpoint(stream?: string): Promise<AuditCheckpoint>
  /** A stream as lines of JSON, for `verifyExport`. */
  export(options?: ExportOptions): AsyncGenerator<string, void>
  /** Takes old entries away. An entry of its own tells how many and up to where, and with it the rest can be verified still. */
  prune(options: PruneOptions): Promise<{ readonly removed: number; readonly through: number }>
  streams(): Promise<readonly string[]>
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
