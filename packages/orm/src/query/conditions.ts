import { type Expression, sql as k, type RawBuilder } from "kysely"
import type { ColumnKind } from "../columns/column.ts"
import type { BoundValue, Dialect } from "../driver.ts"
import { OrmQueryInvalid, OrmValueInvalid } from "../errors.ts"
import type { TableColumn } from "../model/table.ts"
import type { Condition, Place } from "./clause.ts"
import { containsText, endsWithText, ilikePattern, likePattern, startsWithText } from "./text-match.ts"

export type Comparison = "=" | "!=" | "<" | "<=" | ">" | ">="
export type TextOperator = "like" | "notLike" | "ilike" | "contains" | "startsWith" | "endsWith"
export type Operator = Comparison | TextOperator | "in" | "notIn" | "between" | "notBetween"

export const OPERATORS: readonly Operator[] = [
  "=",
  "!=",
  "<",
  "<=",
  ">",
  ">=",
  "like",
  "notLike",
  "ilike",
  "contains",
  "startsWith",
  "endsWith",
  "in",
  "notIn",
  "between",
  "notBetween",
]

const COMPARISONS: Readonly<Record<Comparison, RawBuilder<unknown>>> = {
  "=": k`=`,
  "!=": k`<>`,
  "<": k`<`,
  "<=": k`<=`,
  ">": k`>`,
  ">=": k`>=`,
}

const TEXTS: ReadonlySet<ColumnKind> = new Set(["text", "enum", "uuid"])
const UNORDERED: ReadonlySet<ColumnKind> = new Set(["json", "array", "encrypted", "boolean"])
/** What no two databases compare alike, or not at all. */
const INCOMPARABLE: ReadonlySet<ColumnKind> = new Set(["json", "array", "encrypted"])

/** A comparison of a column with one value. @throws {ORM_QUERY_INVALID} when the column does not have such. */
export function comparison(
  isOr: boolean,
  column: TableColumn,
  [operator, dialect]: readonly [Operator, Dialect],
): Condition {
  const { kind } = column.definition
  const isText = !(operator in COMPARISONS)
  if (isText) return textMatch(isOr, column, [operator as TextOperator, dialect])
  const isEquality = operator === "=" || operator === "!="
  if (INCOMPARABLE.has(kind) || (!isEquality && UNORDERED.has(kind))) throw unfit(column, operator)
  const sign = COMPARISONS[operator as Comparison]
  return {
    kind: "condition",
    isOr,
    valueCount: 1,
    encode: column.cast[dialect].write,
    write: (place) => {
      const left = isEquality ? place.column(column) : comparable(column, place)
      return k`${left} ${sign} ${typed(place.slot(), column, { dialect, isOrdered: !isEquality })}`
    },
  }
}

export function compareWith(
  operator: Comparison,
  one: Expression<unknown>,
  other: Expression<unknown>,
): RawBuilder<unknown> {
  return k`${one} ${COMPARISONS[operator]} ${other}`
}

/** `is null` and `is not null`. */
export function nullness(isOr: boolean, column: TableColumn, isNull: boolean): Condition {
  return {
    kind: "condition",
    isOr,
    valueCount: 0,
    encode: undefined,
    write: (place) => k`${place.column(column)} ${isNull ? k`is null` : k`is not null`}`,
  }
}

/** `in` a list: one bound value where the database has a way, else as many as the list was padded to. */
export function membership(
  isOr: boolean,
  column: TableColumn,
  { isNot, form, dialect }: { isNot: boolean; form: ListForm; dialect: Dialect },
): Condition {
  if (INCOMPARABLE.has(column.definition.kind)) throw unfit(column, isNot ? "notIn" : "in")
  const word = isNot ? k`not in` : k`in`
  return {
    kind: "condition",
    isOr,
    valueCount: typeof form === "number" ? form : 1,
    encode: undefined,
    write(place) {
      const left = place.column(column)
      if (form === 0) return isNot ? k`1 = 1` : k`1 = 0`
      if (form === "array") return isNot ? k`${left} <> all(${place.slot()})` : k`${left} = any(${place.slot()})`
      if (form === "json") return k`${left} ${word} (select value from json_each(${place.slot()}))`
      const slots = Array.from({ length: form }, () => typed(place.slot(), column, { dialect, isOrdered: false }))
      return k`${left} ${word} (${k.join(slots)})`
    },
  }
}

export type ListForm = number | "array" | "json"

const MAX_LIST = 16_384
/** Above this SQLite reads a list faster from one JSON text. */
const JSON_FROM = 8

/** How a list is bound, and its values in that form. @throws {ORM_VALUE_INVALID} */
export function listOf(
  column: TableColumn,
  given: readonly unknown[],
  dialect: Dialect,
): { form: ListForm; values: readonly BoundValue[] } {
  if (given.length > MAX_LIST)
    throw new OrmValueInvalid(`Expected at most ${MAX_LIST} values in a list, got ${given.length}. Ask in parts.`)
  const values = given.map((value) => {
    if (value === null || value === undefined)
      throw new OrmValueInvalid(
        `A list for "${column.property}" holds ${value}, which SQL finds in no list, and with notIn finds nothing at all. Ask for null by itself.`,
      )
    return column.cast[dialect].write(value)
  })
  if (values.length === 0) return { form: 0, values }
  if (dialect === "postgres") return { form: "array", values: [values] }
  const { kind } = column.definition
  // A double is not the same in JSON's digits everywhere, and bytes have no form there.
  const isPadded = dialect === "mysql" || values.length <= JSON_FROM || kind === "double" || kind === "bytes"
  if (!isPadded)
    return {
      form: "json",
      values: [JSON.stringify(values.map((one) => (typeof one === "bigint" ? String(one) : one)))],
    }
  const size = 2 ** Math.ceil(Math.log2(values.length))
  const last = values[values.length - 1]!
  return { form: size, values: [...values, ...Array<BoundValue>(size - values.length).fill(last)] }
}

export function range(
  isOr: boolean,
  column: TableColumn,
  { isNot, dialect }: { isNot: boolean; dialect: Dialect },
): Condition {
  if (UNORDERED.has(column.definition.kind)) throw unfit(column, "between")
  return {
    kind: "condition",
    isOr,
    valueCount: 2,
    encode: undefined,
    write(place) {
      const [from, to] = [place.slot(), place.slot()].map((one) => typed(one, column, { dialect, isOrdered: true }))
      return k`${comparable(column, place)} ${isNot ? k`not between` : k`between`} ${from} and ${to}`
    },
  }
}

/** Two columns of the same row. */
export function columnComparison(
  isOr: boolean,
  [one, other]: readonly [TableColumn, TableColumn],
  operator: Comparison,
): Condition {
  if (INCOMPARABLE.has(one.definition.kind)) throw unfit(one, operator)
  if (one.definition.kind !== other.definition.kind)
    throw new OrmQueryInvalid(`"${one.property}" and "${other.property}" are of two kinds, and cannot be compared.`)
  return {
    kind: "condition",
    isOr,
    valueCount: 0,
    encode: undefined,
    write: (place) => k`${comparable(one, place)} ${COMPARISONS[operator]} ${comparable(other, place)}`,
  }
}

function textMatch(
  isOr: boolean,
  column: TableColumn,
  [operator, dialect]: readonly [TextOperator, Dialect],
): Condition {
  if (!TEXTS.has(column.definition.kind)) throw unfit(column, operator)
  const text = (value: unknown): string => {
    if (typeof value === "string" && !value.includes("\0")) return value
    throw new OrmValueInvalid(`Expected the value for "${column.property}" ${operator} to be text without a NUL.`)
  }
  const matches = {
    like: likePattern,
    notLike: likePattern,
    ilike: ilikePattern,
    contains: containsText,
    startsWith: startsWithText,
    endsWith: endsWithText,
  }
  const { write, encode } = matches[operator](dialect)
  return {
    kind: "condition",
    isOr,
    valueCount: 1,
    encode: (value) => encode(text(value)),
    write(place) {
      // PostgreSQL's uuid has no LIKE.
      const plain = place.column(column)
      const left = dialect === "postgres" && column.definition.kind === "uuid" ? k`${plain}::text` : plain
      const condition = write(left, place.slot())
      return operator === "notLike" ? k`not (${condition})` : condition
    },
  }
}

/** What orders as its values do: SQLite keeps decimals as text. */
export function comparable(column: TableColumn, place: Place): Expression<unknown> {
  const plain = place.column(column)
  return place.dialect === "sqlite" && column.definition.kind === "decimal" ? k`cast(${plain} as numeric)` : plain
}

/** A value as its column compares it, and what is added up of it: MySQL would compare digits in text as floats. */
export function typed(
  value: Expression<BoundValue>,
  { definition }: TableColumn,
  { dialect, isOrdered }: { dialect: Dialect; isOrdered: boolean },
): Expression<unknown> {
  if (definition.kind !== "decimal") return value
  if (dialect === "mysql")
    return k`cast(${value} as decimal(${k.lit(definition.precision!)}, ${k.lit(definition.scale!)}))`
  return dialect === "sqlite" && isOrdered ? k`cast(${value} as numeric)` : value
}

function unfit(column: TableColumn, operator: string): Error {
  return new OrmQueryInvalid(
    `"${column.property}" is ${column.definition.kind}, and cannot be compared by "${operator}".`,
  )
}

/** The columns of a table that text can be searched in. */
export function isOrdered(column: TableColumn): boolean {
  return !UNORDERED.has(column.definition.kind) || column.definition.kind === "boolean"
}
