import { FORMATS } from "../formats.ts"
import { isDateTime } from "../iso-date.ts"
import { type Term, term } from "../term.ts"

export interface TextFormat {
  readonly fits: (text: string) => boolean
  readonly expected: Term
}

const URI_CHARACTERS = /^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$/
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/
const POINTER = /^(?:\/(?:[^~/]|~[01])*)*$/
const RELATIVE_POINTER = /^(?:0|[1-9]\d*)(?:#|(?:\/(?:[^~/]|~[01])*)*)$/

/** @see https://json-schema.org/draft/2020-12/json-schema-validation#section-7.3 */
const OWN: ReadonlyMap<string, TextFormat> = new Map([
  ["date", own(FORMATS.date)],
  ["date-time", own(FORMATS.datetime)],
  ["time", named("time", (text) => isDateTime(`2000-01-01T${text}`))],
  ["duration", own(FORMATS.duration)],
  ["email", own(FORMATS.email)],
  ["hostname", own(FORMATS.hostname)],
  ["ipv4", own(FORMATS.ipv4)],
  ["ipv6", own(FORMATS.ipv6)],
  ["uuid", own(FORMATS.uuid)],
  ["uri", named("uri", (text) => SCHEME.test(text) && isUriReference(text))],
  ["uri-reference", named("uri-reference", isUriReference)],
  ["json-pointer", named("json-pointer", (text) => POINTER.test(text))],
  ["relative-json-pointer", named("relative-json-pointer", (text) => RELATIVE_POINTER.test(text))],
  ["regex", named("regex", isPattern)],
])

/** What a `format` asks for; undefined where this package does not know it, and so cannot refuse anything by it. */
export function textFormat(name: string): TextFormat | undefined {
  return OWN.get(name)
}

function own({
  fits,
  expected,
}: {
  fits: (text: string) => boolean
  expected: Parameters<typeof term>[0]
}): TextFormat {
  return { fits, expected: term(expected) }
}

function named(name: string, fits: (text: string) => boolean): TextFormat {
  return { fits, expected: term("matching", { pattern: name }) }
}

/** @see RFC 3986, section 4.1 */
function isUriReference(text: string): boolean {
  if (!URI_CHARACTERS.test(text)) return false
  const [, authority, port] =
    /^(?:[A-Za-z][A-Za-z0-9+.-]*:)?\/\/(?:[^/?#@]*@)?(\[[^/?#\]]*\]|[^/?#@:[\]]*)(?::([^/?#]*))?(?=[/?#]|$)/.exec(
      text,
    ) ?? []
  if (/^(?:[A-Za-z][A-Za-z0-9+.-]*:)?\/\//.test(text) && authority === undefined) return false
  if (port !== undefined && !/^\d*$/.test(port)) return false
  const rest = authority === undefined ? text : text.replace(authority, "")
  const isReference = SCHEME.test(text) || !/^[^/?#]*:/.test(text)
  return isReference && !/[[\]]/.test(rest) && !/#.*#/.test(text)
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, "u") instanceof RegExp
  } catch {
    return false
  }
}
