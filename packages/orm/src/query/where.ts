import type { BoundValue } from "../driver.ts"
import { OrmQueryInvalid, OrmValueInvalid } from "../errors.ts"
import { homeIn } from "../model/home.ts"
import { columnOf, type TableColumn } from "../model/table.ts"
import type { ColumnName, ColumnsOf, ColumnValue, ModelClass } from "../model/types.ts"
import { whereHas } from "../relations/relation-queries.ts"
import type { CheckPath, ModelAt } from "../relations/types.ts"
import type { Sql } from "../sql.ts"
import { type ArrayOperator, arrayCondition } from "./array-conditions.ts"
import type { Condition } from "./clause.ts"
import {
  type Comparison,
  columnComparison,
  comparison,
  listOf,
  membership,
  nullness,
  OPERATORS,
  type Operator,
  range,
  type TextOperator,
} from "./conditions.ts"
import { type JsonOperator, type JsonPath, type JsonScalar, jsonCondition } from "./json-conditions.ts"
import type { ModelQuery } from "./model-query.ts"
import { searchCondition } from "./search.ts"
import type { QueryParts, Shape, ValueLink } from "./shape.ts"
import { sqlCondition } from "./sql-condition.ts"
import { existence, keyOfTies, memberOf, type Ties } from "./subqueries.ts"

/** What stands on the right of an operator. */
export type Operand<V, O extends Operator> = O extends "in" | "notIn"
  ? readonly NonNullable<V>[] | Subquery<NonNullable<V>>
  : O extends "between" | "notBetween"
    ? readonly [NonNullable<V>, NonNullable<V>]
    : O extends TextOperator
      ? NonNullable<V> extends string
        ? string
        : never
      : O extends "=" | "!="
        ? V
        : NonNullable<V>

/** Conditions on what a relation leads to. */
export type RelatedWhere<M extends ModelClass, P extends string> = (
  query: ModelQuery<ModelAt<M, P>>,
) => Where<ModelAt<M, P>>

/** The values of one column of another query, for `in`. */
export interface Subquery<T> {
  /** For the type checker only. */
  readonly "~t": T
}

/** @internal */
export class ColumnSubquery {
  readonly parts: QueryParts
  readonly column: TableColumn

  constructor(parts: QueryParts, column: TableColumn) {
    this.parts = parts
    this.column = column
  }
}

const NEGATED: Readonly<Record<string, true>> = { notIn: true, notBetween: true }
const NONE: readonly BoundValue[] = []

/**
 * Conditions of a query. Each call gives a new one and leaves the old one as it was. `and` binds closer than `or`, as in SQL; a function
 * makes a group. A comparison with null is `is null`; one with undefined is refused, for it was probably not meant.
 */
export abstract class Where<M extends ModelClass> {
  readonly #parts: QueryParts

  constructor(parts: QueryParts) {
    this.#parts = parts
  }

  /** The same query at another shape. */
  protected abstract moved(shape: Shape, values: ValueLink | undefined): this

  /** @internal */
  static partsOf(query: Where<never> | Where<ModelClass>): QueryParts {
    return query.#parts
  }

  /** @internal A condition of the package's own. */
  static and<Q extends Where<ModelClass>>(
    query: Q,
    key: readonly string[],
    { make, values }: { make: () => Condition; values: readonly BoundValue[] },
  ): Q {
    return query.#keep(key, make, values)
  }

  /**
   * @throws {ORM_QUERY_INVALID} for a column, an operator or a pair of them that the model does not have.
   * @throws {ORM_VALUE_INVALID} for a value that the column cannot hold.
   */
  where<K extends ColumnName<M>>(column: K, value: ColumnValue<M, K>): this
  where<K extends ColumnName<M>, O extends Operator>(column: K, operator: O, value: Operand<ColumnValue<M, K>, O>): this
  where(group: (query: this) => Where<M>): this
  where(...given: readonly unknown[]): this {
    return this.#where(false, given)
  }

  orWhere<K extends ColumnName<M>>(column: K, value: ColumnValue<M, K>): this
  orWhere<K extends ColumnName<M>, O extends Operator>(
    column: K,
    operator: O,
    value: Operand<ColumnValue<M, K>, O>,
  ): this
  orWhere(group: (query: this) => Where<M>): this
  orWhere(...given: readonly unknown[]): this {
    return this.#where(true, given)
  }

  /** A group that must not hold. A condition on null is neither true nor false, and so is its opposite. */
  whereNot(group: (query: this) => Where<M>): this {
    return this.#group(group, { isOr: false, isNot: true })
  }

  orWhereNot(group: (query: this) => Where<M>): this {
    return this.#group(group, { isOr: true, isNot: true })
  }

  whereNull(column: ColumnName<M>): this {
    return this.#compare(false, [column, "=", null])
  }

  whereNotNull(column: ColumnName<M>): this {
    return this.#compare(false, [column, "!=", null])
  }

  /** Compares two columns of the same row. */
  whereColumn<K extends ColumnName<M>>(one: K, operator: Comparison, other: ColumnName<M>): this {
    const { table } = this.#parts.home
    return this.#keep(["column", one, operator, other], () => {
      checkOperator(operator, ["=", "!=", "<", "<=", ">", ">="])
      return columnComparison(false, [columnOf(table, one), columnOf(table, other)], operator)
    })
  }

  /**
   * Compares what a JSON column holds at a path with text, a number, true, false or null. Values of another kind, and paths that are
   * not there, are equal to none of them but null. The path is bound, as the value is.
   */
  whereJson(column: ColumnName<M>, path: JsonPath, value: JsonScalar): this
  whereJson(column: ColumnName<M>, path: JsonPath, operator: JsonOperator, value: JsonScalar): this
  whereJson(column: ColumnName<M>, path: JsonPath, ...rest: readonly unknown[]): this {
    const [operator, value] = (rest.length === 1 ? ["=", rest[0]] : rest) as [JsonOperator, JsonScalar]
    const { home } = this.#parts
    const { key, values, make } = jsonCondition(operator, path, { value, dialect: home.session.dialect })
    return this.#keep(["json", column, key], () => make(columnOf(home.table, column)), values)
  }

  /** Looks into an array column: `hasAll` of these values, or `hasAny`. */
  whereArray<K extends ColumnsOf<M, readonly unknown[]>>(
    column: K,
    operator: ArrayOperator,
    values: NonNullable<ColumnValue<M, K>>,
  ): this {
    const { home } = this.#parts
    const make = () => {
      checkOperator(operator, ["hasAll", "hasAny"])
      return arrayCondition(columnOf(home.table, column), operator, home.session.dialect)
    }
    const next = this.#shapeOf(["array", column, operator], make)
    return this.#follow(next, [(next.clause as Condition).encode!(values)])
  }

  /** Rows in which all the words occur, in the columns of the model's full-text index. */
  search(text: string): this {
    const { home } = this.#parts
    const { form, value, make } = searchCondition(home.table, home.session.dialect, text)
    return this.#keep(["search", form], make, value === undefined ? NONE : [value])
  }

  /** Rows to which there is one of another model: `whereExists(Post, { authorId: "id" }, (post) => post.where("live", true))`. */
  whereExists<O extends ModelClass>(other: O, ties: Ties<O, M>, build?: (query: Where<O>) => Where<O>): this {
    return this.#exists(false, other, { ties, build })
  }

  whereNotExists<O extends ModelClass>(other: O, ties: Ties<O, M>, build?: (query: Where<O>) => Where<O>): this {
    return this.#exists(true, other, { ties, build })
  }

  /**
   * Rows that have some of a relation, or of one behind it: `whereHas("posts.comments", (comment) => comment.where("isSpam", true))`.
   * With an operator, how many: `whereHas("posts", ">=", 3)`. Scopes of what is looked for hold.
   */
  whereHas<P extends string>(relation: P & CheckPath<M, P>, build?: RelatedWhere<M, P>): this
  whereHas<P extends string>(
    relation: P & CheckPath<M, P>,
    ...count: readonly [operator: Comparison, count: number, build?: RelatedWhere<M, P>]
  ): this
  whereHas(...given: readonly unknown[]): this {
    return this.#has(given, { isOr: false, isNot: false })
  }

  orWhereHas<P extends string>(relation: P & CheckPath<M, P>, build?: RelatedWhere<M, P>): this
  orWhereHas<P extends string>(
    relation: P & CheckPath<M, P>,
    ...count: readonly [operator: Comparison, count: number, build?: RelatedWhere<M, P>]
  ): this
  orWhereHas(...given: readonly unknown[]): this {
    return this.#has(given, { isOr: true, isNot: false })
  }

  /** Rows that have none of a relation, or none for which this holds. */
  whereDoesntHave<P extends string>(relation: P & CheckPath<M, P>, build?: RelatedWhere<M, P>): this {
    return this.#has([relation, build], { isOr: false, isNot: true })
  }

  orWhereDoesntHave<P extends string>(relation: P & CheckPath<M, P>, build?: RelatedWhere<M, P>): this {
    return this.#has([relation, build], { isOr: true, isNot: true })
  }

  #has(given: readonly unknown[], how: { isOr: boolean; isNot: boolean }): this {
    const { shape, values } = whereHas(this.#parts, { ...how, given }, (from, build) => this.build(from, build))
    return this.moved(shape, values)
  }

  /** A condition in SQL of your own: values are bound, `sql.id` quotes. It stands in parentheses, beside the scopes. */
  whereSql(condition: Sql): this {
    const { key, values, make } = sqlCondition(condition, this.#parts.home.session.dialect)
    return this.#keep(["sql", key], make, values)
  }

  /** Adds to the query when `condition` holds: `.when(city, (query, city) => query.where("city", city))`. */
  when<T>(condition: T, build: (query: this, value: NonNullable<T>) => this): this {
    return condition ? build(this, condition as NonNullable<T>) : this
  }

  #where(isOr: boolean, given: readonly unknown[]): this {
    if (given.length === 1) {
      if (typeof given[0] !== "function")
        throw new OrmQueryInvalid(`Write where("column", value), where("column", "<", value), or where((query) => …).`)
      return this.#group(given[0] as (query: this) => Where<M>, { isOr, isNot: false })
    }
    return this.#compare(isOr, given.length === 2 ? [given[0], "=", given[1]] : [given[0], given[1], given[2]])
  }

  #compare(isOr: boolean, [property, operator, value]: readonly [unknown, unknown, unknown]): this {
    const { shape, values } = this.#parts
    if (value === null || typeof value === "object") return this.#compareOther(isOr, [property, operator, value])
    if (value === undefined)
      throw new OrmValueInvalid(
        `The value for "${String(property).slice(0, 64)}" is undefined. Write null where NULL is meant.`,
      )
    const next =
      shape.findCondition(isOr, property as string, operator as string) ?? this.#newComparison(isOr, property, operator)
    return this.moved(next, { value: (next.clause as Condition).encode!(value), before: values })
  }

  #newComparison(isOr: boolean, property: unknown, operator: unknown): Shape {
    const { home, shape } = this.#parts
    const column = columnOf(home.table, property)
    checkOperator(operator, OPERATORS)
    if (operator === "in" || operator === "notIn" || operator === "between" || operator === "notBetween")
      throw new OrmValueInvalid(`"${operator}" takes a list, got one value for "${column.property}".`)
    const clause = comparison(isOr, column, [operator, home.session.dialect])
    return shape.keepCondition(isOr, [column.property, operator], clause)
  }

  /** Null, lists, subqueries, and values that are objects: dates, bytes. */
  #compareOther(isOr: boolean, [property, given, value]: readonly [unknown, unknown, unknown]): this {
    const { home, shape, values } = this.#parts
    const { dialect } = home.session
    const column = columnOf(home.table, property)
    checkOperator(given, OPERATORS)
    const operator: Operator = given
    const or = isOr ? "or" : "and"
    if (value === null) {
      if (operator !== "=" && operator !== "!=")
        throw new OrmValueInvalid(
          `null is neither more nor less than "${column.property}", and in no list: only = and != take it.`,
        )
      return this.#keep(["null", column.property, operator, or], () => nullness(isOr, column, operator === "="))
    }
    const isNot = operator in NEGATED
    if (operator === "in" || operator === "notIn") {
      if (value instanceof ColumnSubquery) return this.#memberOf([isOr, isNot], column, value)
      if (!Array.isArray(value)) throw new OrmValueInvalid(`"${operator}" takes a list for "${column.property}".`)
      const { form, values: listed } = listOf(column, value, dialect)
      const make = () => membership(isOr, column, { isNot, form, dialect })
      return this.#keep([operator, column.property, String(form), or], make, listed)
    }
    if (operator === "between" || operator === "notBetween") {
      if (!Array.isArray(value) || value.length !== 2)
        throw new OrmValueInvalid(`"${operator}" takes [from, to] for "${column.property}".`)
      const ends = value.map((end) => column.cast[dialect].write(end))
      return this.#keep([operator, column.property, or], () => range(isOr, column, { isNot, dialect }), ends)
    }
    const next =
      shape.findCondition(isOr, column.property, operator) ?? this.#newComparison(isOr, column.property, operator)
    return this.moved(next, { value: (next.clause as Condition).encode!(value), before: values })
  }

  #memberOf(
    [isOr, isNot]: readonly [boolean, boolean],
    column: TableColumn,
    { parts, column: selected }: ColumnSubquery,
  ): this {
    const { session } = this.#parts.home
    if (parts.home.session !== session) throw new OrmQueryInvalid("A subquery has to be of the same database.")
    if (selected.definition.kind !== column.definition.kind)
      throw new OrmQueryInvalid(
        `"${column.property}" and "${selected.property}" are of two kinds, and cannot be compared.`,
      )
    const key = parts.shape.plan(`in ${selected.property} ${column.property} ${isOr} ${isNot}`, () => ({}))
    return this.#keep(key, () => memberOf([isOr, isNot], column, { parts, selected }), valuesOf(parts))
  }

  #exists<O extends ModelClass>(
    isNot: boolean,
    other: O,
    { ties, build }: { ties: Ties<O, M>; build: ((query: Where<O>) => Where<O>) | undefined },
  ): this {
    const { home, session } = this.#parts
    const inner = homeIn(session, other)
    const parts = this.build({ home: inner, session, shape: inner.root, values: undefined }, build as never)
    const key = parts.shape.plan(`exists ${home.table.name} ${isNot} ${keyOfTies(ties)}`, () => ({}))
    return this.#keep(key, () => existence(isNot, parts, [home.table, ties]), valuesOf(parts))
  }

  /** What a caller's function adds to the beginning of a query. */
  protected build(from: QueryParts, build: ((query: Where<ModelClass>) => Where<ModelClass>) | undefined): QueryParts {
    if (build === undefined) return from
    const built = build(this.open(from))
    if (!(built instanceof Where)) throw new OrmQueryInvalid("The function has to give back the query it was given.")
    const parts = built.#parts
    for (let shape: Shape | undefined = parts.shape; shape !== undefined; shape = shape.before)
      if (shape === from.shape) return parts
    throw new OrmQueryInvalid("The function has to give back the query it was given, with conditions added.")
  }

  /** A query of any model, for a function of the caller's. */
  protected abstract open(parts: QueryParts): Where<ModelClass>

  #group(build: (query: this) => Where<M>, { isOr, isNot }: { isOr: boolean; isNot: boolean }): this {
    const { home, session, values } = this.#parts
    const opened = this.#shapeOf(["(", isOr ? "or" : "and", isNot ? "not" : ""], () => ({
      kind: "open",
      isOr,
      isNot,
      valueCount: 0,
    }))
    const inner = this.build({ home, session, shape: opened, values }, build as never)
    for (let shape = inner.shape; shape !== opened; shape = shape.before!) {
      const kind = shape.clause!.kind
      if (kind !== "condition" && kind !== "open" && kind !== "close")
        throw new OrmQueryInvalid("A group takes conditions only: order, limit and the rest belong to the query.")
    }
    const closed = inner.shape.find(")") ?? inner.shape.keep(")", { kind: "close", valueCount: 0 })
    return this.moved(closed, inner.values)
  }

  #shapeOf(key: readonly string[] | object, make: () => Shape["clause"]): Shape {
    const { shape } = this.#parts
    const known = Array.isArray(key) ? key.join("\0") : key
    return shape.find(known) ?? shape.keep(known, make()!)
  }

  #keep(key: readonly string[] | object, make: () => Condition, values: readonly BoundValue[] = NONE): this {
    return this.#follow(this.#shapeOf(key, make), values)
  }

  #follow(shape: Shape, values: readonly BoundValue[]): this {
    let link = this.#parts.values
    for (const value of values) link = { value, before: link }
    return this.moved(shape, link)
  }
}

function valuesOf({ shape, values }: QueryParts): readonly BoundValue[] {
  const list: BoundValue[] = []
  for (let link = values; link !== undefined && list.length < shape.valueCount; link = link.before)
    list.push(link.value)
  return list.reverse()
}

function checkOperator<O extends string>(given: unknown, known: readonly O[]): asserts given is O {
  if (known.includes(given as O)) return
  throw new OrmQueryInvalid(`Unknown operator "${String(given).slice(0, 32)}". Known: ${known.join(", ")}.`)
}
