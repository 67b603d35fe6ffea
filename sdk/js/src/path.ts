import { clientError } from "./errors.ts"

/**
 * Builds a request path; each value becomes exactly one segment.
 *
 * A value that is empty, `.` or `..` is refused: URLs swallow such segments, and a request meant for one document
 * would reach its whole collection.
 *
 * @throws {SDK_BAD_OPTIONS} When a value cannot be one segment.
 * @example path`/v1/projects/${slug}/collections/${name}`
 */
export function path(strings: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return strings.reduce((text, part, at) => text + toSegment(values[at - 1] ?? "") + part)
}

function toSegment(value: string | number): string {
  const text = String(value)
  if (text === "" || text === "." || text === "..")
    throw clientError("SDK_BAD_OPTIONS", `Expected a name or an id in the path, got ${JSON.stringify(text)}.`)
  try {
    return encodeURIComponent(text)
  } catch (cause) {
    throw clientError("SDK_BAD_OPTIONS", `Expected well-formed text in the path, got ${JSON.stringify(text)}.`, {
      cause,
    })
  }
}

/** The query string with its `?`, or nothing when no value is set. */
export function toSearch(query: Readonly<Record<string, string | number | boolean | undefined>> | undefined): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) search.set(name, String(value))
  return search.size === 0 ? "" : `?${search}`
}

/** Checks a server's address and takes the slash from its end. */
export function resolveBase(url: string): string {
  if (!URL.canParse(url))
    throw clientError("SDK_BAD_OPTIONS", `Expected \`url\` like "https://api.example.com", got ${JSON.stringify(url)}.`)
  const { protocol, origin, pathname, username } = new URL(url)
  if (protocol !== "http:" && protocol !== "https:")
    throw clientError("SDK_BAD_OPTIONS", `Expected \`url\` to start with http:// or https://, got ${protocol}//.`)
  if (username !== "") throw clientError("SDK_BAD_OPTIONS", "Expected `url` without a user name; pass a key instead.")
  return origin + pathname.replace(/\/+$/, "")
}

/**
 * The path of a function's URL, with what the caller wants below it.
 *
 * @throws {SDK_BAD_OPTIONS} When `below` leaves the function, as `/../other` would.
 */
export function functionPath(project: string, name: string, below = "/"): string {
  const root = path`/f/${project}/${name}`
  const full = root + (below.startsWith("/") || below.startsWith("?") ? below : `/${below}`)
  const { pathname, search } = new URL(full, "http://localhost")
  if (pathname !== root && !pathname.startsWith(`${root}/`))
    throw clientError("SDK_BAD_OPTIONS", `Expected a path inside the function, got ${JSON.stringify(below)}.`)
  return pathname + search
}
