import { AshlarError } from "@ashlar/core"
import { type BoundValue, BUSY } from "../driver.ts"
import { OrmNotFound, OrmQueryInvalid, OrmUniqueViolation } from "../errors.ts"
import { ModelQuery } from "../query/model-query.ts"
import { bindTo, type RowsPlan } from "../query/rows-plan.ts"
import type { Session } from "../session.ts"
import { boundKey, findPlan } from "./find-plan.ts"
import type { Home } from "./home.ts"
import { insertRows, type UpsertOptions, updateRows, upsertRows } from "./many-rows.ts"
import { createRow, saveRow } from "./persist.ts"
import type { Changes, ColumnName, ColumnValue, KeyOf, ModelClass, NewRow, RowChanges, RowOf } from "./types.ts"

/** A model in one database or transaction: where its queries and its new rows begin. */
export class ModelEntry<M extends ModelClass> {
  readonly #home: Home
  readonly #session: Session

  /** @internal */
  constructor(home: Home, session: Session) {
    this.#home = home
    this.#session = session
  }

  /** All rows, to be narrowed down. */
  query(): ModelQuery<M> {
    const home = this.#home
    return new ModelQuery<M>({ home, session: this.#session, shape: home.root, values: undefined })
  }

  /** The row with this key; an object of values where the key has several columns. */
  async find(key: KeyOf<M>): Promise<RowOf<M> | undefined> {
    const home = this.#home
    home.find ??= findPlan(home)
    const plan = home.find as RowsPlan
    const values = bindTo(plan, boundKey(home, key))
    const raw = this.#session.attempt("first", plan, values)
    // Not awaited here: a function that may have to wait costs more, also when it does not.
    if (raw === BUSY) return this.#findLater(plan, values)
    return raw === undefined ? undefined : (plan.hydrator.one(raw) as RowOf<M>)
  }

  async #findLater(plan: RowsPlan, values: readonly BoundValue[]): Promise<RowOf<M> | undefined> {
    const raw = await this.#session.perform("first", plan, values)
    return raw === undefined ? undefined : (plan.hydrator.one(raw) as RowOf<M>)
  }

  /** @throws {ORM_NOT_FOUND} */
  async findOrFail(key: KeyOf<M>): Promise<RowOf<M>> {
    const row = await this.find(key)
    if (row === undefined) throw new OrmNotFound(`There is no such ${this.#home.table.model.name}.`)
    return row
  }

  /**
   * Inserts a row, and gives it as it now is, with what the model and the database filled. Values of the caller's are not shared.
   *
   * @throws {ORM_VALUE_INVALID} {ORM_UNIQUE_VIOLATION} {ORM_FOREIGN_KEY_VIOLATION} {ORM_CONSTRAINT_VIOLATION}
   */
  create(values: NewRow<M>): Promise<RowOf<M>> {
    return createRow(this.#home, this.#session, values) as Promise<RowOf<M>>
  }

  /** Inserts rows, all or none, without events. @returns how many. */
  insertMany(rows: readonly NewRow<M>[]): Promise<number> {
    return insertRows(this.#home, this.#session, rows)
  }

  /**
   * Changes each of these rows by its key, all or none, without events and whatever version they are of: `updateMany([{ id, place: 1 }, …])`.
   *
   * @returns how many were there to be changed.
   */
  updateMany(rows: readonly RowChanges<M>[]): Promise<number> {
    return updateRows(this.#home, this.#session, rows)
  }

  /**
   * Inserts rows, and where one is there already with the same `on`, changes that: all columns that were given, or those in `update`; an
   * empty list leaves it as it is. All or none, without events. `on` has to be unique in the table; MySQL looks at every unique key.
   */
  upsert(rows: readonly NewRow<M>[], options: UpsertOptions<ColumnName<M>>): Promise<void> {
    return upsertRows(this.#home, this.#session, [rows, options])
  }

  /** The first row with these values, or a new one with these and the others. Two that race for it get the same. */
  async firstOrCreate(match: Partial<NewRow<M>>, others: Partial<NewRow<M>> = {}): Promise<RowOf<M>> {
    const query = this.#matching(match)
    const found = await query.first()
    if (found !== undefined) return found
    try {
      // A savepoint of its own where there is a transaction, which PostgreSQL would otherwise end.
      return await this.#session.transaction(
        async (session) => (await createRow(this.#home, session, { ...match, ...others })) as RowOf<M>,
        {},
      )
    } catch (error) {
      if (!(error instanceof AshlarError) || error.code !== OrmUniqueViolation.code) throw error
      const made = await query.first()
      if (made === undefined) throw error
      return made
    }
  }

  /** The first row with these values, changed by the others; or a new one of them all. */
  async updateOrCreate(match: Partial<NewRow<M>>, others: Changes<M> & Partial<NewRow<M>>): Promise<RowOf<M>> {
    const row = await this.firstOrCreate(match, others)
    Object.assign(row, others)
    await saveRow(this.#home, this.#session, row as never)
    return row
  }

  #matching(match: object): ModelQuery<M> {
    const pairs = Object.entries(match)
    if (pairs.length === 0) throw new OrmQueryInvalid("Say by which columns the row is looked for.")
    return pairs.reduce(
      (query, [name, value]) => query.where(name as ColumnName<M>, value as ColumnValue<M, ColumnName<M>>),
      this.query(),
    )
  }
}
