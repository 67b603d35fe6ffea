/**
 * A query string as a record without a prototype, so that no name in it can mean anything but itself. Decodes only where
 * there is something to decode.
 */

/** Objects of this class have no prototype: a fast form of `Object.create(null)`. */
const NullObject = function NullObject() {} as unknown as new () => Record<string, string | string[]>
NullObject.prototype = Object.create(null)

/** Pairs beyond this many are not read: a URL is short, and so is every honest query. */
const MAX_QUERY_PAIRS = 1000

/** Reads `a=1&b=x%20y&b=z`; a name that repeats becomes a list, a name without `=` has the value `""`. */
export function parseQuery(text: string, maxPairs: number = MAX_QUERY_PAIRS): Record<string, string | string[]> {
  const query = new NullObject()
  let at = 0
  // Looked for again only once it is passed: the rest of a long text is not to be searched for each name without one.
  let equals = text.indexOf("=")
  for (let pairs = 0; at < text.length && pairs < maxPairs; pairs++) {
    let end = text.indexOf("&", at)
    if (end === -1) end = text.length
    if (end > at) {
      if (equals !== -1 && equals < at) equals = text.indexOf("=", at)
      const split = equals === -1 || equals > end ? end : equals
      add(query, decode(text.slice(at, split)), split === end ? "" : decode(text.slice(split + 1, end)))
    }
    at = end + 1
  }
  return query
}

/** Adds a pair; a name that repeats becomes a list. */
function add(record: Record<string, string | string[]>, name: string, value: string): void {
  const known = record[name]
  if (known === undefined) record[name] = value
  else if (typeof known === "string") record[name] = [known, value]
  else known.push(value)
}

/** An escape that is no character of ASCII, or no escape at all. */
const BEYOND_ASCII = /%(?![0-7][0-9a-f])/i
const ESCAPES = /(?:%[0-9a-f]{2})+/gi
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true })

/**
 * As `application/x-www-form-urlencoded` says: `+` is a space, and a malformed escape stands for itself. Nothing is
 * thrown on the way, for a form may hold hundreds of thousands of them.
 */
function decode(text: string): string {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text
  if (!spaced.includes("%")) return spaced
  if (!BEYOND_ASCII.test(spaced)) return decodeURIComponent(spaced)
  return spaced.replace(ESCAPES, (escapes) => utf8.decode(bytesOf(escapes)))
}

function bytesOf(escapes: string): Uint8Array {
  const bytes = new Uint8Array(escapes.length / 3)
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(escapes.slice(3 * at + 1, 3 * at + 3), 16)
  return bytes
}
