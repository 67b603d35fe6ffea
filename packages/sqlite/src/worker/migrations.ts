import { createHash } from "node:crypto"
import { basename } from "node:path"
import type { Connection } from "../connection.ts"
import type { FileSchema, Migration } from "../definition.ts"
import { SqliteFileNewer, SqliteMigration, SqliteNotADatabase } from "../errors.ts"
import { faultOf } from "../faults.ts"

const table = "ashlar_migrations"

interface Applied {
  readonly feature: string
  readonly id: number
  readonly name: string
  readonly checksum: string
}

/**
 * Refuses a file that is not ours before anything in it is changed.
 *
 * @param mayBeNew False when the file must have a schema: one that lost its content is refused, not filled anew.
 * @throws {SQLITE_NOT_A_DATABASE} when the file has tables of another program, or should have ours and has not
 */
export function checkOwnership(connection: Connection, mayBeNew: boolean): void {
  const name = basename(connection.path)
  const tables = connection.all<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'")
  if (tables.some((row) => row.name === table) || (tables.length === 0 && mayBeNew)) return
  throw new SqliteNotADatabase(
    tables.length === 0
      ? `Expected data in "${name}", got an empty database. Restore a backup.`
      : `Expected "${name}" to be a database of this software, got one of another program (table "${tables[0]?.name}"). Move it away.`,
  )
}

/**
 * Brings a file to the schema its definition asks for. All missing migrations of all features run in one transaction, so
 * a crash leaves the old schema or the new one.
 *
 * @throws {SQLITE_FILE_NEWER} when a migration was applied that the definition does not know
 * @throws {SQLITE_MIGRATION} when an applied migration was edited since, comes too late, or one fails
 */
export function migrate(connection: Connection, schema: FileSchema): void {
  const missing = missingMigrations(connection, schema)
  if (missing.length === 0) return
  connection.control("BEGIN IMMEDIATE")
  try {
    connection.run(
      `CREATE TABLE IF NOT EXISTS ${table}
       (feature TEXT NOT NULL, id INTEGER NOT NULL, name TEXT NOT NULL, checksum TEXT NOT NULL, applied INTEGER NOT NULL,
        PRIMARY KEY (feature, id)) WITHOUT ROWID`,
    )
    for (const { feature, migration } of missing) applyOne(connection, feature, migration)
    connection.control("COMMIT")
  } catch (error) {
    if (connection.inTransaction) connection.control("ROLLBACK")
    throw error
  }
}

function missingMigrations(connection: Connection, schema: FileSchema): { feature: string; migration: Migration }[] {
  const applied = readApplied(connection)
  const name = basename(connection.path)
  const known = new Set(schema.features.flatMap(({ name, migrations }) => migrations.map(({ id }) => `${name} ${id}`)))
  const unknown = applied.find(({ feature, id }) => !known.has(`${feature} ${id}`))
  if (unknown !== undefined) {
    throw new SqliteFileNewer(
      `"${name}" was written by a newer version: it has the migration ${unknown.feature} ${unknown.id} (${unknown.name}). Start that version or a later one; the file was left as it is.`,
    )
  }
  const missing: { feature: string; migration: Migration }[] = []
  for (const feature of schema.features) {
    const latest = Math.max(0, ...applied.filter((row) => row.feature === feature.name).map((row) => row.id))
    for (const migration of feature.migrations) {
      const row = applied.find((row) => row.feature === feature.name && row.id === migration.id)
      const label = `${feature.name} ${migration.id} (${migration.name})`
      if (row === undefined && migration.id < latest) {
        throw new SqliteMigration(
          `Migration ${label} is not in "${name}", but a later one is. Give it an id above ${latest}.`,
        )
      }
      if (row !== undefined && row.checksum !== checksumOf(migration)) {
        throw new SqliteMigration(
          `Migration ${label} was changed after "${name}" took it. Undo the change, and add a new migration.`,
        )
      }
      if (row === undefined) missing.push({ feature: feature.name, migration })
    }
  }
  return missing
}

function readApplied(connection: Connection): Applied[] {
  const known = connection.get("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", [table])
  if (known === undefined) return []
  return connection.all<Applied>(`SELECT feature, id, name, checksum FROM ${table} ORDER BY feature, id`)
}

function applyOne(connection: Connection, feature: string, migration: Migration): void {
  for (const sql of migration.sql) {
    try {
      connection.run(sql)
    } catch (error) {
      if (faultOf(error) !== "none") throw error
      throw new SqliteMigration(
        `Migration ${feature} ${migration.id} (${migration.name}) failed: ${error instanceof Error ? error.message : error}`,
        { cause: error },
      )
    }
  }
  connection.run(`INSERT INTO ${table} (feature, id, name, checksum, applied) VALUES (?, ?, ?, ?, unixepoch())`, [
    feature,
    migration.id,
    migration.name,
    checksumOf(migration),
  ])
}

/** Over the SQL alone: a migration may be renamed, not changed. */
function checksumOf(migration: Migration): string {
  const hash = createHash("sha256")
  for (const sql of migration.sql) hash.update(sql).update("\0")
  return hash.digest("hex")
}
