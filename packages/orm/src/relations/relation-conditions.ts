import { type Expression, sql as k, type RawBuilder } from "kysely"
import { OrmQueryInvalid, OrmValueInvalid } from "../errors.ts"
import { homeIn } from "../model/home.ts"
import type { Table, TableColumn } from "../model/table.ts"
import { type AggregateName, expressionOf, readerOf } from "../query/aggregate.ts"
import type { Clause, Computed, Condition, Place } from "../query/clause.ts"
import { type Comparison, compareWith } from "../query/conditions.ts"
import type { QueryParts } from "../query/shape.ts"
import { type Fixed, type StraightLink, straightLinkOf } from "./link.ts"

/** How a row of a relation is one of this row: over the places of both. */
export function tieOf({ own, near, via, fixed }: StraightLink): (outer: Place, inner: Place) => Expression<unknown> {
  if (via === undefined)
    return (outer, inner) => and([k`${inner.column(near)} = ${outer.column(own)}`, ...fixedTo(fixed, inner)])
  return (outer, inner) => {
    const between = inner.subquery([], via.table, {
      column: undefined,
      tie: (middle) =>
        and([
          k`${middle.column(via.far)} = ${inner.column(via.target)}`,
          k`${middle.column(near)} = ${outer.column(own)}`,
          ...fixedTo(fixed, middle),
        ]),
    })
    return k`exists (${between})`
  }
}

export function fixedTo(fixed: Fixed | undefined, place: Place): RawBuilder<unknown>[] {
  if (fixed === undefined) return []
  const word = fixed.column.cast[place.dialect].write(fixed.value)
  return [k`${place.column(fixed.column)} = ${k.val(word)}`]
}

/** Rows of a relation of one row, whose key is given, before the values of what is asked of the rows in between. */
export function ownedBy({ near, via, fixed }: StraightLink, between?: QueryParts): Condition {
  const path = between?.shape.path() ?? []
  const count = between?.shape.valueCount ?? 0
  return {
    kind: "condition",
    isOr: false,
    valueCount: count + 1,
    encode: undefined,
    write(place) {
      const key = place.slot()
      if (via === undefined) return and([k`${place.column(near)} = ${key}`, ...fixedTo(fixed, place)])
      const found = place.subquery(path, via.table, {
        column: undefined,
        tie: (middle) =>
          and([
            k`${middle.column(via.far)} = ${place.column(via.target)}`,
            k`${middle.column(near)} = ${key}`,
            ...fixedTo(fixed, middle),
          ]),
      })
      return k`exists (${found})`
    },
  }
}

const and = (conditions: readonly Expression<unknown>[]): RawBuilder<unknown> => k`${k.join(conditions, k` and `)}`

export interface HasOptions {
  readonly isOr: boolean
  readonly isNot: boolean
  /** How many there have to be, where it is not at least one. */
  readonly operator: Comparison | undefined
}

/** Rows that have some of a relation, or of one behind it. */
export function relationCondition(
  table: Table,
  [name, ...rest]: readonly string[],
  { inner, options }: { inner: QueryParts; options: HasOptions },
): Condition {
  const link = straightLinkOf(table, name)
  const [next] = rest
  const within = { inner, options: { isOr: false, isNot: false, operator: undefined } }
  const path = next === undefined ? inner.shape.path() : [relationCondition(link.target, rest, within)]
  refuseBounds(path, link)
  const { isOr, isNot, operator } = options
  const tie = tieOf(link)
  return {
    kind: "condition",
    isOr,
    valueCount: inner.shape.valueCount + (operator === undefined ? 0 : 1),
    encode: undefined,
    write(place) {
      const tied = (at: Place) => tie(place, at)
      if (operator === undefined) {
        const found = place.subquery(path, link.target, { column: undefined, tie: tied })
        return isNot ? k`not exists (${found})` : k`exists (${found})`
      }
      const count = place.subquery(path, link.target, { column: undefined, expression: () => k`count(*)`, tie: tied })
      return compareWith(operator, k`(${count})`, place.slot())
    },
  }
}

const CONDITIONS: ReadonlySet<Clause["kind"]> = new Set(["condition", "open", "close", "lift", "join"])

/** Bounds of rows that are counted, or of which one is enough, say nothing or something else than they seem to. */
function refuseBounds(path: readonly Clause[], { name }: StraightLink): void {
  const other = path.find(({ kind }) => !CONDITIONS.has(kind))
  if (other !== undefined)
    throw new OrmQueryInvalid(
      `Rows of "${name}" are looked for here, and not given: conditions only, no "${other.kind}".`,
    )
}

/** @throws {ORM_VALUE_INVALID} */
export function checkRelationCount(count: unknown): number {
  if (Number.isInteger(count) && (count as number) >= 0 && (count as number) < 2 ** 31) return count as number
  throw new OrmValueInvalid("Expected the number of related rows to be an integer from 0 to 2^31 - 1.")
}

/** One value over the rows of a relation, on each row of a query. */
export function relationAggregate(
  link: StraightLink,
  inner: QueryParts,
  [name, column, property]: readonly [AggregateName, TableColumn | undefined, string],
): Computed {
  const path = inner.shape.path()
  refuseBounds(path, link)
  const tie = tieOf(link)
  const { isExact, read } = readerOf(name, column, homeIn(inner.home.session, link.target.model))
  return {
    kind: "computed",
    property,
    isExact,
    valueCount: inner.shape.valueCount,
    read: (raw) => (raw === null ? null : read(raw)),
    write(place) {
      const rows = place.subquery(path, link.target, {
        column: undefined,
        expression: (at) => expressionOf(name, column, at),
        tie: (at) => tie(place, at),
      })
      return k`(${rows})`
    },
  }
}
