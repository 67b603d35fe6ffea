import { AuthClosed, AuthStoreFailed, checkProof, type Proof, type ProofStore } from "@ashlar/auth/proofs"
import type { Clock } from "@ashlar/core"
import type { SqliteFile, Statement } from "@ashlar/sqlite"

interface Row {
  readonly kind: string
  readonly id: string
  readonly user_id: string
  readonly counter: number
  readonly data: string
  readonly created_at: number
  readonly expires_at: number | null
}

/** Proofs of one user that one answer lists. */
const MAX_LISTED = 1_000
/** What is over that one write takes along. */
const SWEPT_AT_ONCE = 20

const ALIVE = "kind = ? AND id = ? AND (expires_at IS NULL OR expires_at > ?)"

/**
 * Keeps factors, recovery codes and steps of signing in on the file of an install or of a project: what `@ashlar/auth/mfa` keeps things
 * in. Each change is one write, which resolves once it is on disk.
 */
export function createSqliteProofs({ file, clock }: { readonly file: SqliteFile; readonly clock: Clock }): ProofStore {
  let isClosed = false
  const requireOpen = (): void => {
    if (isClosed) throw new AuthClosed()
  }
  const change = async (...statements: readonly Statement[]) => {
    requireOpen()
    try {
      const results = await file.write(statements)
      return results.at(-1)!
    } catch (cause) {
      throw new AuthStoreFailed(undefined, { cause })
    }
  }
  return {
    async add(proof) {
      checkProof(proof)
      const { kind, id, userId, counter, data, createdMs, expiresMs } = proof
      const nowMs = clock.now()
      const { changes } = await change(
        { sql: "DELETE FROM identity_proofs WHERE kind = ? AND id = ? AND expires_at <= ?", params: [kind, id, nowMs] },
        { sql: SWEEP, params: [nowMs] },
        {
          sql: `INSERT OR IGNORE INTO identity_proofs (kind, id, user_id, counter, data, created_at, expires_at)
                VALUES (?, ?, ?, ?, ?, ?, ?)`,
          params: [kind, id, userId, counter, data, createdMs, expiresMs ?? null],
        },
      )
      return changes === 1
    },
    async find(kind, id) {
      requireOpen()
      const row = file.get<Row>(`SELECT * FROM identity_proofs WHERE ${ALIVE}`, [kind, id, clock.now()])
      return row && toProof(row)
    },
    async list(userId, kind) {
      requireOpen()
      const sql = `SELECT * FROM identity_proofs WHERE user_id = ? AND (expires_at IS NULL OR expires_at > ?)
        ${kind === undefined ? "" : "AND kind = ?"} ORDER BY created_at, n LIMIT ${MAX_LISTED}`
      return file.all<Row>(sql, [userId, clock.now(), ...(kind === undefined ? [] : [kind])]).map(toProof)
    },
    async raise(kind, id, counter) {
      const sql = `UPDATE identity_proofs SET counter = ? WHERE ${ALIVE} AND counter < ?`
      return (await change({ sql, params: [counter, kind, id, clock.now(), counter] })).changes === 1
    },
    async count(kind, id, max) {
      const sql = `UPDATE identity_proofs SET counter = counter + 1 WHERE ${ALIVE} AND counter < ?`
      return (await change({ sql, params: [kind, id, clock.now(), max] })).changes === 1
    },
    async replace(kind, id, { from, to }) {
      const sql = `UPDATE identity_proofs SET data = ? WHERE ${ALIVE} AND data = ?`
      return (await change({ sql, params: [to, kind, id, clock.now(), from] })).changes === 1
    },
    async take(kind, id) {
      const sql = `DELETE FROM identity_proofs WHERE ${ALIVE} RETURNING *`
      const [row] = (await change({ sql, params: [kind, id, clock.now()] })).rows
      return row === undefined ? undefined : toProof(row as unknown as Row)
    },
    async removeAll(userId, kinds) {
      const among = kinds === undefined ? "" : ` AND kind IN (${kinds.map(() => "?").join(", ")})`
      const sql = `DELETE FROM identity_proofs WHERE user_id = ?${among} RETURNING expires_at`
      const nowMs = clock.now()
      const { rows } = await change({ sql, params: [userId, ...(kinds ?? [])] })
      return rows.filter(({ expires_at: over }) => typeof over !== "number" || over > nowMs).length
    },
    /** The file is its engine's to close. */
    async close() {
      isClosed = true
    },
  }
}

const SWEEP = `DELETE FROM identity_proofs WHERE n IN (
  SELECT n FROM identity_proofs WHERE expires_at <= ? ORDER BY expires_at LIMIT ${SWEPT_AT_ONCE})`

function toProof(row: Row): Proof {
  return {
    ...{ kind: row.kind, id: row.id, userId: row.user_id, counter: row.counter, data: row.data },
    ...{ createdMs: row.created_at, expiresMs: row.expires_at ?? undefined },
  }
}
