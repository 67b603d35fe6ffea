/** The directives of `Cache-Control`, by name in lower case; `""` where one has no argument. */
export type Directives = ReadonlyMap<string, string>

/** More seconds than any clock counts; what is larger means this. @see https://www.rfc-editor.org/rfc/rfc9111#section-1.2.2 */
const MAX_SECONDS = 2 ** 31

const DIRECTIVE =
  /\s*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?\s*(?:,|$)|[^,]*(?:,|$)/gy

/**
 * Reads a `Cache-Control` field, its lines joined by commas. What does not read is left out; of two that have one name the
 * first counts, but of times the shorter. @see https://www.rfc-editor.org/rfc/rfc9111#section-5.2
 */
export function parseDirectives(field: string | null | undefined): Directives {
  const directives = new Map<string, string>()
  if (field === null || field === undefined || field.length > MAX_LENGTH) return directives
  for (const part of field.matchAll(DIRECTIVE)) {
    const name = part[1]?.toLowerCase()
    if (name === undefined) continue
    const value = part[2]?.replaceAll(/\\(.)/g, "$1") ?? part[3] ?? ""
    const known = directives.get(name)
    if (known === undefined || (secondsOf(value) ?? 0) < (secondsOf(known) ?? 0)) directives.set(name, value)
  }
  return directives
}
const MAX_LENGTH = 4_096

/** A time in seconds; undefined when the directive is not there, and 0 when it does not read: then it is over. */
export function seconds(directives: Directives, name: string): number | undefined {
  const value = directives.get(name)
  return value === undefined ? undefined : (secondsOf(value) ?? 0)
}

function secondsOf(value: string): number | undefined {
  return /^\d+$/.test(value) ? Math.min(Number(value), MAX_SECONDS) : undefined
}
