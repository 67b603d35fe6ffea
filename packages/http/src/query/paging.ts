import type { StandardIssue } from "@ashlar/core"
import { QueryInvalid } from "../errors.ts"
import type { JsonSchema } from "../routes/json-schema.ts"
import { Cursors, type CursorValues, MAX_CURSOR_LENGTH } from "./cursor.ts"
import type { Given } from "./parameter.ts"
import { wrong } from "./query-issue.ts"

/** How a list is cut into pages. */
export interface PagingOptions {
  /** `offset`: `?limit=20&offset=40`; `cursor`: `?limit=20&after=…`, which stays right while rows come and go. */
  readonly by: "offset" | "cursor"
  /** Rows of a page where the caller names no number. Default 20. */
  readonly limit?: number
  /** The most that a caller may ask for. Default 100. */
  readonly maxLimit?: number
  /** The largest offset, for a database counts all the rows before it. Default 10,000. */
  readonly maxOffset?: number
  /** Keys that sign cursors, of 32 bytes or more, the newest first. Without them a cursor is an input like any other. */
  readonly keys?: readonly (string | Uint8Array)[]
}

export interface OffsetPage {
  readonly limit: number
  readonly offset: number
}

/** Rows behind or before a row; of neither, the first ones. */
export interface CursorPage {
  readonly limit: number
  readonly after: CursorValues | undefined
  readonly before: CursorValues | undefined
}

export type PageOf<P> = P extends { by: "offset" } ? OffsetPage : P extends { by: "cursor" } ? CursorPage : undefined
export type PageInput<P> = P extends { by: "offset" }
  ? { readonly limit?: number; readonly offset?: number }
  : P extends { by: "cursor" }
    ? { readonly limit?: number; readonly after?: string; readonly before?: string }
    : unknown

type Values = ReadonlyMap<string, Given>

/** Reads the page that a caller asks for. */
export class Paging {
  readonly by: "offset" | "cursor"
  readonly cursors: Cursors
  readonly #limit: number
  readonly #maxLimit: number
  readonly #maxOffset: number

  constructor({ by, limit = 20, maxLimit = 100, maxOffset = 10_000, keys }: PagingOptions) {
    checkWhole("limit", limit)
    checkWhole("maxLimit", maxLimit)
    checkWhole("maxOffset", maxOffset)
    this.by = by
    this.cursors = new Cursors(keys)
    this.#limit = Math.min(limit, maxLimit)
    this.#maxLimit = maxLimit
    this.#maxOffset = maxOffset
  }

  get names(): readonly string[] {
    return this.by === "offset" ? ["limit", "offset"] : ["limit", "after", "before"]
  }

  /** @param sort What the rows are sorted by. */
  read(values: Values, sort: string, issues: StandardIssue[]): OffsetPage | CursorPage {
    const whole = (name: string, [least, most, usual]: readonly [number, number, number]): number =>
      readWhole(name, { given: values.get(name), least, most, usual }, issues)
    const limit = whole("limit", [1, this.#maxLimit, this.#limit])
    if (this.by === "offset") return { limit, offset: whole("offset", [0, this.#maxOffset, 0]) }
    if (values.has("after") && values.has("before")) issues.push(wrong("before", "duplicate", "either after or before"))
    const cursor = (name: string): CursorValues | undefined => {
      const given = values.get(name)
      const read = typeof given === "string" ? this.cursors.read(sort, given) : undefined
      if (given !== undefined && read === undefined)
        issues.push(wrong(name, "format", "a cursor of this list in this order"))
      return read
    }
    return { limit, after: cursor("after"), before: cursor("before") }
  }

  /** The parameters, for documents. */
  describe(): JsonSchema {
    const limit = { type: "integer", minimum: 1, maximum: this.#maxLimit, default: this.#limit }
    if (this.by === "offset")
      return { limit, offset: { type: "integer", minimum: 0, maximum: this.#maxOffset, default: 0 } }
    const cursor = { type: "string", maxLength: MAX_CURSOR_LENGTH }
    return {
      limit,
      after: { ...cursor, description: "A cursor of a `Link` header: what comes behind it." },
      before: { ...cursor, description: "A cursor of a `Link` header: what comes before it." },
    }
  }
}

/** @throws {HTTP_QUERY_INVALID} */
function checkWhole(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1 && value <= MAX_WHOLE) return
  throw new QueryInvalid(`Expected \`${name}\` to be a whole number from 1 to ${MAX_WHOLE}, got ${value}`)
}

/** What nine digits say. */
const MAX_WHOLE = 999_999_999

interface Whole {
  readonly given: Given | undefined
  readonly least: number
  readonly most: number
  readonly usual: number
}

function readWhole(name: string, { given, least, most, usual }: Whole, issues: StandardIssue[]): number {
  if (given === undefined) return usual
  const number = typeof given === "string" && /^\d{1,9}$/.test(given) ? Number(given) : undefined
  if (number !== undefined && number >= least && number <= most) return number
  issues.push(
    wrong(
      name,
      number === undefined ? "type" : number < least ? "too_small" : "too_big",
      `a whole number from ${least} to ${most}`,
    ),
  )
  return usual
}
