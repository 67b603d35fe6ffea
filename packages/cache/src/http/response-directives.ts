import { type Directives, parseDirectives } from "./directives.ts"

/** The field for caches that stand in front of origins. It counts alone where it is. @see https://www.rfc-editor.org/rfc/rfc9213 */
const TARGETED = "cdn-cache-control"

/** A dictionary of structured fields: what is none is not there. @see https://www.rfc-editor.org/rfc/rfc9651#section-3.2 */
const VALUE =
  '-?\\d{1,15}(?:\\.\\d{1,3})?|"(?:[^"\\\\]|\\\\["\\\\])*"|[A-Za-z*][\\w!#$%&\'*+.^`|~:/-]*|\\?[01]|:[\\w+/=]*:'
const MEMBER = `[a-z*][a-z0-9_.*-]*(?:=(?:${VALUE}))?(?:; *[a-z*][a-z0-9_.*-]*(?:=(?:${VALUE}))?)*`
const DICTIONARY = new RegExp(`^ *${MEMBER}(?:[ \\t]*,[ \\t]*${MEMBER})* *$`)
/** Times are integers. */
const WRONG_TYPE = /(?:^|,)[ \t]*(?:s-maxage|max-age|stale-while-revalidate|stale-if-error)=[^\d]/

export function isTargeted(headers: Headers): boolean {
  return targetedIn(headers) !== undefined
}

/** What the origin says to this cache. */
export function responseDirectives(headers: Headers): Directives {
  return targetedIn(headers) ?? parseDirectives(headers.get("cache-control"))
}

function targetedIn(headers: Headers): Directives | undefined {
  const field = headers.get(TARGETED)
  if (field === null || field.length > MAX_LENGTH || !DICTIONARY.test(field) || WRONG_TYPE.test(field)) return undefined
  // Parameters say nothing here; a semicolon within quotes begins none.
  return parseDirectives(field.replaceAll(/("(?:[^"\\]|\\.)*")|;[^,"]*/g, "$1"))
}
const MAX_LENGTH = 1_024
