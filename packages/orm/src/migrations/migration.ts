import { OrmMigrationInvalid } from "../errors.ts"
import type { Schema } from "../schema/builder/schema-builder.ts"

/** What a file of a migration exports by default. */
export interface Migration {
  /** Says the steps forward. */
  readonly up: (schema: Schema) => void
  /** Says the steps back. Without it the migration cannot be undone. */
  readonly down?: (schema: Schema) => void
  /** Somebody has read that it takes data away, and means it: then nobody is asked when it is applied. Default: false. */
  readonly destructive?: boolean
}

/**
 * A migration: `up` says its steps, and `down` how to go back.
 *
 * @throws {ORM_MIGRATION_INVALID}
 * @example
 * export default defineMigration({
 *   up(schema) {
 *     schema.createTable("users", (t) => {
 *       t.uuid("id").primary()
 *       t.text("email").unique()
 *     })
 *   },
 *   down(schema) {
 *     schema.dropTable("users")
 *   },
 * })
 */
export function defineMigration(migration: Migration): Migration {
  if (!isMigration(migration)) throw new OrmMigrationInvalid("Expected a migration to have a function up(schema).")
  return migration
}

export function isMigration(value: unknown): value is Migration {
  if (typeof value !== "object" || value === null) return false
  const { up, down } = value as { up?: unknown; down?: unknown }
  return typeof up === "function" && (down === undefined || typeof down === "function")
}
