/** A page's query as rooms take it: without members that are undefined. */
export function pageRequest(query: { readonly limit: number; readonly cursor?: string | undefined }): {
  limit: number
  cursor?: string
} {
  const { limit, cursor } = query
  return cursor === undefined ? { limit } : { limit, cursor }
}

/** A query as rooms take it: without members that are undefined. */
export function present<T extends object>(query: T): { [Name in keyof T]: Exclude<T[Name], undefined> } {
  const said = Object.entries(query).filter(([, value]) => value !== undefined)
  return Object.fromEntries(said) as { [Name in keyof T]: Exclude<T[Name], undefined> }
}
