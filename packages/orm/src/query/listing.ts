import { OrmQueryInvalid } from "../errors.ts"
import { columnOf, type Table } from "../model/table.ts"
import type { ModelClass } from "../model/types.ts"
import type { Operator } from "./conditions.ts"
import type { ModelQuery } from "./model-query.ts"
import { cursorPage, offsetPage } from "./pages.ts"
import type { CursorValues } from "./paging.ts"
import { Where } from "./where.ts"

/** What a caller asks of a list, as `listQuery` of `@ashlar/http/query` reads it; anything else of this form will do. */
export interface ListRequest {
  readonly filter: readonly { readonly field: string; readonly operator: string; readonly value: unknown }[]
  readonly sort: readonly { readonly field: string; readonly direction: "asc" | "desc" }[]
  readonly fields?: readonly string[] | undefined
  readonly page:
    | { readonly limit: number; readonly offset: number }
    | { readonly limit: number; readonly after: CursorValues | undefined; readonly before: CursorValues | undefined }
    | undefined
}

/** Rows, and what a reply says of the other pages. */
export interface Listing<R> {
  readonly rows: R[]
  readonly around: {
    readonly total?: number
    readonly next?: CursorValues | undefined
    readonly previous?: CursorValues | undefined
  }
}

type AnyQuery = ModelQuery<ModelClass, Record<string, unknown>>

const OPERATORS: Readonly<Record<string, Operator>> = {
  eq: "=",
  ne: "!=",
  lt: "<",
  lte: "<=",
  gt: ">",
  gte: ">=",
  in: "in",
  contains: "contains",
  startsWith: "startsWith",
}

/** Answers a list by what its caller asked for. Hidden columns are in nothing of it, whatever the allow-list says. */
export async function listOfRows(
  query: AnyQuery,
  { filter, sort, fields, page }: ListRequest,
): Promise<Listing<Record<string, unknown>>> {
  const { table } = Where.partsOf(query as never).home
  const filtered = filter.reduce((narrowed, condition) => compare(narrowed, table, condition), query)
  const sorted = sort.reduce(
    (ordered, { field, direction }) => ordered.orderBy(shown(table, field), direction),
    filtered,
  )
  if (fields !== undefined) for (const field of fields) shown(table, field)
  if (page === undefined) return { rows: only(await sorted.get(), fields), around: {} }
  const { rows, around } = "offset" in page ? await offsetPage(sorted, page) : await cursorPage(sorted, page)
  return { rows: only(rows, fields), around }
}

function compare(query: AnyQuery, table: Table, { field, operator, value }: ListRequest["filter"][number]): AnyQuery {
  const property = shown(table, field)
  if (operator === "isNull") return value === true ? query.whereNull(property) : query.whereNotNull(property)
  const own = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator]! : undefined
  if (own === undefined)
    throw new OrmQueryInvalid(
      `Unknown operator "${String(operator).slice(0, 32)}". Known: ${Object.keys(OPERATORS).join(", ")}, isNull.`,
    )
  return query.where(property, own, value as never)
}

function shown(table: Table, field: string): string {
  const { property, definition } = columnOf(table, field)
  if (definition.hidden) throw new OrmQueryInvalid(`"${property}" is hidden, and not for callers to ask for.`)
  return property
}

function only(rows: Record<string, unknown>[], fields: readonly string[] | undefined): Record<string, unknown>[] {
  if (fields === undefined) return rows
  return rows.map((row) => Object.fromEntries(fields.map((field) => [field, row[field]])))
}
