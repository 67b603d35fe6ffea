/** A page's query as rooms take it: without members that are undefined. */
export function pageRequest(query: { readonly limit: number; readonly cursor?: string | undefined }): {
  limit: number
  cursor?: string
} {
  const { limit, cursor } = query
  return cursor === undefined ? { limit } : { limit, cursor }
}
