import { OrmQueryInvalid, OrmUniqueViolation, OrmValueInvalid } from "../errors.ts"
import { homeIn } from "../model/home.ts"
import { insertRows } from "../model/many-rows.ts"
import { ModelEntry } from "../model/model-entry.ts"
import { createRow } from "../model/persist.ts"
import type { ModelClass, RowOf } from "../model/types.ts"
import type { ModelQuery } from "../query/model-query.ts"
import type { Where } from "../query/where.ts"
import type { Session } from "../session.ts"
import type { StraightLink, Via } from "./link.ts"
import { heldValue } from "./loader.ts"
import { pivotConditions } from "./pivot-query.ts"
import { ownedQuery, ownerValues, RelatedRows, type RelatedTo } from "./related.ts"

/** Rows or their keys, one or a list. */
export type Keys<M extends ModelClass, K> = K | RowOf<M> | readonly (K | RowOf<M>)[]

/** What `sync` and `toggle` did, by keys of the other model. */
export interface PivotChanges<K> {
  readonly attached: readonly K[]
  readonly detached: readonly K[]
}

/**
 * Rows related by a table in between. Scopes of that table hold. Rows in between are written without events, and each call is one
 * transaction.
 */
export class PivotRows<M extends ModelClass, V, N, K, P, B extends ModelClass> extends RelatedRows<M, V> {
  readonly #to: RelatedTo<StraightLink>

  /** @internal */
  constructor(to: RelatedTo<StraightLink>) {
    super(to)
    this.#to = to
  }

  /** Rows for whose row in between this holds: `wherePivot((member) => member.where("role", "captain"))`. */
  wherePivot(build: (between: ModelQuery<B>) => Where<B>): ModelQuery<M> {
    const { session, row, link } = this.#to
    const between = pivotConditions(session, link, build as never)
    return ownedQuery(session, row, { link, between }) as unknown as ModelQuery<M>
  }

  /** Inserts a row of the other model, and relates it. @param pivot What the row in between holds beside the keys. */
  async create(values: N, pivot?: P): Promise<RowOf<M>> {
    const { session, link } = this.#to
    const target = homeIn(session, link.target.model)
    return await session.transaction(async (inner) => {
      const row = (await createRow(target, inner, values as object)) as RowOf<M>
      await this.#attach(inner, this.#keys(row), pivot)
      return row
    }, {})
  }

  /**
   * Relates rows that are not yet related. Given `pivot`, it is set on those that are, too. Of several who do so at once, where the
   * table in between is unique by its keys, one does it and the others find it done. @returns how many were not.
   */
  async attach(keys: Keys<M, K>, pivot?: P): Promise<number> {
    const { session } = this.#to
    const all = this.#keys(keys)
    if (all.length === 0) return 0
    const attach = () => session.transaction((inner) => this.#attach(inner, all, pivot), {})
    try {
      return (await attach()).length
    } catch (error) {
      if (!(error instanceof OrmUniqueViolation)) throw error
      return (await attach()).length
    }
  }

  /** Takes relations away: all of them, if it is not said which. @returns how many. */
  async detach(keys?: Keys<M, K>): Promise<number> {
    const all = keys === undefined ? undefined : this.#keys(keys)
    if (all?.length === 0) return 0
    return await this.#between(this.#to.session, all).delete()
  }

  /** Has the row related to these, and to no others. */
  async sync(keys: readonly (K | RowOf<M>)[], pivot?: P): Promise<PivotChanges<K>> {
    const all = this.#keys(keys)
    return await this.#change(async (session, there) => {
      const wanted = new Set(all.map(identity))
      const detached = there.filter((key) => !wanted.has(identity(key)))
      if (detached.length > 0) await this.#between(session, detached).delete()
      return { attached: await this.#attach(session, all, pivot), detached }
    })
  }

  /** Relates those of these that are not, and takes the relation from those that are. */
  async toggle(keys: Keys<M, K>, pivot?: P): Promise<PivotChanges<K>> {
    const all = this.#keys(keys)
    return await this.#change(async (session, there) => {
      const known = new Set(there.map(identity))
      const detached = all.filter((key) => known.has(identity(key)))
      if (detached.length > 0) await this.#between(session, detached).delete()
      const missing = all.filter((key) => !known.has(identity(key)))
      return { attached: missing.length === 0 ? [] : await this.#attach(session, missing, pivot), detached }
    })
  }

  async #change(
    work: (session: Session, there: readonly unknown[]) => Promise<{ attached: unknown[]; detached: unknown[] }>,
  ): Promise<PivotChanges<K>> {
    const far = this.#via.far.property
    const changes = await this.#to.session.transaction(
      async (session) => await work(session, await this.#between(session, undefined).pluck(far)),
      {},
    )
    return changes as unknown as PivotChanges<K>
  }

  /** @returns the keys that were not related. */
  async #attach(session: Session, all: readonly unknown[], pivot: P | undefined): Promise<unknown[]> {
    const { row, link } = this.#to
    const { table, far } = this.#via
    if (all.length === 0) return []
    const values = (pivot ?? {}) as object
    const between = this.#between(session, all)
    const known = new Set((await between.pluck(far.property)).map(identity))
    const missing = all.filter((key) => !known.has(identity(key)))
    if (known.size > 0 && Object.keys(values).length > 0) await between.update(values as never)
    const owner = ownerValues(row, link)
    const rows = missing.map((key) => ({ ...values, ...owner, [far.property]: key }))
    await insertRows(homeIn(session, table.model), session, rows)
    return missing
  }

  /** The rows in between of this row. */
  #between(session: Session, keys: readonly unknown[] | undefined): ModelQuery<ModelClass> {
    const { row, link } = this.#to
    const { table, far } = this.#via
    const entry = new ModelEntry<ModelClass>(homeIn(session, table.model), session)
    const owner = Object.entries(ownerValues(row, link))
    const mine = owner.reduce((query, [name, value]) => query.where(name as never, value as never), entry.query())
    return keys === undefined ? mine : mine.where(far.property as never, "in", keys as never)
  }

  get #via(): Via {
    const { via, name } = this.#to.link
    if (via === undefined) throw new OrmQueryInvalid(`"${name}" has no table in between.`)
    return via
  }

  #keys(given: Keys<M, K>): unknown[] {
    const { target } = this.#via
    const list = Array.isArray(given) ? given : [given]
    const keys = list.map((one) => {
      const isRow =
        typeof one === "object" && one !== null && one instanceof (this.#model as unknown as new () => object)
      const key = isRow ? heldValue(one, target) : one
      if (key === undefined || key === null) throw new OrmValueInvalid(`Expected rows that are saved, or their keys.`)
      return key as unknown
    })
    return [...new Map(keys.map((key) => [identity(key), key])).values()]
  }

  get #model(): object {
    return this.#to.link.target.model
  }
}

function identity(key: unknown): unknown {
  return key instanceof Date ? key.getTime() : key
}
