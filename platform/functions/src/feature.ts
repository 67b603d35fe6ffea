import type { Feature } from "@ashlar/sqlite"

/**
 * The tables of functions, for a project's file. A version never changes after it is written; which one answers is a
 * column of the function. Env values are sealed: the file alone does not give them away.
 */
export const functionsFeature: Feature = {
  name: "functions",
  procedures: new URL("./procedures.ts", import.meta.url),
  migrations: [
    {
      id: 1,
      name: "functions, versions, logs",
      sql: [
        `CREATE TABLE functions_functions (
           n INTEGER PRIMARY KEY AUTOINCREMENT,
           id TEXT NOT NULL UNIQUE,
           name TEXT NOT NULL UNIQUE,
           access TEXT NOT NULL CHECK (access IN ('public', 'publishable', 'secret')),
           active INTEGER NOT NULL,
           created_at INTEGER NOT NULL,
           updated_at INTEGER NOT NULL
         ) STRICT`,
        `CREATE TABLE functions_versions (
           n INTEGER PRIMARY KEY,
           function_id TEXT NOT NULL,
           version INTEGER NOT NULL,
           runtime TEXT NOT NULL CHECK (runtime IN ('bun', 'quickjs')),
           sha256 TEXT NOT NULL,
           code BLOB NOT NULL,
           sealed_env BLOB NOT NULL,
           env_names TEXT NOT NULL,
           egress TEXT NOT NULL,
           limits TEXT NOT NULL,
           created_at INTEGER NOT NULL,
           created_by TEXT NOT NULL,
           UNIQUE (function_id, version)
         ) STRICT`,
        `CREATE TABLE functions_logs (
           n INTEGER PRIMARY KEY,
           function_id TEXT NOT NULL,
           seq INTEGER NOT NULL,
           at INTEGER NOT NULL,
           invocation TEXT,
           version INTEGER NOT NULL,
           kind TEXT NOT NULL CHECK (kind IN ('request', 'log', 'kill')),
           level TEXT NOT NULL CHECK (level IN ('debug', 'info', 'warn', 'error')),
           message TEXT NOT NULL,
           fields TEXT NOT NULL,
           UNIQUE (function_id, seq)
         ) STRICT`,
      ],
    },
    {
      id: 2,
      name: "bundles outside of the file",
      // Where `bundle` is null the code is in the row, as it was for all before.
      sql: [
        "ALTER TABLE functions_versions ADD COLUMN bundle TEXT",
        "ALTER TABLE functions_versions ADD COLUMN size_bytes INTEGER",
      ],
    },
  ],
}
