/** Where other pages are, by what they are to this one. */
export type Links = Readonly<
  Partial<Record<"first" | "prev" | "next" | "last", Readonly<Record<string, string | number>>>>
>

/**
 * A `Link` header to other pages of the same list: the parameters of this request, some of them replaced. Addresses are
 * relative to the request's own, so they hold behind any proxy.
 * @param search The query string of this request.
 * @param replaced Names that say which page it is; those that a link does not name are left out of it.
 * @see https://www.rfc-editor.org/rfc/rfc8288
 */
export function linkHeader(search: string, replaced: readonly string[], links: Links): string {
  return Object.entries(links)
    .map(([rel, parameters]) => {
      const query = new URLSearchParams(search)
      for (const name of replaced) query.delete(name)
      for (const [name, value] of Object.entries(parameters)) query.set(name, String(value))
      return `<?${query}>; rel="${rel}"`
    })
    .join(", ")
}
