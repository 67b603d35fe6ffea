import type { Feature } from "@ashlar/sqlite"

/** The table of keys and secrets, for the system file. What is in it is wrapped by the root key, which is not. */
export const kmsFeature: Feature = {
  name: "kms",
  migrations: [
    {
      id: 1,
      name: "keys and secrets",
      sql: [
        `CREATE TABLE kms_records (
           id TEXT NOT NULL PRIMARY KEY,
           kind TEXT NOT NULL CHECK (kind IN ('key', 'secret')),
           tenant TEXT NOT NULL,
           name TEXT NOT NULL,
           revision INTEGER NOT NULL,
           due_ms INTEGER,
           body TEXT NOT NULL,
           UNIQUE (kind, tenant, name)
         ) STRICT`,
        "CREATE INDEX kms_records_due ON kms_records (kind, due_ms) WHERE due_ms IS NOT NULL",
      ],
    },
    {
      id: 2,
      name: "audit of keys and secrets",
      sql: [
        `CREATE TABLE kms_audit_streams (
           stream TEXT NOT NULL PRIMARY KEY,
           sequence INTEGER NOT NULL,
           hash TEXT NOT NULL,
           at_ms INTEGER NOT NULL,
           base_sequence INTEGER NOT NULL,
           base_hash TEXT NOT NULL
         ) STRICT, WITHOUT ROWID`,
        `CREATE TABLE kms_audit (
           stream TEXT NOT NULL,
           sequence INTEGER NOT NULL,
           at_ms INTEGER NOT NULL,
           action TEXT NOT NULL,
           actor TEXT NOT NULL,
           target TEXT,
           outcome TEXT NOT NULL,
           body TEXT NOT NULL,
           hash TEXT NOT NULL,
           PRIMARY KEY (stream, sequence)
         ) STRICT, WITHOUT ROWID`,
        "CREATE INDEX kms_audit_target ON kms_audit (stream, target, sequence)",
        "CREATE INDEX kms_audit_actor ON kms_audit (stream, actor, sequence)",
        "CREATE INDEX kms_audit_at ON kms_audit (stream, at_ms)",
        `CREATE TABLE kms_audit_checkpoints (
           stream TEXT NOT NULL,
           sequence INTEGER NOT NULL,
           hash TEXT NOT NULL,
           at TEXT NOT NULL,
           key_id TEXT NOT NULL,
           algorithm TEXT NOT NULL,
           signature TEXT NOT NULL,
           PRIMARY KEY (stream, sequence)
         ) STRICT, WITHOUT ROWID`,
      ],
    },
  ],
}
