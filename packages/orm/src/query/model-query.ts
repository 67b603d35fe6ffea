import { OrmNotFound } from "../errors.ts"
import { columnOf, type TableColumn } from "../model/table.ts"
import type { Changes, ColumnName, ColumnValue, ModelClass, NumericColumn, RowOf, ValuesOf } from "../model/types.ts"
import { type AggregateOrder, withAggregate } from "../relations/relation-queries.ts"
import type {
  CheckName,
  CheckPath,
  CountName,
  ModelAt,
  NameOf,
  RelatedModel,
  ValueName,
  With,
  WithQuery,
  WithRows,
} from "../relations/types.ts"
import { withRelations } from "../relations/with-relations.ts"
import { type AggregateName, aggregate } from "./aggregate.ts"
import { GroupedQuery } from "./groups.ts"
import { type Listing, type ListRequest, listOfRows } from "./listing.ts"
import { deleteMany, incrementMany, restoreMany, updateMany } from "./many-changes.ts"
import {
  type CursorPage,
  type CursorPageOptions,
  chunksOf,
  cursorPage,
  type OffsetPage,
  type OffsetPageOptions,
  offsetPage,
} from "./pages.ts"
import { readFirst, readRows } from "./read-rows.ts"
import { bindTo, type QueryPlan, rowsPlan } from "./rows-plan.ts"
import { listValues, type QueryParts, type Shape, type ValueLink } from "./shape.ts"
import { ShapedQuery } from "./shaped-query.ts"
import { ColumnSubquery, type RelatedWhere, type Subquery, Where } from "./where.ts"

/**
 * A query of a model: nothing is run before one of its last words (`get`, `first`, `count` …), and each of those runs it once. Every
 * step gives a new query, so that one may be kept and built upon.
 */
export class ModelQuery<M extends ModelClass, R = RowOf<M>> extends ShapedQuery<M> {
  protected override moved(shape: Shape, values: ValueLink | undefined): this {
    const { home, session } = Where.partsOf(this)
    return new ModelQuery<M, R>({ home, session, shape, values }) as this
  }

  protected override open(parts: QueryParts): Where<ModelClass> {
    return new ModelQuery<ModelClass>(parts)
  }

  /** Only these columns; hidden ones too, as they are named. */
  select<K extends ColumnName<M>>(
    ...columns: readonly [K, ...K[]]
  ): ModelQuery<M, ValuesOf<M["columns"], K> & M["prototype"]> {
    const { home, shape, values } = Where.partsOf(this)
    const key = `select\0${columns.join("\0")}`
    const next =
      shape.find(key) ??
      shape.keep(key, {
        kind: "select",
        valueCount: 0,
        columns: [...new Set(columns)].map((name) => columnOf(home.table, name)),
      })
    return this.moved(next, values) as never
  }

  /** The values of one column of this query, for `in` of another one. */
  column<K extends ColumnName<M>>(column: K): Subquery<NonNullable<ColumnValue<M, K>>> {
    const parts = Where.partsOf(this)
    return new ColumnSubquery(parts, columnOf(parts.home.table, column)) as never
  }

  /**
   * Loads relations with the rows: a single row by a join, the others by one query for each relation, however many rows there are.
   * Scopes of what is loaded hold. A function says which of the rows, in which order, how many for each: `with("posts", (posts) =>
   * posts.orderBy("createdAt", "desc").limit(3))`.
   *
   * @throws {ORM_QUERY_INVALID} for a relation that the model does not have.
   */
  with<P extends string>(...relations: readonly (P & CheckPath<M, P>)[]): ModelQuery<M, With<M, R, P>>
  with<P extends string, Q>(
    relation: P & CheckPath<M, P>,
    build: (query: WithQuery<M, P>) => ModelQuery<ModelAt<M, P>, Q>,
  ): ModelQuery<M, WithRows<M, R, P, Q>>
  with(...given: readonly unknown[]): unknown {
    const { shape, values } = withRelations(Where.partsOf(this), given, (from, build) => this.build(from, build))
    return this.moved(shape, values)
  }

  /**
   * How many rows of a relation each row has, as `postsCount`, or under a name of its own: `withCount("posts as livePosts", (post) =>
   * post.where("live", true))`.
   */
  withCount<P extends string>(
    relation: P & CheckName<M, P>,
    build?: RelatedWhere<M, NameOf<P>>,
  ): ModelQuery<M, R & { [K in CountName<P>]: number }> {
    return this.#withAggregate({ name: "count", relation, column: undefined, callback: build })
  }

  /** The sum of a column over a relation, as `postsVotesSum` or under a name of its own; null where there is nothing to add up. */
  withSum<P extends string, C extends ColumnName<RelatedModel<M, NameOf<P>>>>(
    relation: P & CheckName<M, P>,
    column: C,
    build?: RelatedWhere<M, NameOf<P>>,
  ): ModelQuery<M, R & { [K in ValueName<P, C, "Sum">]: ColumnValue<RelatedModel<M, NameOf<P>>, C> | null }> {
    return this.#withAggregate({ name: "sum", relation, column, callback: build })
  }

  withAvg<P extends string, C extends ColumnName<RelatedModel<M, NameOf<P>>>>(
    relation: P & CheckName<M, P>,
    column: C,
    build?: RelatedWhere<M, NameOf<P>>,
  ): ModelQuery<M, R & { [K in ValueName<P, C, "Avg">]: number | null }> {
    return this.#withAggregate({ name: "avg", relation, column, callback: build })
  }

  withMin<P extends string, C extends ColumnName<RelatedModel<M, NameOf<P>>>>(
    relation: P & CheckName<M, P>,
    column: C,
    build?: RelatedWhere<M, NameOf<P>>,
  ): ModelQuery<M, R & { [K in ValueName<P, C, "Min">]: ColumnValue<RelatedModel<M, NameOf<P>>, C> | null }> {
    return this.#withAggregate({ name: "min", relation, column, callback: build })
  }

  withMax<P extends string, C extends ColumnName<RelatedModel<M, NameOf<P>>>>(
    relation: P & CheckName<M, P>,
    column: C,
    build?: RelatedWhere<M, NameOf<P>>,
  ): ModelQuery<M, R & { [K in ValueName<P, C, "Max">]: ColumnValue<RelatedModel<M, NameOf<P>>, C> | null }> {
    return this.#withAggregate({ name: "max", relation, column, callback: build })
  }

  #withAggregate(order: AggregateOrder): never {
    const { shape, values } = withAggregate(Where.partsOf(this), order, (from, build) => this.build(from, build))
    return this.moved(shape, values) as never
  }

  /** The rows in groups with the same values in these columns, to be counted and added up: `groupBy("city").get({ people: "count" })`. */
  groupBy<K extends ColumnName<M>>(...columns: readonly [K, ...K[]]): GroupedQuery<M, K> {
    const parts = Where.partsOf(this)
    const { shape, home } = parts
    const key = `group\0${columns.join("\0")}`
    const next =
      shape.find(key) ??
      shape.keep(key, {
        kind: "group",
        valueCount: 0,
        columns: [...new Set(columns)].map((name) => columnOf(home.table, name)),
      })
    return new GroupedQuery<M, K>({ ...parts, shape: next })
  }

  /** All rows. For results without a bound of their own there are `chunk` and `stream`. */
  get(): Promise<R[]> {
    return readRows(Where.partsOf(this)) as Promise<R[]>
  }

  /** The first row; say by `orderBy` which that is. */
  first(): Promise<R | undefined> {
    return readFirst(Where.partsOf(this)) as Promise<R | undefined>
  }

  /** @throws {ORM_NOT_FOUND} when there is none. */
  async firstOrFail(): Promise<R> {
    const row = await this.first()
    if (row === undefined) throw new OrmNotFound(`There is no such ${Where.partsOf(this).home.table.model.name}.`)
    return row
  }

  /**
   * One page: by cursor (`after` or `before`, or neither for the first), which stays right while rows come and go; or by `offset`, with the
   * count of all. By cursor the rows are told apart by their key, and sorted by columns that are never null.
   *
   * @throws {ORM_CURSOR_INVALID} for a cursor of another list. @throws {ORM_QUERY_INVALID}
   */
  paginate(page: OffsetPageOptions): Promise<OffsetPage<R>>
  paginate(page: CursorPageOptions): Promise<CursorPage<R>>
  paginate(page: OffsetPageOptions | CursorPageOptions): Promise<unknown> {
    return "offset" in page ? offsetPage(this as never, page) : cursorPage(this as never, page)
  }

  /**
   * What a caller of a list asked for: `const { rows, around } = await Post.query().list(ctx.query)`, then
   * `Posts.reply(ctx, rows, around)`. Names are checked against the model, and hidden columns refused, whatever the allow-list says.
   */
  list(request: ListRequest): Promise<Listing<R>> {
    return listOfRows(this as never, request) as Promise<Listing<R>>
  }

  /** All rows, so many at a time (1 to 10,000), with flat memory: each part is a query of its own, behind the row that the last ended with. */
  chunk(size = 500): AsyncGenerator<R[], void> {
    return chunksOf(this as never, size) as AsyncGenerator<R[], void>
  }

  /** All rows, one by one, with flat memory: as {@link ModelQuery.chunk} reads them. */
  async *stream({ chunkRows = 500 }: { readonly chunkRows?: number } = {}): AsyncGenerator<R, void> {
    for await (const rows of this.chunk(chunkRows)) yield* rows
  }

  /** The values of one column. */
  async pluck<K extends ColumnName<M>>(column: K): Promise<ColumnValue<M, K>[]> {
    const rows = (await this.select(column).get()) as Record<string, unknown>[]
    return rows.map((row) => row[column] as ColumnValue<M, K>)
  }

  /** How many rows there are; limit and offset count. */
  async count(): Promise<number> {
    return Number(await this.#aggregate("count", undefined))
  }

  async exists(): Promise<boolean> {
    return (await this.#aggregate("exists", undefined)) !== undefined
  }

  /** The sum, as the column has its values; undefined over no rows. */
  async sum<K extends ColumnName<M>>(column: K): Promise<ColumnValue<M, K> | undefined> {
    return (await this.#aggregate("sum", column)) as ColumnValue<M, K> | undefined
  }

  /** The average as a number; undefined over no rows. */
  async avg(column: ColumnName<M>): Promise<number | undefined> {
    return (await this.#aggregate("avg", column)) as number | undefined
  }

  async min<K extends ColumnName<M>>(column: K): Promise<NonNullable<ColumnValue<M, K>> | undefined> {
    return (await this.#aggregate("min", column)) as NonNullable<ColumnValue<M, K>> | undefined
  }

  async max<K extends ColumnName<M>>(column: K): Promise<NonNullable<ColumnValue<M, K>> | undefined> {
    return (await this.#aggregate("max", column)) as NonNullable<ColumnValue<M, K>> | undefined
  }

  #aggregate(name: AggregateName, column: string | undefined): Promise<unknown> {
    const parts = Where.partsOf(this)
    const found: TableColumn | undefined = column === undefined ? undefined : columnOf(parts.home.table, column)
    return aggregate(parts, name, found)
  }

  /**
   * Sets the same values in all rows of the query, without events. Scopes hold. @returns how many.
   *
   * @throws {ORM_QUERY_INVALID} when the query has more than conditions: an order, a limit, a join.
   */
  update(changes: Changes<M>): Promise<number> {
    return updateMany(Where.partsOf(this), changes)
  }

  /** Adds to a column in the database itself, so that two who count at once both count. @returns how many rows. */
  increment<K extends NumericColumn<M>>(column: K, by?: NonNullable<ColumnValue<M, K>>): Promise<number> {
    const parts = Where.partsOf(this)
    const found = columnOf(parts.home.table, column)
    return incrementMany(parts, found, by ?? oneOf(found))
  }

  /** Deletes all rows of the query, without events: softly where the model has a `deletedAt()`. @returns how many. */
  delete(): Promise<number> {
    return deleteMany(Where.partsOf(this), false)
  }

  /** Deletes them for good. */
  forceDelete(): Promise<number> {
    return deleteMany(Where.partsOf(this), true)
  }

  /** Takes soft deletions back: `Note.onlyDeleted().restore()`. */
  restore(): Promise<number> {
    return restoreMany(Where.partsOf(this))
  }

  /** The SQL and its values, as they would be run. */
  toSql(): { readonly text: string; readonly values: readonly unknown[] } {
    const { home, shape, values } = Where.partsOf(this)
    shape.rows ??= rowsPlan(home, shape, false)
    const plan = shape.rows as QueryPlan
    return { text: plan.text, values: bindTo(plan, listValues(values, shape.valueCount)) }
  }
}

function oneOf({ definition }: TableColumn): unknown {
  if (definition.kind === "bigint") return 1n
  return definition.kind === "decimal" ? "1" : 1
}
