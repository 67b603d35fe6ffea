/** Longer words are compared by their first 64 characters: a name that long was not mistyped by a letter or two. */
const MAX_WORD_LENGTH = 64
/** A list of candidates longer than this is cut: the answer goes into one line of an error message. */
const MAX_CANDIDATES = 1000
const MAX_LISTED = 12

/**
 * How many letters must be inserted, left out, replaced or swapped with their neighbour to get from one word to the other.
 *
 * Stops counting beyond `limit` and then answers `limit + 1`.
 *
 * @see Damerau 1964, "A technique for computer detection and correction of spelling errors"; this is the restricted form,
 *   optimal string alignment, in which no letter is edited twice.
 */
export function editDistance(from: string, to: string, limit: number): number {
  let endA = Math.min(from.length, MAX_WORD_LENGTH)
  let endB = Math.min(to.length, MAX_WORD_LENGTH)
  if (Math.abs(endA - endB) > limit) return limit + 1
  // What both begin and end with takes no edit, and most that is mistyped is short without it.
  let start = 0
  while (start < endA && start < endB && from.charCodeAt(start) === to.charCodeAt(start)) start++
  while (endA > start && endB > start && from.charCodeAt(endA - 1) === to.charCodeAt(endB - 1)) {
    endA--
    endB--
  }
  return Math.min(differences(from.slice(start, endA), to.slice(start, endB), limit), limit + 1)
}

/** The rows of the table that are looked at: this one, and the two before it. Made once for all words. */
let row = new Uint8Array(MAX_WORD_LENGTH + 1)
let last = new Uint8Array(MAX_WORD_LENGTH + 1)
let beforeLast = new Uint8Array(MAX_WORD_LENGTH + 1)

function differences(a: string, b: string, limit: number): number {
  if (a.length === 0 || b.length === 0) return a.length + b.length
  for (let j = 0; j <= b.length; j++) last[j] = j
  for (let i = 1; i <= a.length; i++) {
    row[0] = i
    let best = i
    for (let j = 1; j <= b.length; j++) {
      const isSame = a.charCodeAt(i - 1) === b.charCodeAt(j - 1)
      let distance = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (isSame ? 0 : 1))
      if (i > 1 && j > 1 && a.charCodeAt(i - 1) === b.charCodeAt(j - 2) && a.charCodeAt(i - 2) === b.charCodeAt(j - 1))
        distance = Math.min(distance, beforeLast[j - 2]! + 1)
      row[j] = distance
      if (distance < best) best = distance
    }
    if (best > limit) return limit + 1
    const spare = beforeLast
    beforeLast = last
    last = row
    row = spare
  }
  return last[b.length]!
}

/**
 * The candidate that was probably meant, or `undefined` when none is near.
 *
 * Near means: the same letters in another case, or at most one edit for three letters (so one for "pot", three for
 * "databases"). Of two equally near the first wins.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  return nearestOf(candidates)(word)
}

/** {@link nearest} for many words and the same candidates: what has to be known of these is found out once. */
export function nearestOf(candidates: Iterable<string>): (word: string) => string | undefined {
  const known: Candidate[] = []
  for (const name of candidates) {
    if (known.length === MAX_CANDIDATES) break
    const lowered = name.toLowerCase()
    known.push({ name, lowered, letters: letters(lowered.slice(0, MAX_WORD_LENGTH)) })
  }
  return (word) => nearestAmong(known, word)
}

interface Candidate {
  readonly name: string
  readonly lowered: string
  readonly letters: number
}

function nearestAmong(known: readonly Candidate[], word: string): string | undefined {
  const lowered = word.toLowerCase()
  const given = letters(lowered.slice(0, MAX_WORD_LENGTH))
  let found: string | undefined
  let foundDistance = Math.max(1, Math.floor(Math.min(word.length, MAX_WORD_LENGTH) / 3)) + 1
  for (const candidate of known) {
    if (leastDistance(given, candidate.letters) >= foundDistance) continue
    const distance = editDistance(lowered, candidate.lowered, foundDistance - 1)
    // A word of one or two letters is near everything of its length: replacing all of it is no correction.
    if (distance < foundDistance && distance < word.length) {
      found = candidate.name
      foundDistance = distance
    }
  }
  return found
}

/** A bound from below, at a glance: each letter that only one of two words has takes an edit of its own. */
function leastDistance(one: number, other: number): number {
  return Math.max(bits(one & ~other), bits(other & ~one))
}

/** A set of 32 kinds of letters; two letters of one kind only make the bound lower. */
function letters(word: string): number {
  let set = 0
  for (let at = 0; at < word.length; at++) set |= 1 << (word.charCodeAt(at) & 31)
  return set
}

/** How many bits are set: by pairs, by fours, by eights, and these added up. */
function bits(set: number): number {
  const pairs = set - ((set >>> 1) & 0x55555555)
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

/**
 * The end of a message that refuses a name: `Did you mean "ttlSeconds"?`, or, when nothing is near, the valid names
 * (the first 12): `Known: a, b, c.`
 *
 * @example
 * throw new UnknownOption(`Unknown option "${name}". ${didYouMean(name, Object.keys(options))}`)
 */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const names = [...candidates]
  const near = nearest(word, names)
  if (near !== undefined) return `Did you mean "${near}"?`
  if (names.length === 0) return "None is known."
  const more = names.length > MAX_LISTED ? ` and ${names.length - MAX_LISTED} more` : ""
  return `Known: ${names.slice(0, MAX_LISTED).join(", ")}${more}.`
}
