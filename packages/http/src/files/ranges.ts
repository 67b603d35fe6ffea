/** A part of a file: first byte, and one past the last. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

const SPEC = /^(\d*)-(\d*)$/

/**
 * Reads a `Range` header for a body of this size. Ranges that overlap or touch are put together: a caller cannot have
 * the same bytes sent again and again.
 * @returns undefined when the header is to be ignored (another unit, malformed, more than `maxRanges`); an empty list
 * when no range lies in the body: answer 416.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-14.1.2
 */
export function parseRanges(header: string, size: number, maxRanges: number): readonly ByteRange[] | undefined {
  if (!/^bytes=/i.test(header)) return undefined
  const specs = header.slice(6).split(",", maxRanges + 1)
  if (specs.length > maxRanges) return undefined
  const ranges: ByteRange[] = []
  let isEmpty = true
  for (const spec of specs) {
    const text = spec.trim()
    if (text === "") continue // a list may have members that say nothing: RFC 9110, section 5.6.1
    isEmpty = false
    const range = parseSpec(text, size)
    if (range === "malformed") return undefined
    if (range !== undefined) ranges.push(range)
  }
  return isEmpty ? undefined : merged(ranges)
}

/** Undefined: well formed, and not in the body. */
function parseSpec(text: string, size: number): ByteRange | undefined | "malformed" {
  const match = SPEC.exec(text)
  if (match === null || text === "-") return "malformed"
  const [, first, last] = match as unknown as [string, string, string]
  if (first === "") {
    const length = Math.min(Number(last), size)
    return length === 0 ? undefined : { start: size - length, end: size }
  }
  const start = Number(first)
  if (last !== "" && Number(last) < start) return "malformed"
  return start >= size ? undefined : { start, end: last === "" ? size : Math.min(Number(last) + 1, size) }
}

/** In the caller's order where nothing overlaps, and in the body's otherwise. */
function merged(ranges: readonly ByteRange[]): readonly ByteRange[] {
  const sorted = [...ranges].sort((a, b) => a.start - b.start)
  const apart: ByteRange[] = []
  for (const range of sorted) {
    const before = apart.at(-1)
    if (before === undefined || range.start > before.end) apart.push(range)
    else apart[apart.length - 1] = { start: before.start, end: Math.max(before.end, range.end) }
  }
  return apart.length === ranges.length ? ranges : apart
}
