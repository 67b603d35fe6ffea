import { OrmQueryInvalid, OrmValueInvalid } from "../errors.ts"
import type { ModelClass } from "../model/types.ts"
import type { ModelQuery } from "./model-query.ts"
import { type CursorValues, cursorValues, readCursor, type SortColumn, sortOf, writeCursor } from "./paging.ts"
import { Where } from "./where.ts"

/** Which rows of a sorted list are wanted. */
export interface CursorPageOptions {
  /** Rows of the page, 1 to 10,000. */
  readonly limit: number
  /** Rows behind this one: `next` of the page before, or the values that it stands for. */
  readonly after?: string | CursorValues | undefined
  /** Rows before this one: `previous` of the page behind. */
  readonly before?: string | CursorValues | undefined
}

export interface OffsetPageOptions {
  readonly limit: number
  readonly offset: number
}

/** Rows, and where to go on from. */
export interface CursorPage<R> {
  readonly rows: R[]
  /** For `after`; undefined when there are no more rows. */
  readonly next: string | undefined
  /** For `before`; undefined on the first page. */
  readonly previous: string | undefined
  /** The same as the values they stand for, for a list of HTTP's own cursors. */
  readonly around: { readonly next: CursorValues | undefined; readonly previous: CursorValues | undefined }
}

export interface OffsetPage<R> {
  readonly rows: R[]
  readonly total: number
  readonly around: { readonly total: number }
}

const MAX_LIMIT = 10_000

type AnyQuery = ModelQuery<ModelClass, Record<string, unknown>>

/** One page by cursor: it stays right while rows come and go, and costs the same however deep it is. */
export async function cursorPage(
  query: AnyQuery,
  { limit, after, before }: CursorPageOptions,
): Promise<CursorPage<Record<string, unknown>>> {
  checkLimit(limit)
  if (after !== undefined && before !== undefined)
    throw new OrmQueryInvalid("A page is after a row or before one, not both.")
  const sort = sortOf(Where.partsOf(query as never))
  const isBack = before !== undefined
  const from = isBack ? before : after
  const towards = isBack ? sort.map(reversed) : sort
  const start = from === undefined ? query : behind(query, towards, readCursor(from, sort))
  const rows = await sorted(start, towards)
    .limit(limit + 1)
    .get()
  const hasMore = rows.length > limit
  if (hasMore) rows.pop()
  if (isBack) rows.reverse()
  const at = (row: Record<string, unknown> | undefined, isThere: boolean) =>
    row === undefined || !isThere ? undefined : cursorValues(row, sort)
  const next = at(rows.at(-1), isBack || hasMore)
  const previous = at(rows[0], isBack ? hasMore : after !== undefined)
  const write = (values: CursorValues | undefined) => (values === undefined ? undefined : writeCursor(values, sort))
  return { rows, next: write(next), previous: write(previous), around: { next, previous } }
}

/** One page by its place, with the count of all. */
export async function offsetPage(
  query: AnyQuery,
  { limit, offset }: OffsetPageOptions,
): Promise<OffsetPage<Record<string, unknown>>> {
  checkLimit(limit)
  // One after the other: within a transaction they would wait for each other anyway.
  const total = await query.count()
  const rows = await query.limit(limit).offset(offset).get()
  return { rows, total, around: { total } }
}

/** All rows in parts, each read when it is asked for: by where the last one ended, so that no connection is held between. */
export async function* chunksOf(query: AnyQuery, size: number): AsyncGenerator<Record<string, unknown>[], void> {
  checkLimit(size)
  const sort = sortOf(Where.partsOf(query as never))
  const first = sorted(query, sort)
  for (let next: readonly unknown[] | undefined; ; ) {
    const rows = await (next === undefined ? first : sorted(behind(query, sort, next), sort)).limit(size).get()
    const last = rows.at(-1)
    if (last === undefined) return
    // Before the caller has them, who may change them.
    next = sort.map(({ column }) => last[column.property])
    if (next.includes(undefined)) throw new OrmQueryInvalid("Select what the rows are sorted by too, and their key.")
    const isLast = rows.length < size
    yield rows
    if (isLast) return
  }
}

const reversed = ({ column, direction }: SortColumn): SortColumn => ({
  column,
  direction: direction === "asc" ? "desc" : "asc",
})

function sorted(query: AnyQuery, sort: readonly SortColumn[]): AnyQuery {
  return sort.reduce((sorting, { column, direction }) => sorting.orderBy(column.property, direction), query.unordered())
}

/** Rows behind these values: `a > 1 or (a = 1 and b > 2)`, in the direction of each. */
function behind(query: AnyQuery, sort: readonly SortColumn[], values: readonly unknown[]): AnyQuery {
  return query.where((any) =>
    sort.reduce(
      (alternatives, { column, direction }, index) =>
        alternatives.orWhere((all) => {
          const equal = sort
            .slice(0, index)
            .reduce((tied, one, place) => tied.where(one.column.property, values[place]), all)
          return equal.where(column.property, direction === "asc" ? ">" : "<", values[index] as never)
        }),
      any,
    ),
  )
}

function checkLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
    throw new OrmValueInvalid(`Expected the size of a page to be an integer from 1 to ${MAX_LIMIT}.`)
}
