import type { SqlValue } from "@ashlar/sqlite"

/** A piece of SQL with its values apart: `chunks` has one more text than there are values, and a value stands between two. */
export interface Fragment {
  readonly chunks: readonly string[]
  readonly params: readonly SqlValue[]
}

/**
 * SQL with holes. A fragment in a hole is spliced in; anything else is a value and is bound, never written into the text.
 *
 * @example
 * sql`${key} > ${5}`
 */
export function sql(texts: TemplateStringsArray, ...holes: readonly (Fragment | SqlValue)[]): Fragment {
  const chunks = [texts[0]!]
  const params: SqlValue[] = []
  for (const [i, hole] of holes.entries()) {
    const after = texts[i + 1]!
    if (isFragment(hole)) {
      chunks[chunks.length - 1] += hole.chunks[0]!
      chunks.push(...hole.chunks.slice(1))
      chunks[chunks.length - 1] += after
      params.push(...hole.params)
    } else {
      params.push(hole)
      chunks.push(after)
    }
  }
  return { chunks, params }
}

function isFragment(hole: Fragment | SqlValue): hole is Fragment {
  return typeof hole === "object" && hole !== null && "chunks" in hole
}

/** Text that this package made: a quoted name, a key expression. Never a caller's. */
export function raw(text: string): Fragment {
  return { chunks: [text], params: [] }
}

export function joinSql(fragments: readonly Fragment[], separator: string): Fragment {
  const between = raw(separator)
  return fragments.reduce((all, next, i) => (i === 0 ? next : sql`${all}${between}${next}`), raw(""))
}

/** The whole text, with `placeholder` giving the mark of the value with that position (from 1). */
export function toText({ chunks }: Fragment, placeholder: (position: number) => string): string {
  return chunks.reduce((text, chunk, i) => (i === 0 ? chunk : `${text}${placeholder(i)}${chunk}`), "")
}
