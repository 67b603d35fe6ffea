import type { Feature } from "@ashlar/sqlite"

/**
 * The tables of control, for the system file. A key is there as the hash of its secret. The audit trail outlives its
 * project, and nothing here updates or deletes a row of it.
 */
export const controlFeature: Feature = {
  name: "control",
  procedures: new URL("./procedures.ts", import.meta.url),
  migrations: [
    {
      id: 1,
      name: "projects, members, keys, audit",
      sql: [
        `CREATE TABLE control_projects (
           n INTEGER PRIMARY KEY,
           id TEXT NOT NULL UNIQUE,
           slug TEXT NOT NULL UNIQUE,
           name TEXT NOT NULL,
           created_at INTEGER NOT NULL
         ) STRICT`,
        // A project whose storage may exist although the project does not: not yet, or no more.
        `CREATE TABLE control_leftovers (
           project_id TEXT NOT NULL PRIMARY KEY
         ) STRICT`,
        `CREATE TABLE control_members (
           n INTEGER PRIMARY KEY,
           project_id TEXT NOT NULL,
           account_id TEXT NOT NULL,
           role TEXT NOT NULL CHECK (role IN ('owner', 'developer', 'viewer')),
           joined_at INTEGER NOT NULL,
           UNIQUE (project_id, account_id)
         ) STRICT`,
        "CREATE INDEX control_members_account ON control_members (account_id, project_id)",
        `CREATE TABLE control_keys (
           n INTEGER PRIMARY KEY,
           id TEXT NOT NULL UNIQUE,
           project_id TEXT NOT NULL,
           kind TEXT NOT NULL CHECK (kind IN ('publishable', 'secret')),
           name TEXT NOT NULL,
           hint TEXT NOT NULL,
           secret_hash BLOB NOT NULL,
           created_at INTEGER NOT NULL,
           last_used_at INTEGER,
           expires_at INTEGER,
           revoked_at INTEGER
         ) STRICT`,
        "CREATE INDEX control_keys_project ON control_keys (project_id, n)",
        `CREATE TABLE control_audit (
           n INTEGER PRIMARY KEY,
           id TEXT NOT NULL UNIQUE,
           project_id TEXT NOT NULL,
           at INTEGER NOT NULL,
           actor_kind TEXT NOT NULL CHECK (actor_kind IN ('user', 'key', 'function', 'system')),
           actor_id TEXT NOT NULL,
           actor_label TEXT NOT NULL,
           action TEXT NOT NULL,
           target TEXT NOT NULL,
           details TEXT NOT NULL
         ) STRICT`,
        "CREATE INDEX control_audit_project ON control_audit (project_id, n)",
      ],
    },
    {
      id: 2,
      name: "when leftovers were noted",
      // 0: there is no project any more, or it was noted before this was known.
      sql: ["ALTER TABLE control_leftovers ADD COLUMN noted_at INTEGER NOT NULL DEFAULT 0"],
    },
    {
      id: 3,
      name: "scopes of keys, admins",
      sql: [
        // Null: a key without scopes. The list, with spaces between, is never empty.
        "ALTER TABLE control_keys ADD COLUMN scopes TEXT CHECK (scopes IS NULL OR (scopes <> '' AND kind = 'secret'))",
        // SQLite cannot change a CHECK: the table is made anew, with its rows and their numbers.
        `CREATE TABLE control_members_3 (
           n INTEGER PRIMARY KEY,
           project_id TEXT NOT NULL,
           account_id TEXT NOT NULL,
           role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'developer', 'viewer')),
           joined_at INTEGER NOT NULL,
           UNIQUE (project_id, account_id)
         ) STRICT`,
        `INSERT INTO control_members_3 (n, project_id, account_id, role, joined_at)
           SELECT n, project_id, account_id, role, joined_at FROM control_members`,
        "DROP TABLE control_members",
        "ALTER TABLE control_members_3 RENAME TO control_members",
        "CREATE INDEX control_members_account ON control_members (account_id, project_id)",
      ],
    },
    {
      id: 4,
      name: "organizations",
      sql: [
        // One's own has the id of one's account, no slug, and no name unless it was given one.
        `CREATE TABLE control_orgs (
           n INTEGER PRIMARY KEY,
           id TEXT NOT NULL UNIQUE,
           slug TEXT UNIQUE,
           name TEXT,
           personal INTEGER NOT NULL CHECK (personal IN (0, 1)),
           created_at INTEGER NOT NULL,
           CHECK ((personal = 1) = (slug IS NULL)),
           CHECK (personal = 1 OR name IS NOT NULL)
         ) STRICT`,
        `CREATE TABLE control_org_members (
           n INTEGER PRIMARY KEY,
           org_id TEXT NOT NULL,
           account_id TEXT NOT NULL,
           role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
           joined_at INTEGER NOT NULL,
           UNIQUE (org_id, account_id)
         ) STRICT`,
        "CREATE INDEX control_org_members_account ON control_org_members (account_id, org_id)",
        `CREATE TABLE control_org_invites (
           n INTEGER PRIMARY KEY,
           id TEXT NOT NULL UNIQUE,
           org_id TEXT NOT NULL,
           email TEXT NOT NULL,
           role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
           invited_by TEXT NOT NULL,
           created_at INTEGER NOT NULL,
           expires_at INTEGER NOT NULL,
           UNIQUE (org_id, email)
         ) STRICT`,
        // Projects go to who owned them first. Whoever else is in them stays, as people of the project itself.
        `INSERT INTO control_orgs (id, personal, created_at)
           SELECT account_id, 1, min(joined_at) FROM control_members GROUP BY account_id`,
        `INSERT INTO control_org_members (org_id, account_id, role, joined_at)
           SELECT id, id, 'owner', created_at FROM control_orgs`,
        "ALTER TABLE control_projects ADD COLUMN org_id TEXT NOT NULL DEFAULT ''",
        `UPDATE control_projects SET org_id = coalesce((SELECT account_id FROM control_members
           WHERE project_id = control_projects.id AND role = 'owner' ORDER BY n LIMIT 1), '')`,
        "CREATE INDEX control_projects_org ON control_projects (org_id, n)",
      ],
    },
    {
      id: 5,
      name: "organizations that ask a second factor of everybody",
      sql: ["ALTER TABLE control_orgs ADD COLUMN require_mfa INTEGER NOT NULL DEFAULT 0 CHECK (require_mfa IN (0, 1))"],
    },
  ],
}
