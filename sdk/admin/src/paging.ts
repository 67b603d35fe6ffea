import type { Page, PageOptions } from "@ashlar/sdk"

/** The page options as a query string wants them. */
export function toQuery(page: PageOptions = {}): { limit: number | undefined; cursor: string | undefined } {
  return { limit: page.limit, cursor: page.cursor }
}

/**
 * Reads a whole list, page after page.
 *
 * @param options `max`: where to stop, default 10,000 items.
 * @example for await (const project of everyItem((page) => admin.projects.list(page))) print(project.slug)
 */
export async function* everyItem<T>(
  read: (page: PageOptions) => Promise<Page<T>>,
  options: { readonly max?: number } = {},
): AsyncGenerator<T> {
  let left = options.max ?? 10_000
  let cursor: string | null = null
  do {
    const page: Page<T> = await read({ limit: Math.min(left, 1_000), ...(cursor === null ? {} : { cursor }) })
    yield* page.items
    left -= page.items.length
    cursor = page.next
  } while (cursor !== null && left > 0)
}
