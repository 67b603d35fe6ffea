import type { KeyStore, StoredRecord } from "@ashlar/crypto"
import { CryptoStoreFailed } from "@ashlar/crypto"
import { SqliteConstraint, type SqliteFile, SqlitePrecondition, type SqlValue } from "@ashlar/sqlite"

interface Row {
  readonly id: string
  readonly kind: StoredRecord["kind"]
  readonly tenant: string
  readonly name: string
  readonly revision: number
  readonly due_ms: number | null
  readonly body: string
}

/** Keys and secrets in the system file, opened with `kmsFeature`. The file is its opener's to close. */
export function sqliteStore(file: SqliteFile): KeyStore {
  const all = (where: string, ...params: SqlValue[]): StoredRecord[] =>
    file
      .all<Row>(`SELECT id, kind, tenant, name, revision, due_ms, body FROM kms_records WHERE ${where}`, params)
      .map(({ due_ms, ...row }) => ({ ...row, dueMs: due_ms }))
  /** Whether it changed the one row. */
  const write = async (sql: string, ...params: SqlValue[]): Promise<boolean> => {
    try {
      await file.write([{ sql, params, expectChanges: 1 }])
      return true
    } catch (error) {
      if (error instanceof SqlitePrecondition || error instanceof SqliteConstraint) return false
      throw new CryptoStoreFailed(undefined, { cause: error })
    }
  }
  return {
    get: async (id) => all("id = ?", id)[0],
    find: async (kind, tenant, name) => all("kind = ? AND tenant = ? AND name = ?", kind, tenant, name)[0],
    list: async ({ kind, tenant, after = "", limit }) =>
      tenant === undefined
        ? all("kind = ? AND id > ? ORDER BY id LIMIT ?", kind, after, limit)
        : all("kind = ? AND tenant = ? AND name > ? ORDER BY name LIMIT ?", kind, tenant, after, limit),
    due: async (kind, nowMs, limit) => all("kind = ? AND due_ms <= ? ORDER BY due_ms LIMIT ?", kind, nowMs, limit),
    insert: ({ id, kind, tenant, name, revision, dueMs, body }) =>
      write(
        "INSERT INTO kms_records (id, kind, tenant, name, revision, due_ms, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
        ...[id, kind, tenant, name, revision, dueMs, body],
      ),
    replace: ({ id, revision, dueMs, body }) =>
      write(
        "UPDATE kms_records SET revision = ?, due_ms = ?, body = ? WHERE id = ? AND revision = ?",
        ...[revision, dueMs, body, id, revision - 1],
      ),
    remove: (id, revision) => write("DELETE FROM kms_records WHERE id = ? AND revision = ?", id, revision),
    async close() {
      // The file is the install's.
    },
  }
}
