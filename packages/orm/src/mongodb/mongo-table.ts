import type { Collection } from "mongodb"
import { OrmModelUnbound, OrmUnsupported } from "../errors.ts"
import { type ModelStatics, type Table, type TableColumn, tableOf } from "../model/table.ts"
import { type MongoDatabase, OpenMongo } from "./mongo-database.ts"
import { fieldOf } from "./mongo-values.ts"

/** A model in a MongoDB database. */
export interface MongoHome {
  readonly database: OpenMongo
  readonly table: Table
  /** The one column of the primary key: `_id` in documents. */
  readonly key: TableColumn
}

const homes: WeakMap<MongoDatabase, Map<ModelStatics, MongoHome>> = new WeakMap()

/** @throws {ORM_MODEL_UNBOUND} {ORM_MODEL_INVALID} {ORM_UNSUPPORTED} */
export function mongoHome(model: ModelStatics, database: MongoDatabase | undefined): MongoHome {
  if (!(database instanceof OpenMongo))
    throw new OrmModelUnbound(`${model.name} knows no MongoDB. Write static database = openMongo(url) on it.`)
  const models = homes.get(database) ?? new Map<ModelStatics, MongoHome>()
  homes.set(database, models)
  const home = models.get(model) ?? describe(model, database)
  models.set(model, home)
  return home
}

function describe(model: ModelStatics, database: OpenMongo): MongoHome {
  const table = tableOf(model)
  const refuse = (what: string): never => {
    throw new OrmUnsupported(`MongoDB has no ${what}: model ${model.name}.`)
  }
  const [key, ...more] = table.primaryKey
  if (key === undefined || more.length > 0) return refuse("keys of none or several columns")
  if (model.relations !== undefined) return refuse("relations")
  if (table.fullText.length > 0) return refuse("full-text index of this library's")
  for (const { property, name, definition } of table.columns.values()) {
    if (definition.autoIncrement)
      refuse(`keys that are counted up ("${property}"); take a uuid() or primary({ generated: false })`)
    if (definition.generated !== undefined || definition.default?.by === "database" || definition.check !== undefined)
      refuse(`expressions in SQL ("${property}")`)
    // A dot or a dollar in a name would be a path or an operator.
    if (/^_id$|[.$]/.test(name)) refuse(`columns called "${name}"`)
  }
  return { database, table, key }
}

export function collectionOf({ database, table }: MongoHome): Collection {
  return database.collection(table.name)
}

/**
 * Makes the indexes that a model names: of unique and indexed columns, and of `static indexes`. Those that are there already stay.
 *
 * @throws {ORM_UNIQUE_VIOLATION} when documents that are there already are alike.
 */
export function indexesOf({ table }: MongoHome): { readonly key: Record<string, 1>; readonly unique: boolean }[] {
  const single = [...table.columns.values()]
    .filter(({ definition }) => !definition.primary && (definition.unique || definition.indexed))
    .map((column) => ({ key: { [fieldOf(column)]: 1 as const }, unique: column.definition.unique }))
  const several = table.indexes.map(({ kind, columns }) => ({
    key: Object.fromEntries(columns.map((property) => [fieldOf(table.columns.get(property)!), 1 as const])),
    unique: kind === "unique",
  }))
  return [...single, ...several]
}
