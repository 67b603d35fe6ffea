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
  ],
}
