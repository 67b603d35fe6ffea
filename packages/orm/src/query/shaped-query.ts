import { OrmQueryInvalid, OrmValueInvalid } from "../errors.ts"
import { homeIn } from "../model/home.ts"
import { columnOf } from "../model/table.ts"
import type { ColumnName, ModelClass } from "../model/types.ts"
import type { Direction } from "./clause.ts"
import { comparable, isOrdered } from "./conditions.ts"
import { DELETED } from "./scope-conditions.ts"
import { listValues, type Shape } from "./shape.ts"
import { joinOf, keyOfTies, type Ties } from "./subqueries.ts"
import { Where } from "./where.ts"

const MAX_ROWS = 2 ** 31 - 1

/** What a query of a model has beside its conditions: its order and its bounds, joins, lifted scopes and locks. */
export abstract class ShapedQuery<M extends ModelClass> extends Where<M> {
  distinct(): this {
    return this.#keep("distinct", () => ({ kind: "distinct", valueCount: 0 }))
  }

  /** Sorts by a column, after those named before. Where null comes is as the database has it. */
  orderBy(column: ColumnName<M>, direction: Direction = "asc"): this {
    const { home } = Where.partsOf(this)
    if (direction !== "asc" && direction !== "desc")
      throw new OrmQueryInvalid(`Expected the direction to be "asc" or "desc".`)
    return this.#keep(`order\0${column}\0${direction}`, () => {
      const found = columnOf(home.table, column)
      if (!isOrdered(found))
        throw new OrmQueryInvalid(`"${found.property}" is ${found.definition.kind}, and has no order.`)
      return { kind: "order", direction, valueCount: 0, column: found, write: (place) => comparable(found, place) }
    })
  }

  /** Forgets what the rows were to be sorted by. */
  unordered(): this {
    return this.#keep("unorder", () => ({ kind: "unorder", valueCount: 0 }))
  }

  /** At most so many rows: 0 to 2^31 - 1. */
  limit(count: number): this {
    return this.#keep("limit", () => ({ kind: "limit", valueCount: 1 }), checkCount("limit", count))
  }

  /** Leaves out the first rows. The database still reads them: for pages that go deep there is a cursor. */
  offset(count: number): this {
    return this.#keep("offset", () => ({ kind: "offset", valueCount: 1 }), checkCount("offset", count))
  }

  /** Rows that have one of another model: `join(Post, { authorId: "id" }, (post) => post.where("live", true))`. One for each pair. */
  join<O extends ModelClass>(other: O, ties: Ties<O, M>, build?: (query: Where<O>) => Where<O>): this {
    return this.#join(false, other, { ties, build })
  }

  leftJoin<O extends ModelClass>(other: O, ties: Ties<O, M>, build?: (query: Where<O>) => Where<O>): this {
    return this.#join(true, other, { ties, build })
  }

  #join<O extends ModelClass>(
    isLeft: boolean,
    other: O,
    { ties, build }: { ties: Ties<O, M>; build: ((query: Where<O>) => Where<O>) | undefined },
  ): this {
    const { home, session, shape, values } = Where.partsOf(this)
    const inner = homeIn(session, other)
    const parts = this.build({ home: inner, session, shape: inner.root, values: undefined }, build as never)
    const key = parts.shape.plan(`join ${home.table.name} ${isLeft} ${keyOfTies(ties)}`, () => ({}))
    const next = shape.find(key) ?? shape.keep(key, joinOf(isLeft, parts, [home.table, ties]))
    let link = values
    for (const value of listValues(parts.values, parts.shape.valueCount)) link = { value, before: link }
    return this.moved(next, link)
  }

  /**
   * Leaves a scope out, in this query alone.
   *
   * @param reason Why that is right here, for whoever searches the code for it.
   */
  withoutScope(name: string, reason: string): this {
    const { table } = Where.partsOf(this).home
    if (typeof reason !== "string" || reason.trim() === "")
      throw new OrmQueryInvalid(`Say why: withoutScope("${String(name).slice(0, 64)}", "reason").`)
    if (!table.scopes.has(name))
      throw new OrmQueryInvalid(
        `${table.model.name} has no scope "${String(name).slice(0, 64)}". Known: ${[...table.scopes.keys()].join(", ") || "none"}.`,
      )
    return this.#lift(name)
  }

  /** Rows that were deleted softly as well. */
  withDeleted(): this {
    return this.#lift(DELETED)
  }

  /** Rows that were deleted softly, and no others. */
  onlyDeleted(): this {
    const { deletedAt } = Where.partsOf(this).home.table.roles
    if (deletedAt === undefined) throw new OrmQueryInvalid("This model has no deletedAt().")
    return this.#lift(DELETED).whereNotNull(deletedAt.property)
  }

  #lift(scope: string): this {
    return this.#keep(`lift\0${scope}`, () => ({ kind: "lift", scope, valueCount: 0 }))
  }

  /** Holds the rows until the transaction ends: others who want to write or lock them wait, unless they skip. Not on SQLite. */
  lockForUpdate(options: LockOptions = {}): this {
    return this.#lock("update", options)
  }

  /** Keeps others from writing the rows until the transaction ends. Not on SQLite. */
  lockForShare(options: LockOptions = {}): this {
    return this.#lock("share", options)
  }

  #lock(mode: "update" | "share", { wait = "wait" }: LockOptions): this {
    const { session } = Where.partsOf(this)
    if (session.dialect === "sqlite")
      throw new OrmQueryInvalid("SQLite has no row locks: its transactions that write run one after another as it is.")
    if (session.scope === undefined)
      throw new OrmQueryInvalid("A lock ends with its transaction: write db.transaction(async () => …) around it.")
    if (wait !== "wait" && wait !== "skip" && wait !== "fail")
      throw new OrmQueryInvalid(`Expected wait to be "wait", "skip" or "fail".`)
    return this.#keep(`lock\0${mode}\0${wait}`, () => ({ kind: "lock", mode, wait, valueCount: 0 }))
  }

  #keep(key: string, make: () => NonNullable<Shape["clause"]>, value?: number): this {
    const { shape, values } = Where.partsOf(this)
    const next = shape.find(key) ?? shape.keep(key, make())
    return this.moved(next, value === undefined ? values : { value, before: values })
  }
}

export interface LockOptions {
  /** What to do about rows that another has locked: wait for them (the default), skip them, or fail at once. */
  readonly wait?: "wait" | "skip" | "fail"
}

function checkCount(name: string, count: number): number {
  if (Number.isInteger(count) && count >= 0 && count <= MAX_ROWS) return count
  throw new OrmValueInvalid(`Expected ${name} to be an integer from 0 to ${MAX_ROWS}.`)
}
