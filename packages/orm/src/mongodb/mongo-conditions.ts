import { BSONRegExp } from "mongodb"
import { OrmQueryInvalid, OrmValueInvalid } from "../errors.ts"
import type { AnyScope } from "../model/scopes.ts"
import { columnOf, type Table, type TableColumn } from "../model/table.ts"
import { askScope, DELETED } from "../query/scope-conditions.ts"
import { fieldOf, toBson } from "./mongo-values.ts"

export type MongoOperator =
  | "="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "in"
  | "notIn"
  | "between"
  | "notBetween"
  | "like"
  | "notLike"
  | "ilike"
  | "contains"
  | "startsWith"
  | "endsWith"

type Filter = Record<string, unknown>

/** A condition and its opposite, as SQL means them: on NULL neither holds. */
export interface MongoCondition {
  readonly filter: Filter
  readonly opposite: Filter
}

const EVERY: Filter = {}
const NONE: Filter = { $nor: [{}] }
const SIGNS: Readonly<Record<string, readonly [string, string]>> = {
  "=": ["$eq", "$ne"],
  "!=": ["$ne", "$eq"],
  "<": ["$lt", "$gte"],
  "<=": ["$lte", "$gt"],
  ">": ["$gt", "$lte"],
  ">=": ["$gte", "$lt"],
}
const INCOMPARABLE: ReadonlySet<string> = new Set(["json", "array", "encrypted"])
const MAX_LIST = 16_384

/** Always with an operator, so that no value can be one, and without rows that have no value. */
function present(field: string, condition: Filter): Filter {
  return { $and: [{ [field]: condition }, { [field]: { $ne: null } }] }
}

/** @throws {ORM_QUERY_INVALID} {ORM_VALUE_INVALID} */
export function condition(
  table: Table,
  property: unknown,
  [operator, value]: readonly [unknown, unknown],
): MongoCondition {
  const column = columnOf(table, property)
  const field = fieldOf(column)
  if (value === undefined)
    throw new OrmValueInvalid(`The value for "${column.property}" is undefined. Write null where NULL is meant.`)
  if (value === null) return nullness(column, operator)
  if (INCOMPARABLE.has(column.definition.kind))
    throw new OrmQueryInvalid(`"${column.property}" is ${column.definition.kind}, and is compared with null only.`)
  const encode = (one: unknown) => toBson(column.definition, column.cast.postgres.write(one))
  const signs = Object.hasOwn(SIGNS, String(operator)) ? SIGNS[String(operator)] : undefined
  if (signs !== undefined) {
    const bound = encode(value)
    return { filter: present(field, { [signs[0]]: bound }), opposite: present(field, { [signs[1]]: bound }) }
  }
  switch (operator) {
    case "in":
    case "notIn":
      return membership(field, operator === "notIn", listOf(column, value).map(encode))
    case "between":
    case "notBetween": {
      const ends = listOf(column, value)
      if (ends.length !== 2) throw new OrmValueInvalid(`"${operator}" takes [from, to] for "${column.property}".`)
      const [from, to] = ends.map(encode)
      const within = present(field, { $gte: from, $lte: to })
      const outside = present(field, { $not: { $gte: from, $lte: to } })
      return operator === "between" ? { filter: within, opposite: outside } : { filter: outside, opposite: within }
    }
    default:
      return textMatch(column, operator, value)
  }
}

function nullness(column: TableColumn, operator: unknown): MongoCondition {
  if (operator !== "=" && operator !== "!=")
    throw new OrmValueInvalid(`null is neither more nor less than "${column.property}": only = and != take it.`)
  const field = fieldOf(column)
  const [none, some] = [{ [field]: { $eq: null } }, { [field]: { $ne: null } }]
  return operator === "=" ? { filter: none, opposite: some } : { filter: some, opposite: none }
}

function listOf(column: TableColumn, value: unknown): readonly unknown[] {
  if (!Array.isArray(value) || value.length > MAX_LIST)
    throw new OrmValueInvalid(`Expected a list of at most ${MAX_LIST} values for "${column.property}".`)
  return value
}

function membership(field: string, isNot: boolean, values: readonly unknown[]): MongoCondition {
  const within = values.length === 0 ? NONE : present(field, { $in: values })
  const outside = values.length === 0 ? EVERY : present(field, { $nin: values })
  return isNot ? { filter: outside, opposite: within } : { filter: within, opposite: outside }
}

function textMatch(column: TableColumn, operator: unknown, value: unknown): MongoCondition {
  const { kind } = column.definition
  if (kind !== "text" && kind !== "enum")
    throw new OrmQueryInvalid(`"${column.property}" is ${kind}, and has no "${String(operator).slice(0, 32)}".`)
  if (typeof value !== "string" || value.includes("\0"))
    throw new OrmValueInvalid(`"${String(operator).slice(0, 32)}" takes text for "${column.property}".`)
  const pattern = patternOf(operator, value)
  const expression = new BSONRegExp(pattern, operator === "ilike" ? "is" : "s")
  const field = fieldOf(column)
  const match = present(field, { $regex: expression })
  const miss = present(field, { $not: expression })
  return operator === "notLike" ? { filter: miss, opposite: match } : { filter: match, opposite: miss }
}

/** The end of the text: alone, `$` also stands before a line break that ends it. */
const END = "$(?!\\n)"

function patternOf(operator: unknown, text: string): string {
  switch (operator) {
    case "like":
    case "notLike":
    case "ilike":
      return `^${likeToPattern(text)}${END}`
    case "contains":
      return escapePattern(text)
    case "startsWith":
      return `^${escapePattern(text)}`
    case "endsWith":
      return `${escapePattern(text)}${END}`
    default:
      throw new OrmQueryInvalid(`Unknown operator "${String(operator).slice(0, 32)}".`)
  }
}

/** Nothing of the text is a pattern, so that no text can make one that takes for ever. */
function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")
}

/** `%` any text, `_` one character, a backslash before what stands for itself. */
function likeToPattern(text: string): string {
  return [...text.matchAll(/\\(.)|%|_|[^%_\\]+|\\$/gsu)]
    .map(([piece, literal]) => {
      if (literal !== undefined) return escapePattern(literal)
      if (piece === "%") return ".*"
      return piece === "_" ? "." : escapePattern(piece)
    })
    .join("")
}

/** All of these. */
export function allOf(conditions: readonly MongoCondition[]): MongoCondition {
  if (conditions.length === 1) return conditions[0]!
  if (conditions.length === 0) return { filter: EVERY, opposite: NONE }
  return {
    filter: { $and: conditions.map(({ filter }) => filter) },
    opposite: { $or: conditions.map(({ opposite }) => opposite) },
  }
}

/** Any of these. */
export function anyOf(conditions: readonly MongoCondition[]): MongoCondition {
  if (conditions.length === 1) return conditions[0]!
  return {
    filter: { $or: conditions.map(({ filter }) => filter) },
    opposite: { $and: conditions.map(({ opposite }) => opposite) },
  }
}

export function not({ filter, opposite }: MongoCondition): MongoCondition {
  return { filter: opposite, opposite: filter }
}

/** The scopes of a model that are not lifted, with the values they have now. @throws {ORM_SCOPE_MISSING} */
export function scopesOf(table: Table, lifted: ReadonlySet<string>): readonly MongoCondition[] {
  const { deletedAt } = table.roles
  const conditions: MongoCondition[] = []
  if (deletedAt !== undefined && !lifted.has(DELETED)) conditions.push(nullness(deletedAt, "="))
  for (const [name, scope] of table.scopes) if (!lifted.has(name)) conditions.push(ofScope(table, scope, name))
  return conditions
}

function ofScope(table: Table, scope: AnyScope, name: string): MongoCondition {
  if (scope.kind !== "condition") {
    const all = scope.scopes.map((one) => ofScope(table, one, name))
    return scope.kind === "any" ? anyOf(all) : allOf(all)
  }
  const { column, operator, value } = scope
  const now = typeof value === "function" ? askScope(value as () => unknown, table.model.name, name) : value
  return condition(table, column, [operator, now])
}
