/** Where a search text was found: the score to rank by, and what to mark. */
export interface Match {
  readonly score: number
  /** Pairs of start and end. */
  readonly marks: readonly (readonly [start: number, end: number])[]
}

/**
 * Finds a text the way people abbreviate: as the start of a word best, then anywhere, then as letters in order.
 * Undefined when it is not there.
 */
export function match(text: string, search: string): Match | undefined {
  const needle = search.trim().toLowerCase()
  if (needle === "") return { score: 0, marks: [] }
  const hay = text.toLowerCase()
  const at = hay.indexOf(needle)
  if (at === 0) return { score: 100 - hay.length / 100, marks: [[0, needle.length]] }
  const word = hay.search(new RegExp(`[\\s._/-]${needle.replace(/[^\w ]/g, "\\$&")}`))
  if (word >= 0) return { score: 80 - hay.length / 100, marks: [[word + 1, word + 1 + needle.length]] }
  if (at > 0) return { score: 60 - at / 10, marks: [[at, at + needle.length]] }
  return inOrder(hay, needle)
}

function inOrder(hay: string, needle: string): Match | undefined {
  const marks: [number, number][] = []
  let from = 0
  for (const letter of needle.replaceAll(" ", "")) {
    const at = hay.indexOf(letter, from)
    if (at < 0) return undefined
    const last = marks.at(-1)
    if (last && last[1] === at) last[1] = at + 1
    else marks.push([at, at + 1])
    from = at + 1
  }
  // Letters strewn over many places are chance, not meaning.
  return marks.length > 3 ? undefined : { score: 30 - marks.length * 5, marks }
}
