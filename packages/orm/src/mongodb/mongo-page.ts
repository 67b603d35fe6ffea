import type { Document } from "mongodb"
import { OrmQueryInvalid, OrmValueInvalid } from "../errors.ts"
import type { TableColumn } from "../model/table.ts"
import type { MongoHome } from "./mongo-table.ts"
import { fieldOf, fromBson, toBson } from "./mongo-values.ts"

export interface PageOptions {
  /** Rows at most: 1 to 1,000. Default: 20. */
  readonly limit?: number
  /** The `next` of the page before. */
  readonly after?: string | undefined
}

export interface Page<R> {
  readonly rows: R[]
  /** For `after` of the next page; undefined on the last one. */
  readonly next: string | undefined
}

export interface Ordering {
  readonly column: TableColumn
  readonly sign: 1 | -1
}

const MAX_LIMIT = 1_000
const MAX_CURSOR_LENGTH = 4_096

type Load<R> = (part: {
  readonly filter: Document
  readonly sort: readonly Ordering[]
  readonly limit: number
}) => Promise<readonly { readonly document: Document; readonly row: R }[]>

/** @throws {ORM_VALUE_INVALID} for a limit or a cursor that is none: it came from a caller. */
export async function pageOf<R>(
  home: MongoHome,
  order: readonly Ordering[],
  options: PageOptions,
  load: Load<R>,
): Promise<Page<R>> {
  const { limit = 20, after } = options
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
    throw new OrmValueInvalid(`Expected limit to be an integer from 1 to ${MAX_LIMIT}.`)
  const isWhole = order.some(({ column }) => column === home.key)
  const sort: readonly Ordering[] = isWhole ? order : [...order, { column: home.key, sign: 1 }]
  const filter = after === undefined ? {} : behind(sort, readCursor(sort, after))
  const found = await load({ filter, sort, limit: limit + 1 })
  const shown = found.slice(0, limit)
  const last = shown.at(-1)
  const next = found.length > limit && last !== undefined ? writeCursor(sort, last.document) : undefined
  return { rows: shown.map(({ row }) => row), next }
}

/** Rows behind these values: in the first column, or level in it and behind in the next. Null comes before all. */
function behind(sort: readonly Ordering[], values: readonly unknown[]): Document {
  const alternatives = sort.map(({ column, sign }, at) => {
    const level = sort.slice(0, at).map((one, index) => ({ [fieldOf(one.column)]: { $eq: values[index] } }))
    return { $and: [...level, beyond(fieldOf(column), sign, values[at])] }
  })
  return { $or: alternatives }
}

function beyond(field: string, sign: 1 | -1, value: unknown): Document {
  if (sign === 1) return value === null ? { [field]: { $ne: null } } : { [field]: { $gt: value } }
  return value === null ? { $nor: [{}] } : { $or: [{ [field]: { $lt: value } }, { [field]: { $eq: null } }] }
}

function writeCursor(sort: readonly Ordering[], document: Document): string {
  const values = sort.map(({ column }) => {
    const value = fromBson(column, document[fieldOf(column)])
    const bound = value === null ? null : column.cast.postgres.write(value)
    if (bound instanceof Uint8Array)
      throw new OrmQueryInvalid(`A page cannot be sorted by bytes ("${column.property}").`)
    return typeof bound === "bigint" ? String(bound) : bound
  })
  return Buffer.from(JSON.stringify(values)).toString("base64url")
}

/** What a caller sends is read as values of the columns, and never as part of a query. */
function readCursor(sort: readonly Ordering[], text: string): readonly unknown[] {
  const values = parse(text)
  if (values?.length !== sort.length) throw new OrmValueInvalid("The cursor is none of this query's.")
  return sort.map(({ column }, at) => {
    const value = values[at]
    if (value === null) return null
    const { kind } = column.definition
    const isBigint = kind === "bigint" && typeof value === "string" && /^-?\d{1,19}$/.test(value)
    const given = kind === "timestamp" ? new Date(String(value)) : isBigint ? BigInt(value) : value
    return toBson(column.definition, column.cast.postgres.write(given))
  })
}

function parse(text: string): readonly unknown[] | undefined {
  if (typeof text !== "string" || text.length > MAX_CURSOR_LENGTH) return undefined
  try {
    const values: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"))
    return Array.isArray(values) ? values : undefined
  } catch {
    return undefined
  }
}
