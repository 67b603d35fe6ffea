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

const STRING = /"(?:[^"\\]|\\.)*"/y

/** Of a text that is JSON. */
function hasNameTwice(text: string): boolean {
  const names: (Set<string> | undefined)[] = []
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === "{") names.push(new Set())
    else if (char === "[") names.push(undefined)
    else if (char === "}" || char === "]") names.pop()
    else if (char === '"') {
      STRING.lastIndex = at
      const quoted = STRING.exec(text)![0]
      at += quoted.length - 1
      const seen = names.at(-1)
      if (seen === undefined || !/^\s*:/.test(text.slice(at + 1, at + 64))) continue
      const name = JSON.parse(quoted) as string
      if (seen.has(name)) return true
      seen.add(name)
    }
  }
  return false
}
