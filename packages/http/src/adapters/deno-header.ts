/** What Deno has behind a request that its server gave: it tells a header. */
interface Inside {
  readonly header?: (name: string) => string | null
}

let inside: symbol | undefined

/**
 * Reads one header. Once somebody touched `request.headers`, Deno copies all headers of the request before it answers, and
 * answers by a promise: that is three times what the header costs. What is inside is no part of Deno's API; where it is not
 * there, or is something else, the public way is taken.
 */
export function headerOf(request: Request, name: string): string | null {
  inside ??= Object.getOwnPropertySymbols(request).find(({ description }) => description === "request")
  const given = inside && (request as unknown as Readonly<Record<symbol, Inside | undefined>>)[inside]
  return typeof given?.header === "function" ? given.header(name) : request.headers.get(name)
}
