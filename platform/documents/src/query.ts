import { QueryInvalid } from "./errors.ts"
import { type Filter, parseFilter } from "./filter.ts"
import { languageLimits } from "./limits.ts"
import { parseSelection, type Selection } from "./selection.ts"
import { readFields, refuse } from "./shape.ts"
import { parseSort, type SortField } from "./sort.ts"

/** One page of a collection, as asked for. */
export interface Query {
  readonly where: Filter
  /** Empty: by id, which is the order of creation for ids the server made. */
  readonly sort: readonly SortField[]
  /** Documents of the page, 1 to 1,000. */
  readonly limit: number
  /** Where the page before ended; signed, and good for this filter and order only. */
  readonly cursor?: string
  readonly select?: Selection
  /** Also count all that match. */
  readonly count: boolean
}

const fields = ["where", "sort", "limit", "cursor", "select", "count"] as const

/**
 * Reads the body of a query. Everything is optional; `undefined` and `{}` mean the first 50 documents by id.
 *
 * @throws {DOCUMENTS_FIELD_UNKNOWN} with the nearest field. @throws {DOCUMENTS_QUERY_INVALID} for fields of the wrong type.
 * @throws whatever {@link parseFilter}, {@link parseSort} and {@link parseSelection} throw.
 */
export function parseQuery(input: unknown): Query {
  const body = readFields(input ?? {}, fields, { at: "", refusal: QueryInvalid })
  const select = parseSelection(body.select)
  const cursor = parseCursorField(body.cursor)
  if (body.count !== undefined && typeof body.count !== "boolean") {
    throw refuse(QueryInvalid, { at: "/count", expected: "true or false", got: body.count })
  }
  return {
    where: parseFilter(body.where === undefined ? {} : body.where),
    sort: parseSort(body.sort),
    limit: parseLimit(body.limit),
    ...(cursor === undefined ? {} : { cursor }),
    ...(select === undefined ? {} : { select }),
    count: body.count ?? false,
  }
}

/**
 * Reads the query parameters of a list: `limit`, `cursor`, `sort=-a,b`, `select=a,b`, `where=<json>`, `count=true`.
 * They mean what the body of a query means.
 *
 * @throws as {@link parseQuery}; {DOCUMENTS_QUERY_INVALID} also when `where` is not JSON.
 */
export function parseListQuery(parameters: Readonly<Record<string, string | undefined>>): Query {
  const text = readFields(parameters, fields, { at: "", refusal: QueryInvalid }) as {
    readonly [Field in (typeof fields)[number]]?: string
  }
  return parseQuery({
    where: text.where === undefined ? undefined : parseJson(text.where),
    sort: text.sort?.split(","),
    limit: text.limit === undefined ? undefined : toNumber(text.limit),
    cursor: text.cursor,
    select: text.select?.split(","),
    count: text.count === undefined ? undefined : toBoolean(text.count),
  })
}

/** @throws {DOCUMENTS_QUERY_INVALID} when it is not a whole number from 1 to 1,000. */
export function parseLimit(input: unknown): number {
  if (input === undefined) return languageLimits.defaultPageDocuments
  const max = languageLimits.pageDocuments
  if (!Number.isSafeInteger(input) || (input as number) < 1 || (input as number) > max) {
    throw refuse(QueryInvalid, { at: "/limit", expected: `a whole number from 1 to ${max}`, got: input })
  }
  return input as number
}

function parseCursorField(input: unknown): string | undefined {
  if (input === undefined || input === null) return undefined
  if (typeof input !== "string")
    throw refuse(QueryInvalid, { at: "/cursor", expected: "the text of a cursor", got: input })
  return input
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new QueryInvalid("Expected JSON in the parameter where.", { details: { pointer: "/where" }, cause })
  }
}

/** What is no number stays text, so that the message shows what came. */
function toNumber(text: string): unknown {
  return /^[0-9]{1,9}$/.test(text) ? Number(text) : text
}

function toBoolean(text: string): unknown {
  return text === "true" || (text === "false" ? false : text)
}
