/**
 * Reads an object from JSON, strictly: UTF-8 without a byte order mark, and no name twice in one object, since two readers might take
 * one each. `undefined` for all else.
 * @see https://www.rfc-editor.org/rfc/rfc7515#section-4 @see https://www.rfc-editor.org/rfc/rfc8725#section-3.7
 */
export function parseStrictObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  let text: string
  let value: unknown
  try {
    text = strictUtf8.decode(bytes)
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined
  return hasNameTwice(text) ? undefined : (value as Record<string, unknown>)
}
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const [QUOTE, BACKSLASH, COLON] = [34, 92, 58]

/** Of a text that is JSON. */
function hasNameTwice(text: string): boolean {
  const names: (Set<string> | undefined)[] = []
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === "{") names.push(new Set())
    else if (char === "[") names.push(undefined)
    else if (char === "}" || char === "]") names.pop()
    else if (char === '"') {
      const start = at
      let isPlain = true
      for (at++; text.charCodeAt(at) !== QUOTE; at++)
        if (text.charCodeAt(at) === BACKSLASH) {
          isPlain = false
          at++
        }
      if (!isBeforeColon(text, at + 1)) continue
      const name = isPlain ? text.slice(start + 1, at) : (JSON.parse(text.slice(start, at + 1)) as string)
      const seen = names.at(-1)
      if (seen?.has(name) === true) return true
      seen?.add(name)
    }
  }
  return false
}

/** Whether a string is a name: a colon follows, after any space. */
function isBeforeColon(text: string, from: number): boolean {
  let at = from
  while (text.charCodeAt(at) <= 32) at++
  return text.charCodeAt(at) === COLON
}
