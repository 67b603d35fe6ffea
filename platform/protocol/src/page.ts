import { type Schema, v } from "@ashlar/validation"

/** Every list pages by cursor. `next` is null on the last page. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly next: string | null
}

/** The largest page, in items. */
export const MAX_PAGE_ITEMS = 1000

/** A page of `item`. */
export function pageOf<T>(item: Schema<T>): Schema<Page<T>> {
  return v.object({ items: v.array(item), next: v.string().nullable() })
}

export interface PageQuery {
  readonly limit: number
  readonly cursor?: string | undefined
}

/** The query of every list: `?limit=` (1 to 1000, default 50) and `&cursor=`. */
export const PageQuery: Schema<PageQuery, { limit?: string | undefined; cursor?: string | undefined }> = v.object({
  limit: v.coerce.integer().min(1).max(MAX_PAGE_ITEMS).default(50),
  cursor: v.string().max(4096).optional(),
})

/** RFC 3339 in UTC with milliseconds. */
export const Time: Schema<string> = v.string().describe("RFC 3339, UTC, with milliseconds")
