import { isHost } from "../context/target.ts"

/**
 * Whether the path of a request on Deno is the one that was sent. Deno makes `request.url` of the Host header, as it came,
 * and the target: `Host: a/admin?` turns `/ok` into `/admin`. A Host with a slash leaves a second one behind it, wherever:
 * the target begins with one. So where there is but one the Host is what stands before it; else the header is read.
 */
export function isPathAsSent(request: Request): boolean {
  const { url } = request
  const start = url.indexOf("//") + 2
  const slash = url.indexOf("/", start)
  if (slash === -1) return isHost(url.slice(start))
  if (url.indexOf("/", slash + 1) === -1) return isHost(url.slice(start, slash))
  const host = headerOf(request, "host")
  return host === null || host === "" || isHost(host)
}

/** What Deno has behind a request that its server gave: it tells a header. */
interface Inside {
  readonly header?: (name: string) => string | null
}

let inside: symbol | undefined

/**
 * Reads one header. Once somebody touched `request.headers`, Deno copies all headers of the request before it answers, and
 * answers by a promise: that is twice the cost of the header. What is inside is no part of Deno's API; where it is not
 * there, or is something else, the public way is taken.
 */
function headerOf(request: Request, name: string): string | null {
  inside ??= Object.getOwnPropertySymbols(request).find(({ description }) => description === "request")
  const given = inside && (request as unknown as Readonly<Record<symbol, Inside | undefined>>)[inside]
  return typeof given?.header === "function" ? given.header(name) : request.headers.get(name)
}
