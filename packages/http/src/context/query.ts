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
  for (let pairs = 0; at < text.length && pairs < maxPairs; pairs++) {
    let end = text.indexOf("&", at)
    if (end === -1) end = text.length
    if (end > at) {
      const equals = text.indexOf("=", at)
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

/** As `application/x-www-form-urlencoded` says: `+` is a space, and a malformed escape stands for itself. */
function decode(text: string): string {
  if (!text.includes("%")) return text.includes("+") ? text.replaceAll("+", " ") : text
  try {
    return decodeURIComponent(text.replaceAll("+", " "))
  } catch {
    return new URLSearchParams(`v=${text}`).get("v") ?? ""
  }
}
