export interface XmlOptions {
  /** The name of the outermost element. Default `result`. */
  readonly root?: string
  /** The name of an element in a list that has no name. Default `item`. */
  readonly item?: string
}

interface Builder {
  build(value: unknown): string
}

/**
 * Plain data as XML: a key becomes an element, a list the element repeated, null an empty one. What a key or a text cannot
 * say in XML is replaced, so that no value can begin an element of its own.
 * @see https://www.w3.org/TR/xml/#charsets
 */
export function toXml(Builder: new (options: object) => Builder, value: unknown, options: XmlOptions): string {
  const { root = "result", item = "item" } = options
  const builder = new Builder({ ignoreAttributes: true, suppressEmptyNode: true, processEntities: true })
  const document = record([
    [nameOf(root), Array.isArray(value) ? record([[nameOf(item), elements(value, item)]]) : element(value, item)],
  ])
  return `<?xml version="1.0" encoding="UTF-8"?>${builder.build(document).replaceAll(RETURN, "&#13;")}`
}

function element(value: unknown, item: string): unknown {
  if (typeof value === "string") return clean(value)
  if (value === null) return ""
  if (typeof value !== "object") return String(value)
  if (Array.isArray(value)) return record([[nameOf(item), elements(value, item)]])
  return record(
    Object.entries(value).map(([key, inner]) => [
      nameOf(key),
      Array.isArray(inner) ? elements(inner, item) : element(inner, item),
    ]),
  )
}

function elements(list: readonly unknown[], item: string): readonly unknown[] {
  return list.map((inner) => element(inner, item))
}

/** Two keys may have become one name: then it repeats, as for a list. */
function record(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const made = Object.create(null) as Record<string, unknown>
  for (const [name, value] of entries) {
    const values = Array.isArray(value) ? (value as unknown[]) : [value]
    const known = made[name] as unknown[] | undefined
    made[name] = known === undefined ? values : [...known, ...values]
  }
  return made
}

/**
 * The characters of a name that all parsers take: those of XML 1.0 as of its fifth edition, without the ranges of which
 * the fourth, that many still go by, knows none.
 * @see https://www.w3.org/TR/xml/#NT-NameChar
 */
const NOT_IN_NAME =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: the combining characters are a range of their own
  /[^-.\w\u00b7\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0300-\u037d\u037f-\u1fff\u3001-\ud7ff]|[^-.\w\p{L}\p{M}\p{Nd}\u00b7]/gu

function nameOf(key: string): string {
  const name = key.replace(NOT_IN_NAME, "_")
  return /^[\p{L}_]/u.test(name) && !/^xml/i.test(name) ? name : `_${name}`
}

/** Characters that no XML document may hold, not even escaped. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
const FORBIDDEN = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g

/** Stands for a carriage return until the document is built: a parser takes one that is not escaped for a line feed. */
const RETURN = "\0"

function clean(text: string): string {
  return text.toWellFormed().replace(FORBIDDEN, "\ufffd").replaceAll("\r", RETURN)
}
