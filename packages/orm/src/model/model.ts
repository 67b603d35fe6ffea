// biome-ignore-all lint/complexity/noThisInStatic: `this` is the class that extends this one, which is the point.
import { type Queryable, sessionOf } from "../database.ts"
import { OrmModelUnbound, OrmNotFound } from "../errors.ts"
import type { Direction } from "../query/clause.ts"
import type { Comparison, Operator } from "../query/conditions.ts"
import type { ModelQuery } from "../query/model-query.ts"
import type { Operand, RelatedWhere, Where } from "../query/where.ts"
import { deleteWithRelated, restoreWithRelated } from "../relations/cascade.ts"
import { noteLazyLoad } from "../relations/lazy-loading.ts"
import { loadMissing, loadRelations } from "../relations/load.ts"
import { relatedTo } from "../relations/row-relations.ts"
import type {
  CheckPath,
  ModelAt,
  ModelOf,
  Related,
  RelationName,
  With,
  WithQuery,
  WithRows,
} from "../relations/types.ts"
import { type Home, homeIn, homeOf } from "./home.ts"
import type { UpsertOptions } from "./many-rows.ts"
import { ModelEntry } from "./model-entry.ts"
import { type ModelSchema, modelSchema } from "./model-schema.ts"
import { type Observer, observe } from "./observers.ts"
import { type AnyRow, changedColumns, keyOf, makeRow, saveRow } from "./persist.ts"
import { toJson } from "./row-json.ts"
import { RowState } from "./row-state.ts"
import { columnOf, tableOf } from "./table.ts"
import type {
  Changes,
  ColumnName,
  ColumnValue,
  KeyOf,
  ModelClass,
  NewRow,
  RowChanges,
  RowOf,
  ValuesOf,
} from "./types.ts"

/**
 * A table as a class. Columns are declared once, and give the types, the casts and the table itself. The statics that a class may
 * have are those of {@link ModelClass}.
 *
 * @example
 * class User extends Model {
 *   static table = "users"
 *   static columns = { id: uuid().primary(), email: text(254).unique(), password: text().hidden(), createdAt: createdAt() }
 *   static database = db
 * }
 * const user = await User.create({ email: "ada@example.org", password: hash })
 * await User.where("email", "ada@example.org").first()
 */
export abstract class Model {
  /** The model in a database or a transaction other than its own. @throws {ORM_MODEL_UNBOUND} */
  static in<M extends ModelClass>(this: M, database: Queryable): ModelEntry<M> {
    const session = sessionOf(database)
    if (session === undefined) throw new OrmModelUnbound("Expected an open database, or a transaction of one.")
    return new ModelEntry<M>(homeIn(session, this), session)
  }

  /** All rows, to be narrowed down. */
  static query<M extends ModelClass>(this: M): ModelQuery<M> {
    return entryOf(this).query()
  }

  /** The row with this key; an object of values where the key has several columns. */
  static find<M extends ModelClass>(this: M, key: KeyOf<M>): Promise<RowOf<M> | undefined> {
    return entryOf(this).find(key)
  }

  /** @throws {ORM_NOT_FOUND} */
  static findOrFail<M extends ModelClass>(this: M, key: KeyOf<M>): Promise<RowOf<M>> {
    return entryOf(this).findOrFail(key)
  }

  /** All rows at once: for small tables. */
  static all<M extends ModelClass>(this: M): Promise<RowOf<M>[]> {
    return entryOf(this).query().get()
  }

  /** @throws {ORM_QUERY_INVALID} for a column or an operator that the model does not have. @throws {ORM_VALUE_INVALID} */
  static where<M extends ModelClass, K extends ColumnName<M>>(
    this: M,
    column: K,
    value: ColumnValue<M, K>,
  ): ModelQuery<M>
  static where<M extends ModelClass, K extends ColumnName<M>, O extends Operator>(
    this: M,
    column: K,
    operator: O,
    value: Operand<ColumnValue<M, K>, O>,
  ): ModelQuery<M>
  static where<M extends ModelClass>(this: M, group: (query: ModelQuery<M>) => Where<M>): ModelQuery<M>
  static where<M extends ModelClass>(this: M, ...given: readonly unknown[]): ModelQuery<M> {
    const query = entryOf(this).query() as unknown as { where(...given: readonly unknown[]): ModelQuery<M> }
    return query.where(...given)
  }

  static select<M extends ModelClass, K extends ColumnName<M>>(
    this: M,
    ...columns: readonly [K, ...K[]]
  ): ModelQuery<M, ValuesOf<M["columns"], K> & M["prototype"]> {
    return entryOf(this)
      .query()
      .select(...columns)
  }

  /** Rows with relations: `User.with("posts", "posts.comments")`. See {@link ModelQuery.with}. */
  static with<M extends ModelClass, P extends string>(
    this: M,
    ...relations: readonly (P & CheckPath<M, P>)[]
  ): ModelQuery<M, With<M, RowOf<M>, P>>
  static with<M extends ModelClass, P extends string, Q>(
    this: M,
    relation: P & CheckPath<M, P>,
    build: (query: WithQuery<M, P>) => ModelQuery<ModelAt<M, P>, Q>,
  ): ModelQuery<M, WithRows<M, RowOf<M>, P, Q>>
  static with(this: ModelClass, ...given: readonly unknown[]): unknown {
    const query = entryOf(this).query() as unknown as { with(...given: readonly unknown[]): unknown }
    return query.with(...given)
  }

  /** Rows that have some of a relation. See {@link ModelQuery.whereHas}. */
  static whereHas<M extends ModelClass, P extends string>(
    this: M,
    relation: P & CheckPath<M, P>,
    build?: RelatedWhere<M, P>,
  ): ModelQuery<M>
  static whereHas<M extends ModelClass, P extends string>(
    this: M,
    relation: P & CheckPath<M, P>,
    ...count: readonly [operator: Comparison, count: number, build?: RelatedWhere<M, P>]
  ): ModelQuery<M>
  static whereHas<M extends ModelClass>(this: M, ...given: readonly unknown[]): ModelQuery<M> {
    const query = entryOf(this).query() as unknown as { whereHas(...given: readonly unknown[]): ModelQuery<M> }
    return query.whereHas(...given)
  }

  static whereDoesntHave<M extends ModelClass, P extends string>(
    this: M,
    relation: P & CheckPath<M, P>,
    build?: RelatedWhere<M, P>,
  ): ModelQuery<M> {
    return entryOf(this).query().whereDoesntHave(relation, build)
  }

  static orderBy<M extends ModelClass>(this: M, column: ColumnName<M>, direction?: Direction): ModelQuery<M> {
    return entryOf(this).query().orderBy(column, direction)
  }

  /** Leaves a scope out. @param reason Why that is right here, for whoever searches the code for it. */
  static withoutScope<M extends ModelClass>(this: M, name: string, reason: string): ModelQuery<M> {
    return entryOf(this).query().withoutScope(name, reason)
  }

  static withDeleted<M extends ModelClass>(this: M): ModelQuery<M> {
    return entryOf(this).query().withDeleted()
  }

  static onlyDeleted<M extends ModelClass>(this: M): ModelQuery<M> {
    return entryOf(this).query().onlyDeleted()
  }

  /** Inserts a row, and gives it as it now is. @throws {ORM_VALUE_INVALID} {ORM_UNIQUE_VIOLATION} and its kin. */
  static create<M extends ModelClass>(this: M, values: NewRow<M>): Promise<RowOf<M>> {
    return entryOf(this).create(values)
  }

  /** Inserts rows, all or none, without events. @returns how many. */
  static insertMany<M extends ModelClass>(this: M, rows: readonly NewRow<M>[]): Promise<number> {
    return entryOf(this).insertMany(rows)
  }

  /** Changes each of these rows by its key, all or none, without events. @returns how many were there. */
  static updateMany<M extends ModelClass>(this: M, rows: readonly RowChanges<M>[]): Promise<number> {
    return entryOf(this).updateMany(rows)
  }

  /** Inserts rows, and changes those that are there already with the same `on`. See {@link ModelEntry.upsert}. */
  static upsert<M extends ModelClass>(
    this: M,
    rows: readonly NewRow<M>[],
    options: UpsertOptions<ColumnName<M>>,
  ): Promise<void> {
    return entryOf(this).upsert(rows, options)
  }

  static firstOrCreate<M extends ModelClass>(
    this: M,
    match: Partial<NewRow<M>>,
    others: Partial<NewRow<M>> = {},
  ): Promise<RowOf<M>> {
    return entryOf(this).firstOrCreate(match, others)
  }

  static updateOrCreate<M extends ModelClass>(
    this: M,
    match: Partial<NewRow<M>>,
    others: Changes<M> & Partial<NewRow<M>>,
  ): Promise<RowOf<M>> {
    return entryOf(this).updateOrCreate(match, others)
  }

  /**
   * A schema of these columns, for what callers send: `app.post("/users", { body: User.schema("name", "email") }, …)`. Columns are named one by one, so
   * that no caller sets what was not meant for them.
   *
   * @throws {ORM_MODEL_INVALID} for a column that the model or the database sets.
   */
  static schema<M extends Omit<ModelClass, "database">, K extends keyof M["columns"] & string>(
    this: M,
    ...columns: readonly [K, ...K[]]
  ): ModelSchema<M, K> {
    return modelSchema(tableOf(this), columns) as ModelSchema<M, K>
  }

  /** A row that is not in the database until it is saved. */
  static make<M extends ModelClass>(this: M, values: Partial<NewRow<M>> = {}): RowOf<M> {
    return makeRow(homeOf(this), values) as RowOf<M>
  }

  /**
   * Loads relations of rows that are there, all of them anew: `await User.load(users, "posts", "posts.comments")`.
   *
   * @returns the same rows, typed with what they have now.
   */
  static load<M extends ModelClass, R extends object, P extends string>(
    this: M,
    rows: readonly R[],
    ...relations: readonly (P & CheckPath<M, P>)[]
  ): Promise<With<M, R, P>[]>
  static load<M extends ModelClass, R extends object, P extends string, Q>(
    this: M,
    rows: readonly R[],
    relation: P & CheckPath<M, P>,
    build: (query: WithQuery<M, P>) => ModelQuery<ModelAt<M, P>, Q>,
  ): Promise<WithRows<M, R, P, Q>[]>
  static async load(this: ModelClass, rows: readonly object[], ...given: readonly unknown[]): Promise<unknown> {
    const home = homeOf(this)
    await loadRelations(home, home.session, [rows, given])
    return rows
  }

  /** The same for what the rows do not have yet. */
  static async loadMissing<M extends ModelClass, R extends object, P extends string>(
    this: M,
    rows: readonly R[],
    ...relations: readonly (P & CheckPath<M, P>)[]
  ): Promise<With<M, R, P>[]> {
    const home = homeOf(this)
    await loadMissing(home, home.session, [rows, relations])
    return rows as unknown as With<M, R, P>[]
  }

  /** Has what is done to rows of this class, and of those that extend it, told to an observer. @returns what ends that. */
  static observe<M extends Pick<ModelClass, "prototype">>(
    this: M,
    observer: Observer<M extends ModelClass ? RowOf<M> : M["prototype"]>,
  ): () => void {
    return observe(this, observer as Observer<never>)
  }

  /** For the type checker only. */
  declare readonly "~model"?: unknown

  /** False until the row is in the database, and again when it was deleted. */
  get isSaved(): boolean {
    return RowState.source(this) !== undefined
  }

  /** Loads relations of this row, anew if it has them: `const full = await user.load("posts")`. @returns the row itself. */
  load<T, P extends string>(
    this: T,
    ...relations: readonly (P & CheckPath<ModelOf<T>, P>)[]
  ): Promise<With<ModelOf<T>, T, P>>
  load<T, P extends string, Q>(
    this: T,
    relation: P & CheckPath<ModelOf<T>, P>,
    build: (query: WithQuery<ModelOf<T>, P>) => ModelQuery<ModelAt<ModelOf<T>, P>, Q>,
  ): Promise<WithRows<ModelOf<T>, T, P, Q>>
  async load(...given: readonly unknown[]): Promise<unknown> {
    const home = homeOfRow(this)
    for (const path of given) if (typeof path === "string") noteLazyLoad(this, path.split(".")[0] ?? "")
    await loadRelations(home, home.session, [[this], given])
    return this
  }

  /** Loads relations that this row does not have yet. */
  async loadMissing<T, P extends string>(
    this: T,
    ...relations: readonly (P & CheckPath<ModelOf<T>, P>)[]
  ): Promise<With<ModelOf<T>, T, P>> {
    const row = this as unknown as Model
    const home = homeOfRow(row)
    await loadMissing(home, home.session, [[row], relations])
    return row as unknown as With<ModelOf<T>, T, P>
  }

  /**
   * What this row is related to: to be queried, `user.related("posts").where("live", true).get()`, and written, by `create`,
   * `associate`, `attach` and their kin.
   */
  related<T, K extends RelationName<ModelOf<T>>>(this: T, name: K): Related<ModelOf<T>, K> {
    const row = this as unknown as Model
    return relatedTo(homeOfRow(row), asRow(row), name) as unknown as Related<ModelOf<T>, K>
  }

  /** Properties that differ from what was read. */
  changedProperties(): string[] {
    return changedColumns(homeOfRow(this), asRow(this)).map(({ column }) => column.property)
  }

  /**
   * Writes what changed, or the whole row where it is new.
   *
   * @throws {ORM_CONFLICT} when the row is gone, or its `version()` was counted up by another since it was read.
   */
  async save(): Promise<this> {
    const home = homeOfRow(this)
    await saveRow(home, home.session, asRow(this))
    return this
  }

  /** Sets these properties, and saves. */
  async update<T extends this>(this: T, values: Partial<Omit<T, keyof Model>>): Promise<T> {
    // Of these columns only: what a caller sent is no way to set anything else on the object.
    const { table } = homeOfRow(this)
    for (const [property, value] of Object.entries(values)) {
      columnOf(table, property)
      ;(this as AnyRow)[property] = value
    }
    return await this.save()
  }

  /** Deletes the row: softly where the model has a `deletedAt()`. @throws {ORM_CONFLICT} when it is gone or was changed. */
  async delete(): Promise<void> {
    await deleteWithRelated(homeOfRow(this), asRow(this), false)
  }

  /** Deletes the row for good. */
  async forceDelete(): Promise<void> {
    await deleteWithRelated(homeOfRow(this), asRow(this), true)
  }

  /** Takes a soft deletion back. */
  async restore(): Promise<this> {
    await restoreWithRelated(homeOfRow(this), asRow(this))
    return this
  }

  /** Reads the row again, and forgets what was changed on it. @throws {ORM_NOT_FOUND} when it is gone. */
  async refresh(): Promise<this> {
    const home = homeOfRow(this)
    const row = asRow(this)
    const names = [...home.table.columns.keys()].filter(
      (name) => RowState.source(row)?.has(name) && Object.hasOwn(row, name),
    )
    keyOf(home, (column) => RowState.original(row, column.property))
    let query = new ModelEntry<ModelClass>(home, home.session).query() as unknown as ModelQuery<ModelClass, AnyRow>
    if (home.table.roles.deletedAt !== undefined) query = query.withDeleted()
    for (const { property } of home.table.primaryKey) query = query.where(property, RowState.original(row, property))
    const fresh = await query.select(...(names as [string, ...string[]])).first()
    if (fresh === undefined) throw new OrmNotFound(`The ${home.table.model.name} is no longer there.`)
    Object.assign(row, fresh)
    const raw = Object.fromEntries(names.map((name) => [name, RowState.original(fresh, name)]))
    RowState.set(row, raw, home.settled)
    return this
  }

  /** All but what is hidden, with loaded relations and what `appends` names. */
  toJSON(): Record<string, unknown> {
    return toJson(tableOf(this.constructor as unknown as ModelClass), this)
  }
}

// Not private methods: rows are made without running a constructor, and would not have them.

function asRow(row: Model): AnyRow {
  return row as unknown as AnyRow
}

function homeOfRow(row: Model): Home {
  return RowState.source(row)?.home ?? homeOf(row.constructor as unknown as ModelClass)
}

function entryOf<M extends ModelClass>(model: M): ModelEntry<M> {
  return homeOf(model).entry as unknown as ModelEntry<M>
}
