import { OrmQueryInvalid } from "../errors.ts"
import { homeIn } from "../model/home.ts"
import { columnOf, type Table } from "../model/table.ts"
import type { AggregateName } from "../query/aggregate.ts"
import type { Comparison } from "../query/conditions.ts"
import type { QueryParts } from "../query/shape.ts"
import { straightLinkOf } from "./link.ts"
import { checkRelationCount, relationAggregate, relationCondition } from "./relation-conditions.ts"
import { type Build, chain, checkPath, endOf, keyOver, type Moved } from "./with-relations.ts"

const COMPARISONS: readonly string[] = ["=", "!=", "<", "<=", ">", ">="]

/** `whereHas(path, build)` and `whereHas(path, ">=", 3, build)`. */
export function whereHas(
  parts: QueryParts,
  { isOr, isNot, given }: { isOr: boolean; isNot: boolean; given: readonly unknown[] },
  build: Build,
): Moved {
  const { home, session, shape, values } = parts
  const [first, ...rest] = given
  const path = checkPath(home.table, first)
  const isCounted = typeof rest[0] === "string"
  const operator = isCounted ? checkComparison(rest[0]) : undefined
  const count = isCounted ? checkRelationCount(rest[1]) : undefined
  const callback = rest[isCounted ? 2 : 0]
  if (callback !== undefined && typeof callback !== "function")
    throw new OrmQueryInvalid(`Write whereHas("posts"), whereHas("posts", (posts) => …) or whereHas("posts", ">=", 3).`)
  const target = homeIn(session, endOf(home.table, path).model)
  const inner = build({ home: target, session, shape: target.root, values: undefined }, callback as never)
  const key = keyOver(inner, ["has", isOr, isNot, operator, ...path])
  const make = () => relationCondition(home.table, path, { inner, options: { isOr, isNot, operator } })
  const link = chain(values, inner)
  return {
    shape: shape.find(key) ?? shape.keep(key, make()),
    values: count === undefined ? link : { value: count, before: link },
  }
}

function checkComparison(given: unknown): Comparison {
  if (COMPARISONS.includes(given as string)) return given as Comparison
  throw new OrmQueryInvalid(`Unknown operator "${String(given).slice(0, 32)}". Known: ${COMPARISONS.join(", ")}.`)
}

export interface AggregateOrder {
  readonly name: AggregateName
  /** `posts`, or `posts as livePosts`. */
  readonly relation: unknown
  readonly column: unknown
  readonly callback: unknown
}

/** A count or a sum over a relation, as a property of each row. */
export function withAggregate(parts: QueryParts, order: AggregateOrder, build: Build): Moved {
  const { home, session, shape, values } = parts
  const { name, callback } = order
  const [relation, alias] = nameAndAlias(order.relation)
  const link = straightLinkOf(home.table, relation)
  const column = order.column === undefined ? undefined : columnOf(link.target, order.column)
  const property = alias ?? `${relation}${column === undefined ? "" : capital(column.property)}${capital(name)}`
  checkProperty(home.table, property)
  const target = homeIn(session, link.target.model)
  const inner = build({ home: target, session, shape: target.root, values: undefined }, callback as never)
  const key = keyOver(inner, [name, relation, column?.property, property])
  const make = () => relationAggregate(link, inner, [name, column, property])
  return { shape: shape.find(key) ?? shape.keep(key, make()), values: chain(values, inner) }
}

const capital = (word: string): string => `${word[0]?.toUpperCase()}${word.slice(1)}`

function nameAndAlias(given: unknown): readonly [string, string | undefined] {
  if (typeof given !== "string" || given.length > 128)
    throw new OrmQueryInvalid(
      `Expected the name of a relation: withCount("posts"), or withCount("posts as livePosts").`,
    )
  const [name, alias, more] = given.split(" as ")
  if (
    name === undefined ||
    more !== undefined ||
    (alias !== undefined && !/^[\p{L}_$][\p{L}\p{N}_$]{0,47}$/u.test(alias))
  )
    throw new OrmQueryInvalid(`Expected a name after "as", as in withCount("posts as livePosts").`)
  return [name, alias]
}

function checkProperty({ columns, model }: Table, property: string): void {
  if (columns.has(property) || property in model.prototype)
    throw new OrmQueryInvalid(`${model.name} has "${property}" already. Name it: withCount("posts as …").`)
}
