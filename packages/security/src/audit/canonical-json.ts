import type { Plain } from "../redaction/redactor.ts"

/**
 * The one text of a JSON value, whoever writes it: keys in the order of their UTF-16 code units, no white space, numbers and texts as
 * `JSON.stringify` has them.
 * @see https://www.rfc-editor.org/rfc/rfc8785
 */
export function canonicalJson(value: Plain): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  if (isList(value)) return `[${value.map(canonicalJson).join(",")}]`
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key]!)}`)
  return `{${members.join(",")}}`
}

function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value)
}
