import { OrmQueryInvalid } from "../errors.ts"
import { type Home, homeIn } from "../model/home.ts"
import { ModelEntry } from "../model/model-entry.ts"
import { type AnyRow, createRow, makeRow, saveRow } from "../model/persist.ts"
import type { TableColumn } from "../model/table.ts"
import type { ColumnName, ColumnValue, ModelClass, RowOf } from "../model/types.ts"
import type { Direction } from "../query/clause.ts"
import type { Operator } from "../query/conditions.ts"
import type { ModelQuery } from "../query/model-query.ts"
import { listValues, type QueryParts } from "../query/shape.ts"
import { type Operand, Where } from "../query/where.ts"
import type { Session } from "../session.ts"
import { attacherOf } from "./attach.ts"
import { noteLazyLoad } from "./lazy-loading.ts"
import { isMorph, type Link, type StraightLink } from "./link.ts"
import { loadRelations } from "./load.ts"
import { heldValue } from "./loader.ts"
import { ownedBy } from "./relation-conditions.ts"
import { keyOver } from "./with-relations.ts"

/** A row, and the relation of it that is asked for. */
export interface RelatedTo<L extends Link = Link> {
  readonly home: Home
  readonly session: Session
  readonly row: AnyRow
  readonly link: L
}

/** What a row is related to, as a query of its own: `user.related("posts").where("live", true).get()`. */
export class RelatedRows<M extends ModelClass, V> {
  readonly #to: RelatedTo

  /** @internal */
  constructor(to: RelatedTo) {
    this.#to = to
  }

  /** The rows, to be narrowed down. */
  query(): ModelQuery<M> {
    const { session, row, link } = this.#to
    if (isMorph(link)) throw new OrmQueryInvalid(`"${link.name}" leads to several models. Take get().`)
    noteLazyLoad(row, link.name)
    return ownedQuery(session, row, { link }) as unknown as ModelQuery<M>
  }

  where<K extends ColumnName<M>>(column: K, value: ColumnValue<M, K>): ModelQuery<M>
  where<K extends ColumnName<M>, O extends Operator>(
    column: K,
    operator: O,
    value: Operand<ColumnValue<M, K>, O>,
  ): ModelQuery<M>
  where(group: (query: ModelQuery<M>) => Where<M>): ModelQuery<M>
  where(...given: readonly unknown[]): ModelQuery<M> {
    return (this.query() as unknown as { where(...given: readonly unknown[]): ModelQuery<M> }).where(...given)
  }

  orderBy(column: ColumnName<M>, direction: Direction = "asc"): ModelQuery<M> {
    return this.query().orderBy(column, direction)
  }

  count(): Promise<number> {
    return this.query().count()
  }

  exists(): Promise<boolean> {
    return this.query().exists()
  }

  /** All of it, as it would be loaded, and without keeping it on the row. */
  async get(): Promise<V> {
    const { home, session, row, link } = this.#to
    noteLazyLoad(row, link.name)
    const shell = new home.Blank() as AnyRow
    for (const { property } of isMorph(link) ? [link.type, link.id] : [link.own])
      shell[property] = heldValue(row, { property } as TableColumn)
    await loadRelations(home, session, [[shell], [link.name]])
    return shell[link.name] as V
  }
}

/** Rows that point at this one. */
export class OwnedRows<M extends ModelClass, V, N> extends RelatedRows<M, V> {
  readonly #to: RelatedTo<StraightLink>

  /** @internal */
  constructor(to: RelatedTo<StraightLink>) {
    super(to)
    this.#to = to
  }

  /** Inserts a row that belongs to this one. What `values` say of that is not asked. */
  async create(values: N): Promise<RowOf<M>> {
    const { session, link } = this.#to
    const target = homeIn(session, link.target.model)
    return (await createRow(target, session, { ...(values as object), ...this.#owner() })) as RowOf<M>
  }

  /** A row that belongs to this one, and is in the database when it is saved. */
  make(values: Partial<N> = {}): RowOf<M> {
    const { session, link } = this.#to
    return makeRow(homeIn(session, link.target.model), { ...values, ...this.#owner() }) as RowOf<M>
  }

  /** Has a row belong to this one, and saves it. */
  async save(row: RowOf<M>): Promise<void> {
    const { session, link } = this.#to
    Object.assign(row, this.#owner())
    await saveRow(homeIn(session, link.target.model), session, row as unknown as AnyRow)
  }

  #owner(): AnyRow {
    const { row, link } = this.#to
    return ownerValues(row, link)
  }
}

/** The row that this one points at. */
export class OwnerRow<M extends ModelClass, V> extends RelatedRows<M, V> {
  readonly #to: RelatedTo

  /** @internal */
  constructor(to: RelatedTo) {
    super(to)
    this.#to = to
  }

  /** Has this row point at another, once it is saved. */
  associate(other: RowOf<M>): void {
    const { row, link } = this.#to
    const values = other as unknown as AnyRow
    if (isMorph(link)) {
      const found = [...link.targets].find(
        ([, { table }]) => other instanceof (table.model as unknown as new () => object),
      )
      if (found === undefined) throw new OrmQueryInvalid(`"${link.name}" does not lead to such a row.`)
      const [word, { key }] = found
      row[link.type.property] = word
      row[link.id.property] = saved(values, key)
    } else row[link.own.property] = saved(values, link.near)
    attacherOf(link.name)(row, other)
  }

  /** Has this row point at none, once it is saved. */
  dissociate(): void {
    const { row, link } = this.#to
    for (const { property } of isMorph(link) ? [link.type, link.id] : [link.own]) row[property] = null
    attacherOf(link.name)(row, null)
  }
}

function saved(row: AnyRow, key: TableColumn): unknown {
  const value = heldValue(row, key)
  if (value !== undefined && value !== null) return value
  throw new OrmQueryInvalid(`The other row has no "${key.property}" yet. Save it first.`)
}

/** The rows of a relation of one row, scopes and all. @param between What is asked of the rows in between. */
export function ownedQuery(
  session: Session,
  row: AnyRow,
  { link, between }: { readonly link: StraightLink; readonly between?: QueryParts },
): ModelQuery<ModelClass> {
  const query = new ModelEntry<ModelClass>(homeIn(session, link.target.model), session).query()
  const value = heldValue(row, link.own)
  if (value === undefined)
    throw new OrmQueryInvalid(`The ${link.owner.model.name} was read without "${link.own.property}". Select it too.`)
  // Equal to nothing, as null is in the database.
  const bound = value === null ? null : link.near.cast[session.dialect].write(value)
  const name = `owned ${link.owner.model.name} ${link.owner.name} ${link.name}`
  if (between === undefined) return Where.and(query, [name], { make: () => ownedBy(link), values: [bound] })
  const values = [bound, ...listValues(between.values, between.shape.valueCount)]
  return Where.and(query, [keyOver(between, [name])], { make: () => ownedBy(link, between), values })
}

/** What a row that belongs to this one holds of that. */
export function ownerValues(row: AnyRow, { own, near, fixed }: StraightLink): AnyRow {
  const owner: AnyRow = { [near.property]: saved(row, own) }
  if (fixed !== undefined) owner[fixed.column.property] = fixed.value
  return owner
}
