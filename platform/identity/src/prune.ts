import type { Clock } from "@ashlar/core"
import type { SqliteFile } from "@ashlar/sqlite"

/** What was over, and is gone now. */
export interface Pruned {
  readonly sessions: number
  /** Invites and set-up links, codes that were sent, steps of signing in. */
  readonly tickets: number
}

/** Rows that one write looks at: a few milliseconds of the writer, which others wait for. */
const WINDOW_ROWS = 5_000

/**
 * Deletes sessions and single-use tokens that are over. Nothing depends on it, for what is over is refused all the same: it
 * keeps the file small, and addresses of people no longer than they are of use.
 *
 * @param signal Ends it between two writes.
 */
export async function prune(
  { file, clock }: { readonly file: SqliteFile; readonly clock: Clock },
  signal?: AbortSignal,
): Promise<Pruned> {
  const nowMs = clock.now()
  const removed = await file.write([
    { sql: "DELETE FROM identity_tickets WHERE expires_at <= ?", params: [nowMs] },
    { sql: "DELETE FROM identity_proofs WHERE expires_at <= ?", params: [nowMs] },
  ])
  let sessions = 0
  for (let from = 0; ; ) {
    signal?.throwIfAborted()
    const { to } = file.get<{ to: number | null }>(WINDOW, [from])!
    if (to === null) return { sessions, tickets: removed.reduce((sum, { changes }) => sum + changes, 0) }
    const [deleted] = await file.write([
      {
        sql: "DELETE FROM identity_sessions WHERE n > ? AND n <= ? AND expires_at <= ?",
        params: [from, to, nowMs],
      },
    ])
    sessions += deleted?.changes ?? 0
    from = to
  }
}

/** The end of the next rows, however far apart they are. */
const WINDOW = `SELECT max(n) AS "to" FROM (SELECT n FROM identity_sessions WHERE n > ? ORDER BY n LIMIT ${WINDOW_ROWS})`
