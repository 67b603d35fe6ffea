// biome-ignore-all lint/complexity/noThisInStatic: `this` is the class that extends this one, which is the point.
import { OrmNotFound, OrmUnsupported } from "../errors.ts"
import { newValues } from "../model/new-row.ts"
import { type Observer, observe } from "../model/observers.ts"
import { toJson } from "../model/row-json.ts"
import { columnOf, type ModelStatics, tableOf } from "../model/table.ts"
import type { Attributes, KeyOfColumns, ModelClass, NewValues } from "../model/types.ts"
import type { MongoOperator } from "./mongo-conditions.ts"
import type { MongoDatabase } from "./mongo-database.ts"
import { told } from "./mongo-faults.ts"
import { MongoQuery } from "./mongo-query.ts"
import {
  type AnyRow,
  changedColumns,
  createRow,
  deleteRow,
  documentOf,
  homeOfRow,
  makeRow,
  refreshRow,
  restoreRow,
  saveRow,
} from "./mongo-rows.ts"
import { collectionOf, indexesOf, type MongoHome, mongoHome } from "./mongo-table.ts"

/** What a class that extends `MongoModel` says of itself: what a `ModelClass` does, with a MongoDB. */
export interface MongoModelClass extends Omit<ModelClass, "database" | "prototype"> {
  readonly prototype: MongoModel
  readonly database?: MongoDatabase | undefined
}

/** A row of a model: its columns but the hidden ones, and what the class adds to them. */
export type MongoRow<M extends MongoModelClass> = Attributes<M["columns"]> & M["prototype"]

type QueryOf<M extends MongoModelClass> = MongoQuery<M["columns"], MongoRow<M>>
type Name<M extends MongoModelClass> = keyof M["columns"] & string
type Value<M extends MongoModelClass, K extends Name<M>> = M["columns"][K]["~t"]

/**
 * A collection as a class, with the columns, scopes and calls of `Model`. The key is `_id` in documents. What MongoDB cannot do
 * throws `ORM_UNSUPPORTED`, and says what it was.
 *
 * @example
 * class User extends MongoModel {
 *   static table = "users"
 *   static columns = { id: uuid().primary(), email: text().unique(), createdAt: createdAt() }
 *   static database = openMongo("mongodb://127.0.0.1/shop")
 * }
 * const user = await User.create({ email: "ada@example.org" })
 * await User.where("email", "like", "%@example.org").orderBy("createdAt", "desc").paginate({ limit: 20 })
 */
export abstract class MongoModel {
  static query<M extends MongoModelClass>(this: M): QueryOf<M> {
    return queryOf<M>(homeOf(this))
  }

  static find<M extends MongoModelClass>(this: M, key: KeyOfColumns<M["columns"]>): Promise<MongoRow<M> | undefined> {
    const home = homeOf(this)
    return queryOf<M>(home)
      .where(home.key.property as Name<M>, "=", key)
      .first()
  }

  /** @throws {ORM_NOT_FOUND} */
  static async findOrFail<M extends MongoModelClass>(this: M, key: KeyOfColumns<M["columns"]>): Promise<MongoRow<M>> {
    const home = homeOf(this)
    const row = await queryOf<M>(home)
      .where(home.key.property as Name<M>, "=", key)
      .first()
    if (row === undefined) throw new OrmNotFound(`There is no such ${home.table.model.name}.`)
    return row
  }

  static all<M extends MongoModelClass>(this: M): Promise<MongoRow<M>[]> {
    return queryOf<M>(homeOf(this)).get()
  }

  static where<M extends MongoModelClass, K extends Name<M>>(this: M, column: K, value: Value<M, K>): QueryOf<M>
  static where<M extends MongoModelClass, K extends Name<M>>(
    this: M,
    column: K,
    operator: MongoOperator,
    value: unknown,
  ): QueryOf<M>
  static where<M extends MongoModelClass>(this: M, group: (query: QueryOf<M>) => QueryOf<M>): QueryOf<M>
  static where<M extends MongoModelClass>(this: M, ...given: readonly unknown[]): QueryOf<M> {
    const query = queryOf<M>(homeOf(this)) as unknown as { where(...given: readonly unknown[]): QueryOf<M> }
    return query.where(...given)
  }

  static select<M extends MongoModelClass, K extends Name<M>>(
    this: M,
    ...columns: readonly [K, ...K[]]
  ): MongoQuery<M["columns"], { [P in K]: Value<M, P> } & M["prototype"]> {
    return queryOf<M>(homeOf(this)).select(...columns) as never
  }

  static orderBy<M extends MongoModelClass>(this: M, column: Name<M>, direction?: "asc" | "desc"): QueryOf<M> {
    return queryOf<M>(homeOf(this)).orderBy(column, direction)
  }

  static withoutScope<M extends MongoModelClass>(this: M, name: string, reason: string): QueryOf<M> {
    return queryOf<M>(homeOf(this)).withoutScope(name, reason)
  }

  static withDeleted<M extends MongoModelClass>(this: M): QueryOf<M> {
    return queryOf<M>(homeOf(this)).withDeleted()
  }

  static onlyDeleted<M extends MongoModelClass>(this: M): QueryOf<M> {
    return queryOf<M>(homeOf(this)).onlyDeleted()
  }

  /** Inserts a row, and gives it as it now is. @throws {ORM_VALUE_INVALID} {ORM_UNIQUE_VIOLATION} */
  static create<M extends MongoModelClass>(this: M, values: NewValues<M["columns"]>): Promise<MongoRow<M>> {
    return createRow(homeOf(this), values) as Promise<MongoRow<M>>
  }

  /** Inserts rows without events; in a transaction all or none, else those before the first that fails. @returns how many. */
  static async insertMany<M extends MongoModelClass>(
    this: M,
    rows: readonly NewValues<M["columns"]>[],
  ): Promise<number> {
    const home = homeOf(this)
    if (rows.length === 0) return 0
    const documents = rows.map((row) => documentOf(newValues(home.table, row, "postgres")))
    return (await told(() => collectionOf(home).insertMany(documents, home.database.place))).insertedCount
  }

  /** A row that is not in the database until it is saved. */
  static make<M extends MongoModelClass>(this: M, values: Partial<NewValues<M["columns"]>> = {}): MongoRow<M> {
    return makeRow(homeOf(this), values) as MongoRow<M>
  }

  static observe<M extends MongoModelClass>(this: M, observer: Observer<MongoRow<M>>): () => void {
    return observe(this, observer as Observer<never>)
  }

  /** @throws {ORM_UNSUPPORTED} Always: read the row, and create or update it in a transaction. */
  static upsert(): never {
    throw new OrmUnsupported(
      "Models in MongoDB have no upsert: look for the row in a transaction, and create or update it.",
    )
  }

  /** False until the row is in the database, and again when it was deleted for good. */
  get isSaved(): boolean {
    return homeOfRow(this) !== undefined
  }

  changedProperties(): string[] {
    return changedColumns(homeOfThis(this), asRow(this)).map(({ column }) => column.property)
  }

  /** Writes what changed, or the whole row where it is new. @throws {ORM_CONFLICT} */
  async save(): Promise<this> {
    await saveRow(homeOfThis(this), asRow(this))
    return this
  }

  async update<T extends this>(this: T, values: Partial<Omit<T, keyof MongoModel>>): Promise<T> {
    const { table } = homeOfThis(this)
    for (const [property, value] of Object.entries(values)) {
      columnOf(table, property)
      asRow(this)[property] = value
    }
    return await this.save()
  }

  async delete(): Promise<void> {
    await deleteRow(homeOfThis(this), asRow(this), false)
  }

  async forceDelete(): Promise<void> {
    await deleteRow(homeOfThis(this), asRow(this), true)
  }

  async restore(): Promise<this> {
    await restoreRow(homeOfThis(this), asRow(this))
    return this
  }

  async refresh(): Promise<this> {
    await refreshRow(homeOfThis(this), asRow(this))
    return this
  }

  toJSON(): Record<string, unknown> {
    return toJson(tableOf(this.constructor as unknown as ModelStatics), this)
  }
}

/**
 * Makes the indexes that a model names. Those that are there stay, and nothing is dropped.
 *
 * @throws {ORM_UNIQUE_VIOLATION} when documents that are there already are alike.
 */
export async function createIndexes(model: MongoModelClass): Promise<void> {
  const home = homeOf(model)
  const indexes = indexesOf(home)
  if (indexes.length > 0) await told(() => collectionOf(home).createIndexes(indexes))
}

function queryOf<M extends MongoModelClass>(home: MongoHome): QueryOf<M> {
  return MongoQuery.of<M["columns"], MongoRow<M>>(home)
}

function homeOf(model: MongoModelClass): MongoHome {
  return mongoHome(model as unknown as ModelStatics, model.database)
}

function homeOfThis(row: MongoModel): MongoHome {
  return homeOfRow(row) ?? homeOf(row.constructor as unknown as MongoModelClass)
}

function asRow(row: MongoModel): AnyRow {
  return row as unknown as AnyRow
}
