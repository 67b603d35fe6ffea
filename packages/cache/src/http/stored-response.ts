/** A response as it is kept. */
export interface StoredResponse {
  readonly kind: "response"
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Uint8Array
  /** When it was asked for, and when its head had come. Milliseconds since 1970. */
  readonly requestMs: number
  readonly responseMs: number
  /** The headers of the request that it was chosen by, with their values. */
  readonly vary: readonly (readonly [name: string, value: string | null])[]
}

/** What stands for a URL whose responses differ by headers of the request. */
export interface VaryMark {
  readonly kind: "vary"
  readonly names: readonly string[]
}

/** Of one connection, not of the response. @see https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]

/** The headers that go from end to end. */
export function endToEnd(headers: Headers): Headers {
  const kept = new Headers(headers)
  const named = (headers.get("connection") ?? "").split(",").map((name) => name.trim().toLowerCase())
  for (const name of [...HOP_BY_HOP, ...named]) if (/^[\w!#$%&'*+.^`|~-]+$/.test(name)) kept.delete(name)
  return kept
}

export function headerOf({ headers }: StoredResponse, name: string): string | null {
  const values = headers.filter(([other]) => other === name).map(([, value]) => value)
  return values.length === 0 ? null : values.join(", ")
}

/** The names in a `Vary`, in lower case and in one order. */
export function varyNames(field: string | null): readonly string[] {
  if (field === null) return []
  const names = field.split(",").map((name) => name.trim().toLowerCase())
  return [...new Set(names.filter((name) => name !== ""))].toSorted()
}

/** Headers whose values are the same in upper and in lower case. @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5 */
const CASELESS: ReadonlySet<string> = new Set(["accept-charset", "accept-encoding", "accept-language"])

/** A header of a request as it is compared: lists are the same however they are spaced. */
export function selecting(headers: Headers, name: string): string | null {
  const value = headers
    .get(name)
    ?.trim()
    .replaceAll(/\s*,\s*/g, ",")
    .replaceAll(/\s+/g, " ")
  return (CASELESS.has(name) ? value?.toLowerCase() : value) ?? null
}

/** Whether the request's own conditions say that it has this response already. */
export function isKnownTo(
  request: Headers,
  stored: StoredResponse,
  parse: (text: string | null) => number | undefined,
): boolean {
  const wanted = request.get("if-none-match")
  if (wanted !== null) {
    const own = headerOf(stored, "etag")?.replace(/^W\//, "")
    if (wanted.trim() === "*") return true
    return (
      own !== undefined && [...wanted.matchAll(/(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g)].some(([, tag]) => tag === own)
    )
  }
  const since = parse(request.get("if-modified-since"))
  // Of what says nothing of its last change the time it was sent counts.
  const changed = parse(headerOf(stored, "last-modified") ?? headerOf(stored, "date"))
  return since !== undefined && changed !== undefined && changed <= since
}
