import type { SqlValue } from "@ashlar/sqlite"
import {
  type Bound,
  type Condition,
  intersect,
  isAlways,
  isNever,
  type KeyCondition,
  toCondition,
} from "../../condition.ts"
import { QueryTooComplex } from "../../errors.ts"
import type { Filter } from "../../filter.ts"
import { languageLimits } from "../../limits.ts"
import type { SortValue } from "../../order.ts"
import type { Path } from "../../path.ts"
import { idDirection, type SortField, type SortPosition } from "../../sort.ts"
import { type Fragment, joinSql, raw, sql, toText } from "../fragment.ts"
import { conditionSql, type Indexing, rootScope } from "./filter.ts"
import { keySql, nameSql, toKey } from "./key.ts"
import { tableName } from "./names.ts"

/** SQL as the driver takes it. */
export interface Prepared {
  readonly sql: string
  readonly params: readonly SqlValue[]
}

/** What a page is made of. */
export interface PageRequest {
  readonly collection: string
  readonly where: Filter
  readonly sort: readonly SortField[]
  /** Documents after this place only. */
  readonly after?: SortPosition
  readonly limit: number
  /** Documents up to this many bytes come with their text; longer ones with `doc` NULL, to be fetched one by one. */
  readonly maxTextBytes: number
  readonly indexing: Indexing
}

/** A read, and what would bound the work for it. */
export interface Read extends Prepared {
  /** How many bounds of an index take all conditions; undefined when some are tested document by document. */
  readonly indexBounds: number | undefined
  /** True when the filter contradicts itself: there is nothing to read. */
  readonly empty: boolean
}

/** The rows of a page, in order: `n, id, rev, created, updated, size, doc`. */
export function pageSql(request: PageRequest): Read {
  const { collection, sort, after, limit, maxTextBytes, indexing } = request
  const condition = toCondition(request.where, indexing.isScalar)
  const placed = after ? placeAfter(condition, { sort, after, indexing }) : { condition, rest: undefined }
  const where = whereSql(placed.condition, { indexing, rest: placed.rest })
  const order = [...sort.map(({ path, direction }) => `${keySql(path)} ${direction}`), `id ${idDirection(sort)}`]
  const statement = sql`SELECT n, id, rev, created, updated, octet_length(doc) AS size, iif(octet_length(doc)<=${maxTextBytes}, doc, NULL) AS doc FROM ${tableSql(collection)}${where} ORDER BY ${raw(order.join(", "))} LIMIT ${limit}`
  // Documents that tie with the place are passed one by one, and there may be many: only ids never tie.
  const bounds = after && sort.length > 0 ? undefined : indexBounds(condition, indexing)
  return {
    ...prepare(statement),
    indexBounds: after && bounds !== undefined ? bounds + 1 : bounds,
    empty: isNever(condition),
  }
}

/** Counts what matches: at most `limit` by an index, or among the first `limit` rows of the table when `scanned`. */
export function countSql(request: {
  readonly collection: string
  readonly where: Filter
  readonly limit: number
  readonly scanned: boolean
  readonly indexing: Indexing
}): Read {
  const condition = toCondition(request.where, request.indexing.isScalar)
  const where = whereSql(condition, { indexing: request.indexing })
  const table = tableSql(request.collection)
  const statement = request.scanned
    ? sql`SELECT count(*) AS value FROM (SELECT n, id, doc FROM ${table} LIMIT ${request.limit})${where}`
    : sql`SELECT count(*) AS value FROM (SELECT 1 FROM ${table}${where} LIMIT ${request.limit})`
  return { ...prepare(statement), indexBounds: indexBounds(condition, request.indexing), empty: isNever(condition) }
}

function tableSql(collection: string): Fragment {
  return raw(nameSql(tableName(collection)))
}

/** @throws {DOCUMENTS_QUERY_TOO_COMPLEX} when the text is so long that planning it would hold up everybody else. */
function prepare(statement: Fragment): Prepared {
  const text = toText(statement, () => "?")
  const max = languageLimits.statementLength
  if (text.length <= max) return { sql: text, params: statement.params }
  throw new QueryTooComplex(
    `The query comes to ${text.length} characters of SQL, and may come to ${max}. Use fewer conditions or shorter paths, or declare scalar indexes for its paths.`,
    { details: { pointer: "/where", limit: max } },
  )
}

function whereSql(
  condition: Condition,
  { indexing, rest }: { readonly indexing: Indexing; readonly rest?: Fragment | undefined },
): Fragment {
  const parts = isAlways(condition) ? [] : [conditionSql(condition, rootScope(indexing))]
  if (rest) parts.push(rest)
  return parts.length === 0 ? raw("") : sql` WHERE ${joinSql(parts, " AND ")}`
}

interface Placing {
  readonly sort: readonly SortField[]
  readonly after: SortPosition
  readonly indexing: Indexing
}

/**
 * Adds "after this place": `K1>=? AND (K1>? OR (K2>=? AND (K2>? OR id>?)))`. SQLite uses no expression index for a comparison of
 * row values. The first bound goes into the interval that the filter has on that path, if it has one: the planner would
 * take either, and the filter's own would read from the start again on every page.
 */
function placeAfter(condition: Condition, placing: Placing): { condition: Condition; rest: Fragment } {
  const { sort, after } = placing
  const first = sort[0]
  const tightened = first && tighten(condition, { field: first, value: after.values[0]!, indexing: placing.indexing })
  return { condition: tightened ?? condition, rest: afterSql(placing, { at: 0, bounded: tightened !== undefined }) }
}

function afterSql({ sort, after, indexing }: Placing, { at, bounded }: { at: number; bounded: boolean }): Fragment {
  const field = sort[at]
  if (field === undefined) return idDirection(sort) === "asc" ? sql`id>${after.id}` : sql`id<${after.id}`
  const key = raw(keySql(field.path))
  const value = toKey(after.values[at]!)
  const ascending = field.direction === "asc"
  const deeper = afterSql({ sort, after, indexing }, { at: at + 1, bounded: false })
  const beyond = ascending ? sql`(${key}>${value} OR ${deeper})` : sql`(${key}<${value} OR ${deeper})`
  if (bounded) return beyond
  return ascending ? sql`(${key}>=${value} AND ${beyond})` : sql`(${key}<=${value} AND ${beyond})`
}

function tighten(
  condition: Condition,
  { field, value, indexing }: { field: SortField; value: SortValue; indexing: Indexing },
): Condition | undefined {
  if (typeof value !== "number" && typeof value !== "string") return undefined
  if (!indexing.isScalar(field.path)) return undefined
  const bound: Bound = { value, inclusive: true }
  const type = typeof value === "number" ? "number" : "string"
  const tightenOne = (each: Condition): Condition | undefined => {
    if (each.op !== "keys" || !isSamePath(each.path, field.path)) return undefined
    if (each.keys.kind !== "interval" || each.keys.type !== type) return undefined
    const side = field.direction === "asc" ? { lower: bound } : { upper: bound }
    return { ...each, keys: intersect(each.keys, { kind: "interval", type, ...side }) }
  }
  if (condition.op !== "and") return tightenOne(condition)
  const at = condition.conditions.findIndex((each) => tightenOne(each) !== undefined)
  return at < 0
    ? undefined
    : { op: "and", conditions: condition.conditions.with(at, tightenOne(condition.conditions[at]!)!) }
}

function isSamePath(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((segment, i) => segment === b[i])
}

/** A single value is one bound of an index, an interval two. */
function indexBounds(condition: Condition, indexing: Indexing): number | undefined {
  if (condition.op === "and") {
    return condition.conditions.reduce<number | undefined>((sum, each) => {
      const bounds = each.op === "keys" ? indexBounds(each, indexing) : undefined
      return sum === undefined || bounds === undefined ? undefined : sum + bounds
    }, 0)
  }
  return condition.op === "keys" && indexing.isScalar(condition.path) ? boundsOf(condition) : undefined
}

function boundsOf({ keys }: KeyCondition): number {
  return keys.kind === "interval" ? 2 : 1
}
