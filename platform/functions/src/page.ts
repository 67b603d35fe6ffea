import { CursorInvalid, FunctionInvalid } from "./errors.ts"

const USUAL_LIMIT = 50
const MAX_LIMIT = 1000

export interface PageRequest {
  /** 1 to 1,000. Default 50. */
  readonly limit?: number
  /** The `next` of the page before. */
  readonly cursor?: string
}

export interface Page<Item> {
  readonly items: readonly Item[]
  /** The cursor of the following page, or `null` when this is the last. */
  readonly next: string | null
}

/** @throws {FUNCTIONS_INVALID} when it is no whole number from 1 to 1,000. */
export function limitOf(page: PageRequest): number {
  const limit = page.limit ?? USUAL_LIMIT
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
    throw new FunctionInvalid(`Expected limit to be a whole number from 1 to ${MAX_LIMIT}, got ${limit}.`)
  return limit
}

/** A cursor says of which list it is, so that one of another list is refused and not misread. */
export function cursorOf(list: string, position: string | number): string {
  return Buffer.from(JSON.stringify([list, position])).toString("base64url")
}

/** @throws {FUNCTIONS_CURSOR_INVALID} when it is not one that `cursorOf` made for this list. */
export function positionOf<Position extends string | number>(
  list: string,
  cursor: string | undefined,
  type: Position extends string ? "string" : "number",
): Position | undefined {
  if (cursor === undefined) return undefined
  try {
    const [of, position] = JSON.parse(Buffer.from(cursor, "base64url").toString())
    if (of === list && typeof position === type) return position
  } catch {
    // No JSON: refused below, like one of another list.
  }
  throw new CursorInvalid()
}

/** Cuts rows, read with one more than the limit, into a page. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  options: { limit: number; list: string; item: (row: Row) => Item; position: (row: Row) => string | number },
): Page<Item> {
  const shown = rows.slice(0, options.limit)
  const last = shown.at(-1)
  const more = rows.length > options.limit && last !== undefined
  return { items: shown.map(options.item), next: more ? cursorOf(options.list, options.position(last)) : null }
}
