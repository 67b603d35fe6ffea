import { OrmCursorInvalid, OrmQueryInvalid } from "../errors.ts"
import type { TableColumn } from "../model/table.ts"
import type { Clause, Direction } from "./clause.ts"
import type { QueryParts } from "./shape.ts"

/** What rows are sorted by, with the key at the end so that no two are alike. */
export interface SortColumn {
  readonly column: TableColumn
  readonly direction: Direction
}

/** The values of the last row that was seen, in the order of the sort. */
export type CursorValues = readonly (string | number | boolean | null)[]

const MAX_CURSOR_LENGTH = 4_096

/** @throws {ORM_QUERY_INVALID} when the sort leaves two rows alike, or a column of it may be null. */
export function sortOf({ home, shape }: QueryParts): readonly SortColumn[] {
  const { table } = home
  const path = shape.path()
  const other = path.find(
    ({ kind }) => kind === "limit" || kind === "offset" || kind === "distinct" || kind === "group" || kind === "join",
  )
  if (other !== undefined)
    throw new OrmQueryInvalid(`Pages by cursor are of the rows themselves, and take no ${other.kind}.`)
  if (table.primaryKey.length === 0)
    throw new OrmQueryInvalid(`${table.model.name} has no primary key, by which rows are told apart.`)
  const sort: SortColumn[] = []
  for (const clause of path) {
    if (clause.kind === "unorder") sort.length = 0
    if (clause.kind !== "order") continue
    const { column, direction } = clause as Extract<Clause, { kind: "order" }>
    if (column === undefined) throw new OrmQueryInvalid("Pages by cursor are sorted by columns of the model.")
    if (!sort.some((one) => one.column === column)) sort.push({ column, direction })
  }
  const nullable = sort.find(({ column }) => column.definition.nullable)
  if (nullable !== undefined)
    throw new OrmQueryInvalid(
      `"${nullable.column.property}" may be null, and there is no place behind null: pages by cursor are not sorted by it.`,
    )
  const last = sort.at(-1)?.direction ?? "asc"
  for (const column of table.primaryKey)
    if (!sort.some((one) => one.column === column)) sort.push({ column, direction: last })
  return sort
}

/** `createdAt desc, id desc`: what a cursor was made for. */
export function sortText(sort: readonly SortColumn[]): string {
  return sort.map(({ column, direction }) => `${column.property} ${direction}`).join(", ")
}

/** Where a row stands in the sort, in what JSON holds. */
export function cursorValues(row: Readonly<Record<string, unknown>>, sort: readonly SortColumn[]): CursorValues {
  return sort.map(({ column: { property } }) => {
    const value = row[property]
    if (value === undefined) throw new OrmQueryInvalid(`Select "${property}" too: the rows are sorted by it.`)
    if (typeof value === "bigint") return String(value)
    return value instanceof Date ? value.toISOString() : (value as string)
  })
}

/** The same back as values of the columns. @throws {ORM_CURSOR_INVALID} */
export function readCursorValues(values: unknown, sort: readonly SortColumn[]): readonly unknown[] {
  if (!Array.isArray(values) || values.length !== sort.length) throw new OrmCursorInvalid()
  return sort.map(({ column }, index) => {
    const value = fromJson(values[index], column)
    try {
      column.cast.sqlite.write(value)
    } catch (cause) {
      throw new OrmCursorInvalid(undefined, { cause })
    }
    return value
  })
}

function fromJson(value: unknown, { definition }: TableColumn): unknown {
  if (typeof value !== "string") return value
  if (definition.kind === "timestamp") return new Date(value)
  if (definition.kind === "bigint") return /^-?\d{1,19}$/.test(value) ? BigInt(value) : value
  return value
}

/** An opaque text of where a row stands. It is no secret, and an input like any other when it comes back. */
export function writeCursor(values: CursorValues, sort: readonly SortColumn[]): string {
  return Buffer.from(JSON.stringify([sortText(sort), ...values])).toString("base64url")
}

/** @throws {ORM_CURSOR_INVALID} for what was made for another sort, or by nobody here. */
export function readCursor(cursor: unknown, sort: readonly SortColumn[]): readonly unknown[] {
  if (Array.isArray(cursor)) return readCursorValues(cursor, sort)
  if (typeof cursor !== "string" || cursor.length > MAX_CURSOR_LENGTH) throw new OrmCursorInvalid()
  let parsed: unknown
  try {
    parsed = JSON.parse(Buffer.from(cursor, "base64url").toString())
  } catch (cause) {
    throw new OrmCursorInvalid(undefined, { cause })
  }
  if (!Array.isArray(parsed) || parsed[0] !== sortText(sort)) throw new OrmCursorInvalid()
  return readCursorValues(parsed.slice(1), sort)
}
