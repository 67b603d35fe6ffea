const MAX_MEMBERS = 32
/** Longer lists are cut, as the specification says: the long members first, and then from the end. */
const MAX_LENGTH = 512
const LONG_MEMBER = 128

const KEY = /^(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})$/
/** Printable ASCII without comma and equals sign, and no space at the end. */
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/

/**
 * Reads a `tracestate` header, joined from its lines, as the list to pass on; `""` when there is none or when it is not
 * valid: then all of it is dropped, and the trace goes on without.
 * @see https://www.w3.org/TR/trace-context/#tracestate-header
 */
export function parseTraceState(header: string | null): string {
  if (header === null) return ""
  const members: string[] = []
  const keys = new Set<string>()
  for (const text of header.split(",")) {
    const member = text.replace(/^[ \t]+|[ \t]+$/g, "")
    if (member === "") continue
    const equals = member.indexOf("=")
    const key = member.slice(0, Math.max(0, equals))
    if (!KEY.test(key) || !VALUE.test(member.slice(equals + 1)) || keys.has(key)) return ""
    keys.add(key)
    members.push(member)
    if (members.length > MAX_MEMBERS) return ""
  }
  return shortened(members).join(",")
}

function shortened(members: readonly string[]): readonly string[] {
  if (lengthOf(members) <= MAX_LENGTH) return members
  const short = members.filter((member) => member.length <= LONG_MEMBER)
  while (lengthOf(short) > MAX_LENGTH) short.pop()
  return short
}

function lengthOf(members: readonly string[]): number {
  return members.reduce((sum, member) => sum + member.length + 1, -1)
}
