import type { Feature } from "@ashlar/sqlite"

/**
 * The tables of identity: for the system file, which keeps the people of an install, and for the file of each project, which keeps the
 * users of its app. No column holds a secret in clear: passwords are argon2id hashes, tokens
 * SHA-256 hashes, private keys sealed by the root key. A session or a single-use token that is over is a row that is
 * gone, so what is refused before a restart is refused after it.
 */
export const identityFeature: Feature = {
  name: "identity",
  procedures: new URL("./procedures.ts", import.meta.url),
  migrations: [
    {
      id: 1,
      name: "accounts, sessions, tickets, signing keys",
      sql: [
        `CREATE TABLE identity_accounts (
           n INTEGER PRIMARY KEY,
           id TEXT NOT NULL UNIQUE,
           email TEXT NOT NULL UNIQUE,
           name TEXT NOT NULL,
           password_hash TEXT NOT NULL,
           administrator INTEGER NOT NULL CHECK (administrator IN (0, 1)),
           created_at INTEGER NOT NULL
         ) STRICT`,
        "CREATE INDEX identity_accounts_administrator ON identity_accounts (n) WHERE administrator = 1",
        `CREATE TABLE identity_sessions (
           n INTEGER PRIMARY KEY,
           id TEXT NOT NULL UNIQUE,
           account_id TEXT NOT NULL,
           token_hash BLOB NOT NULL,
           previous_hash BLOB,
           rotated_at INTEGER NOT NULL,
           created_at INTEGER NOT NULL,
           last_used_at INTEGER NOT NULL,
           expires_at INTEGER NOT NULL,
           address TEXT NOT NULL,
           user_agent TEXT NOT NULL
         ) STRICT`,
        "CREATE INDEX identity_sessions_account ON identity_sessions (account_id, n)",
        `CREATE TABLE identity_tickets (
           n INTEGER PRIMARY KEY,
           token_hash BLOB NOT NULL UNIQUE,
           kind TEXT NOT NULL CHECK (kind IN ('setup', 'invite')),
           email TEXT,
           scope TEXT,
           grants TEXT,
           created_at INTEGER NOT NULL,
           expires_at INTEGER NOT NULL
         ) STRICT`,
        "CREATE INDEX identity_tickets_expiry ON identity_tickets (expires_at)",
        "CREATE INDEX identity_tickets_email ON identity_tickets (email, scope) WHERE kind = 'invite'",
        `CREATE TABLE identity_signing_keys (
           n INTEGER PRIMARY KEY,
           kid TEXT NOT NULL UNIQUE,
           sealed_private_key BLOB NOT NULL,
           public_x TEXT NOT NULL,
           created_at INTEGER NOT NULL,
           verifies_until INTEGER
         ) STRICT`,
      ],
    },
    {
      id: 2,
      name: "users of apps: roles, claims, settings, mail tokens",
      sql: [
        "ALTER TABLE identity_accounts ADD COLUMN disabled_at INTEGER",
        "ALTER TABLE identity_accounts ADD COLUMN verified_at INTEGER",
        "ALTER TABLE identity_accounts ADD COLUMN signed_in_at INTEGER",
        "ALTER TABLE identity_accounts ADD COLUMN roles TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE identity_accounts ADD COLUMN claims TEXT NOT NULL DEFAULT '{}'",
        "CREATE TABLE identity_settings (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT",
        `CREATE TABLE identity_mail_tokens (
           n INTEGER PRIMARY KEY,
           token_hash BLOB NOT NULL UNIQUE,
           purpose TEXT NOT NULL CHECK (purpose IN ('verify', 'reset', 'link')),
           account_id TEXT NOT NULL,
           email TEXT NOT NULL,
           created_at INTEGER NOT NULL,
           expires_at INTEGER NOT NULL
         ) STRICT`,
        "CREATE INDEX identity_mail_tokens_account ON identity_mail_tokens (account_id, purpose)",
        "CREATE INDEX identity_mail_tokens_expiry ON identity_mail_tokens (expires_at)",
      ],
    },
    {
      id: 3,
      name: "devices that wait to be let in",
      sql: [
        `CREATE TABLE identity_devices (
           n INTEGER PRIMARY KEY,
           device_hash BLOB NOT NULL UNIQUE,
           user_code TEXT NOT NULL UNIQUE,
           decision TEXT NOT NULL CHECK (decision IN ('pending', 'approved', 'denied')),
           account_id TEXT,
           address TEXT NOT NULL,
           user_agent TEXT NOT NULL,
           created_at INTEGER NOT NULL,
           asked_at INTEGER,
           expires_at INTEGER NOT NULL
         ) STRICT`,
      ],
    },
    {
      id: 4,
      name: "factors, and how sessions were proven",
      sql: [
        `CREATE TABLE identity_proofs (
           n INTEGER PRIMARY KEY,
           kind TEXT NOT NULL,
           id TEXT NOT NULL,
           user_id TEXT NOT NULL,
           counter INTEGER NOT NULL,
           data TEXT NOT NULL,
           created_at INTEGER NOT NULL,
           expires_at INTEGER,
           UNIQUE (kind, id)
         ) STRICT`,
        "CREATE INDEX identity_proofs_user ON identity_proofs (user_id, kind)",
        "CREATE INDEX identity_proofs_expiry ON identity_proofs (expires_at) WHERE expires_at IS NOT NULL",
        "ALTER TABLE identity_sessions ADD COLUMN amr TEXT NOT NULL DEFAULT 'pwd'",
        "ALTER TABLE identity_sessions ADD COLUMN proven_at INTEGER",
      ],
    },
    {
      id: 5,
      name: "what was sent by mail is among the proofs",
      sql: ["DROP TABLE identity_mail_tokens"],
    },
    {
      id: 6,
      name: "users of apps who sign in by providers",
      sql: [
        `CREATE TABLE identity_providers (
           name TEXT NOT NULL PRIMARY KEY,
           kind TEXT NOT NULL,
           label TEXT NOT NULL,
           client_id TEXT NOT NULL,
           sealed_secret BLOB NOT NULL,
           enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
           host TEXT,
           tenant TEXT,
           updated_at INTEGER NOT NULL
         ) STRICT`,
        `CREATE TABLE identity_links (
           issuer TEXT NOT NULL,
           subject TEXT NOT NULL,
           user_id TEXT NOT NULL,
           provider TEXT NOT NULL,
           linked_at INTEGER NOT NULL,
           PRIMARY KEY (issuer, subject)
         ) STRICT`,
        "CREATE INDEX identity_links_user ON identity_links (user_id)",
      ],
    },
    {
      id: 7,
      name: "devices that were let in by who had shown a second factor",
      sql: ["ALTER TABLE identity_devices ADD COLUMN vouched INTEGER NOT NULL DEFAULT 0 CHECK (vouched IN (0, 1))"],
    },
  ],
}
