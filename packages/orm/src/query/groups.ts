import { sql as k, type RawBuilder } from "kysely"
import type { BoundValue } from "../driver.ts"
import { OrmQueryInvalid } from "../errors.ts"
import type { Home } from "../model/home.ts"
import { columnOf, type TableColumn } from "../model/table.ts"
import type { ColumnName, ColumnValue, ModelClass, ValuesOf } from "../model/types.ts"
import { type AggregateName, expressionOf, readerOf } from "./aggregate.ts"
import type { Direction } from "./clause.ts"
import { compileRaw, partsOf, selectOf } from "./compile.ts"
import { type Comparison, comparable, typed } from "./conditions.ts"
import { bindTo, type QueryPlan, runPlan } from "./rows-plan.ts"
import { listValues, type QueryParts, type Shape } from "./shape.ts"
import { binderOf } from "./slot.ts"

/** One value over the rows of a group: their count, or `["max", "createdAt"]`. */
export type Aggregate<M extends ModelClass> =
  | "count"
  | readonly ["sum" | "avg" | "min" | "max" | "count", ColumnName<M>]

type AggregateValue<M extends ModelClass, A> = A extends readonly [infer N, infer C extends ColumnName<M>]
  ? N extends "count"
    ? number
    : N extends "avg"
      ? number | undefined
      : NonNullable<ColumnValue<M, C>> | undefined
  : number

/** A row for each group: the columns it is grouped by, and what was asked of its rows. */
export type GroupRow<M extends ModelClass, K extends keyof M["columns"], A> = ValuesOf<M["columns"], K> & {
  [P in keyof A]: AggregateValue<M, A[P]>
}

interface GroupsPlan extends QueryPlan {
  readonly read: (raw: unknown) => Record<string, unknown>
}

const SIGNS: Readonly<Record<Comparison, RawBuilder<unknown>>> = {
  "=": k`=`,
  "!=": k`<>`,
  "<": k`<`,
  "<=": k`<=`,
  ">": k`>`,
  ">=": k`>=`,
}

/** Rows of a query in groups. */
export class GroupedQuery<M extends ModelClass, K extends ColumnName<M>> {
  readonly #parts: QueryParts

  /** @internal Made by `groupBy`. */
  constructor(parts: QueryParts) {
    this.#parts = parts
  }

  /** Groups for which this holds: `having("count", ">", 1)`, `having(["sum", "price"], ">=", "10.00")`. */
  having<A extends Aggregate<M>>(
    of: A,
    operator: Comparison,
    value: NonNullable<AggregateValue<M, A>>,
  ): GroupedQuery<M, K> {
    const { home, shape, values } = this.#parts
    if (!Object.hasOwn(SIGNS, operator))
      throw new OrmQueryInvalid(
        `Unknown operator "${String(operator).slice(0, 32)}". Known: ${Object.keys(SIGNS).join(", ")}.`,
      )
    const [name, column] = aggregateOf(home, of)
    const key = `having\0${name}\0${column?.property ?? ""}\0${operator}`
    const next =
      shape.find(key) ??
      shape.keep(key, {
        kind: "having",
        isOr: false,
        valueCount: 1,
        write(place) {
          const { dialect } = place
          const value =
            isNumber(name) || column === undefined
              ? place.slot()
              : typed(place.slot(), column, { dialect, isOrdered: true })
          return k`${expressionOf(name, column, place)} ${SIGNS[operator]} ${value}`
        },
      })
    const bound =
      isNumber(name) || column === undefined ? numberOf(value) : column.cast[home.session.dialect].write(value)
    return new GroupedQuery({ ...this.#parts, shape: next, values: { value: bound, before: values } })
  }

  /** Sorts the groups by a column that they are grouped by. */
  orderBy(column: K, direction: Direction = "asc"): GroupedQuery<M, K> {
    const { home, shape } = this.#parts
    const found = columnOf(home.table, column)
    if (!groupOf(shape).includes(found)) throw new OrmQueryInvalid(`The rows are not grouped by "${found.property}".`)
    if (direction !== "asc" && direction !== "desc")
      throw new OrmQueryInvalid(`Expected the direction to be "asc" or "desc".`)
    const key = `order\0${found.property}\0${direction}`
    const next =
      shape.find(key) ??
      shape.keep(key, {
        kind: "order",
        direction,
        valueCount: 0,
        column: found,
        write: (place) => comparable(found, place),
      })
    return new GroupedQuery({ ...this.#parts, shape: next })
  }

  /** A row for each group: `groupBy("city").get({ people: "count", oldest: ["max", "age"] })`. */
  async get<const A extends Readonly<Record<string, Aggregate<M>>>>(aggregates: A): Promise<GroupRow<M, K, A>[]> {
    const { home, session, shape, values } = this.#parts
    const wanted = Object.entries(aggregates).map(([name, of]) => [name, ...aggregateOf(home, of)] as const)
    const use = `groups\0${wanted.map(([name, what, column]) => `${name} ${what} ${column?.property ?? ""}`).join("\0")}`
    const plan = shape.plan(use, () => compile(home, shape, wanted))
    const raws = await runPlan(session, "all", [plan, bindTo(plan, listValues(values, shape.valueCount))])
    return raws.map(plan.read) as GroupRow<M, K, A>[]
  }
}

function groupOf(shape: Shape): readonly TableColumn[] {
  return shape.path().flatMap((clause) => (clause.kind === "group" ? clause.columns : []))
}

const isNumber = (name: AggregateName): boolean => name === "count" || name === "avg"

function numberOf(value: unknown): BoundValue {
  if (typeof value === "number" && Number.isFinite(value)) return value
  throw new OrmQueryInvalid("Expected the value of having to be a number.")
}

function aggregateOf(home: Home, of: unknown): readonly [AggregateName, TableColumn | undefined] {
  if (of === "count") return ["count", undefined]
  const [name, column] = Array.isArray(of) ? of : []
  if (!["sum", "avg", "min", "max", "count"].includes(name))
    throw new OrmQueryInvalid(`Expected "count", or ["sum", column], with avg, min, max or count in its place.`)
  return [name as AggregateName, columnOf(home.table, column)]
}

type Wanted = readonly [name: string, what: AggregateName, column: TableColumn | undefined]

function compile(home: Home, shape: Shape, wanted: readonly Wanted[]): GroupsPlan {
  const { dialect, rowForm } = home.session
  const parts = partsOf(shape.path(), { dialect, table: home.table })
  const group = parts.group ?? []
  const clash = wanted.find(([name]) => group.some(({ property }) => property === name))
  if (clash !== undefined)
    throw new OrmQueryInvalid(`"${clash[0]}" is a column of the group: call the other by another name.`)
  // By place: what callers call them never gets into the SQL.
  const list = [
    ...group.map((column, index) => k`${parts.place.selected(column)} as ${k.id(`v${index}`)}`),
    ...wanted.map(
      ([, what, column], index) => k`${expressionOf(what, column, parts.place)} as ${k.id(`v${group.length + index}`)}`,
    ),
  ]
  const { sql, parameters } = compileRaw(selectOf(parts, k`${k.join(list)}`), dialect)
  const readers = wanted.map(([, what, column]) => readerOf(what, column, home))
  const isExact = readers.some((one) => one.isExact) || group.some(({ cast }) => cast[dialect].isExact)
  const fields = [
    ...group.map(({ property, cast }) => ({
      name: property,
      none: null,
      read: isExact ? cast[dialect].readExact : cast[dialect].read,
    })),
    ...wanted.map(([name], index) => ({ name, none: undefined, read: readers[index]!.read })),
  ]
  const at = (raw: unknown, index: number): unknown =>
    rowForm === "list" ? (raw as unknown[])[index] : (raw as Record<string, unknown>)[`v${index}`]
  return {
    text: sql,
    columns: fields.map((_, index) => `v${index}`),
    onlyReads: true,
    isExact,
    bind: binderOf(parameters),
    read(raw) {
      const row: Record<string, unknown> = {}
      fields.forEach(({ name, none, read }, index) => {
        const value = at(raw, index)
        row[name] = value === null ? none : read === undefined ? value : read(value)
      })
      return row
    },
  }
}
