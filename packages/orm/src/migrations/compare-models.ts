import type { Database } from "../database.ts"
import { applyChange } from "../schema/changes/apply-change.ts"
import type { SchemaChange } from "../schema/changes/change.ts"
import { fitTable } from "../schema/changes/fit-table.ts"
import { lossOf } from "../schema/changes/loss.ts"
import { type DescribableModel, describeModels } from "../schema/describe-model.ts"
import { type DatabaseDescription, type TableDescription, tableOf } from "../schema/description.ts"
import { type DiffOptions, diffDatabases } from "../schema/diff.ts"
import { flavourOf, introspect } from "../schema/introspect.ts"
import { settle } from "../schema/settle.ts"
import { withoutOwnTables } from "./journal.ts"

/** What is between models and a database. */
export interface ModelDifference {
  /** What makes the database as the models say. */
  readonly changes: readonly SchemaChange[]
  /** What makes it as it is now again; without the rows that are gone. */
  readonly back: readonly SchemaChange[]
  /** What would be gone for good. */
  readonly losses: readonly string[]
  /** Tables that no model speaks of: they stay unless `dropTables` is given. */
  readonly unknownTables: readonly string[]
  /** The models in their own words, for whoever writes the changes down. */
  readonly models: DatabaseDescription
  readonly database: DatabaseDescription
}

/**
 * Compares models with a database, as that database writes both down.
 *
 * @throws {ORM_MODEL_INVALID} {ORM_SCHEMA_INVALID} and what queries throw.
 */
export async function compareModels(
  db: Database,
  models: readonly DescribableModel[],
  options: DiffOptions = {},
): Promise<ModelDifference> {
  const flavour = await flavourOf(db)
  const database = withoutOwnTables(await introspect(db))
  const described = describeModels(models, flavour)
  const settled = await settle(db, { ...described, tables: described.tables.map((table) => fitTable(table, flavour)) })
  // Of engines, collations and the like models say nothing: they stay as they are.
  const optionsOf = (table: TableDescription) => tableOf(database, table.name)?.options ?? table.options
  const wanted = { ...settled, tables: settled.tables.map((table) => ({ ...table, options: optionsOf(table) })) }
  // Types of PostgreSQL that models do not name belong to tables that they do not name either.
  const changes = diffDatabases(database, { ...wanted, enums: database.enums }, options)
  const after = changes.reduce(applyChange, database)
  return {
    changes,
    back: diffDatabases(after, database, { dropTables: true }),
    losses: changes.flatMap((change) => lossOf(change, database) ?? []),
    unknownTables: database.tables
      .map(({ name }) => name)
      .filter((name) => !wanted.tables.some((one) => one.name === name)),
    models: described,
    database,
  }
}
