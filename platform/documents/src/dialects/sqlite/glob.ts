import { type Glob, type GlobToken, literalPrefix, nextPrefix } from "../../glob.ts"
import { type Fragment, raw, sql } from "../fragment.ts"

/** The literal start of a pattern narrows the index; the rest is GLOB's. */
export function globSql(glob: Glob, key: string): Fragment {
  const pattern = glob.tokens.map(globToken).join("")
  if (glob.ignoreCase) return sql`(${raw(`typeof(${key})='text' AND lower(${key})`)} GLOB ${asciiLower(pattern)})`
  const prefix = literalPrefix(glob)
  const next = nextPrefix(prefix)
  const guard =
    prefix === "" || next === undefined
      ? raw(`typeof(${key})='text'`)
      : sql`${raw(key)}>=${prefix} AND ${raw(key)}<${next}`
  return sql`(${guard} AND ${raw(key)} GLOB ${pattern})`
}

function asciiLower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

function globToken(token: GlobToken): string {
  switch (token.kind) {
    case "many":
      return "*"
    case "one":
      return "?"
    case "text":
      return token.text.replace(/[*?[]/g, "[$&]")
    case "class":
      return globClass(token)
  }
}

/** Inside a class GLOB reads `]` as itself only in the first place, `-` where no range can be meant, `^` anywhere but first. */
function globClass({ negated, items }: Extract<GlobToken, { kind: "class" }>): string {
  const single = (character: string): boolean => items.some(({ from, to }) => from === character && to === character)
  const plain = items.filter(({ from, to }) => from !== to || !"]-^".includes(from))
  const text =
    (single("]") ? "]" : "") +
    (single("-") ? "-" : "") +
    plain.map(({ from, to }) => (from === to ? from : `${from}-${to}`)).join("") +
    (single("^") ? "^" : "")
  // Nothing but a caret: `[^]` would be the start of a negation.
  if (text === "^") return negated ? "[^^]" : "^"
  return `[${negated ? "^" : ""}${text}]`
}
