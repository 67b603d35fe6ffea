import {
  type AuditStore,
  AuditStoreFailed,
  type AuditWrite,
  type EntryFilter,
  type StreamState,
} from "@ashlar/security/audit"
import { SqliteConstraint, type SqliteFile, SqlitePrecondition, type SqlValue, type Statement } from "@ashlar/sqlite"

const NOTHING = "0".repeat(64)
const ATTEMPTS = 30
const SWEEP_ROWS = 1_000

interface StreamRow {
  readonly sequence: number
  readonly hash: string
  readonly at_ms: number
  readonly base_sequence: number
  readonly base_hash: string
}
interface EntryRow {
  readonly sequence: number
  readonly at_ms: number
  readonly action: string
  readonly actor: string
  readonly target: string | null
  readonly outcome: "success" | "failure" | "denied"
  readonly body: string
  readonly hash: string
}
type Checkpoint = Awaited<ReturnType<AuditStore["checkpoints"]>>[number]

/** An audit log in the system file, opened with `kmsFeature`. The file is its opener's to close. */
export function sqliteAuditStore(file: SqliteFile): AuditStore {
  const stateOf = (stream: string): StreamState | undefined => {
    const row = file.get<StreamRow>("SELECT * FROM kms_audit_streams WHERE stream = ?", [stream])
    return (
      row && {
        head: { sequence: row.sequence, hash: row.hash, atMs: row.at_ms },
        base: { sequence: row.base_sequence, hash: row.base_hash },
      }
    )
  }
  return {
    async write(stream, make) {
      for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        const found = stateOf(stream)
        const state = found ?? { head: { sequence: 0, hash: NOTHING, atMs: 0 }, base: { sequence: 0, hash: NOTHING } }
        const made = await make(state)
        try {
          return void (await file.write([
            headStatement(stream, made, found),
            ...entryStatements(stream, made),
            ...made.checkpoints.map((one) => checkpointStatement(stream, one)),
          ]))
        } catch (cause) {
          // Another wrote meanwhile: `make` is asked again with what they left.
          if (cause instanceof SqlitePrecondition || cause instanceof SqliteConstraint) continue
          throw new AuditStoreFailed("The system file did not take an entry of the audit log", { cause })
        }
      }
      throw new AuditStoreFailed("Too many write to one stream of the audit log at once.")
    },
    state: async (stream) => stateOf(stream),
    async read(stream, filter) {
      const [where, params] = conditionsOf(stream, filter)
      const order = filter.order === "newest" ? "DESC" : "ASC"
      const rows = file.all<EntryRow>(
        `SELECT sequence, at_ms, action, actor, target, outcome, body, hash FROM kms_audit
         WHERE ${where} ORDER BY sequence ${order} LIMIT ?`,
        [...params, filter.limit],
      )
      return rows.map(({ sequence, body, hash, at_ms, action, actor, target, outcome }) => {
        return { sequence, body, hash, columns: { atMs: at_ms, action, actor, target, outcome } }
      })
    },
    async checkpoints(stream) {
      const rows = file.all<Omit<Checkpoint, "keyId"> & { readonly key_id: string }>(
        `SELECT stream, sequence, hash, at, key_id, algorithm, signature FROM kms_audit_checkpoints
         WHERE stream = ? ORDER BY sequence`,
        [stream],
      )
      return rows.map(({ key_id, ...rest }) => ({ ...rest, keyId: key_id }))
    },
    streams: async () =>
      file.all<{ stream: string }>("SELECT stream FROM kms_audit_streams ORDER BY stream").map(({ stream }) => stream),
    async sweep(stream) {
      const base = stateOf(stream)?.base.sequence ?? 0
      const [done] = await file.write([
        {
          sql: `DELETE FROM kms_audit WHERE stream = ? AND sequence IN
            (SELECT sequence FROM kms_audit WHERE stream = ? AND sequence <= ? ORDER BY sequence LIMIT ?)`,
          params: [stream, stream, base, SWEEP_ROWS],
        },
        { sql: "DELETE FROM kms_audit_checkpoints WHERE stream = ? AND sequence < ?", params: [stream, base] },
      ])
      return done?.changes ?? 0
    },
    isInTransaction: () => false,
    async close() {
      // The file is the install's.
    },
  }
}

function headStatement(stream: string, { head, base }: AuditWrite, before: StreamState | undefined): Statement {
  const { sequence, hash } = base ?? before?.base ?? { sequence: 0, hash: NOTHING }
  const values = [head.sequence, head.hash, head.atMs, sequence, hash]
  if (before === undefined)
    return {
      sql: `INSERT INTO kms_audit_streams (stream, sequence, hash, at_ms, base_sequence, base_hash) VALUES (?, ?, ?, ?, ?, ?)`,
      params: [stream, ...values],
    }
  return {
    sql: `UPDATE kms_audit_streams SET sequence = ?, hash = ?, at_ms = ?, base_sequence = ?, base_hash = ?
      WHERE stream = ? AND sequence = ? AND base_sequence = ?`,
    params: [...values, stream, before.head.sequence, before.base.sequence],
    expectChanges: 1,
  }
}

function entryStatements(stream: string, { entries }: AuditWrite): Statement[] {
  return entries.map(({ sequence, body, hash, columns: { atMs, action, actor, target, outcome } }) => ({
    sql: `INSERT INTO kms_audit (stream, sequence, at_ms, action, actor, target, outcome, body, hash)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    params: [stream, sequence, atMs, action, actor, target, outcome, body, hash],
  }))
}

function checkpointStatement(
  stream: string,
  { sequence, hash, at, keyId, algorithm, signature }: Checkpoint,
): Statement {
  return {
    sql: `INSERT OR REPLACE INTO kms_audit_checkpoints (stream, sequence, hash, at, key_id, algorithm, signature)
      VALUES (?, ?, ?, ?, ?, ?, ?)`,
    params: [stream, sequence, hash, at, keyId, algorithm, signature],
  }
}

function conditionsOf(stream: string, filter: EntryFilter): readonly [string, SqlValue[]] {
  const all: readonly (readonly [string, SqlValue | undefined])[] = [
    ["stream = ?", stream],
    ["sequence > ?", filter.above],
    ["sequence < ?", filter.below],
    ["at_ms >= ?", filter.sinceMs],
    ["at_ms < ?", filter.untilMs],
    ["action = ?", filter.action],
    ["actor = ?", filter.actor],
    ["target = ?", filter.target],
    ["outcome = ?", filter.outcome],
  ]
  const said = all.filter((pair): pair is readonly [string, SqlValue] => pair[1] !== undefined)
  return [said.map(([text]) => text).join(" AND "), said.map(([, value]) => value)]
}
