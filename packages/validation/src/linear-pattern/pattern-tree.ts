/** What a pattern is made of. */
export type PatternTree =
  | { readonly kind: "character"; readonly source: string }
  | { readonly kind: "edge"; readonly source: "^" | "$" | "\\b" | "\\B" }
  | { readonly kind: "sequence"; readonly parts: readonly PatternTree[] }
  | { readonly kind: "choice"; readonly parts: readonly PatternTree[] }
  | { readonly kind: "repeat"; readonly part: PatternTree; readonly least: number; readonly most: number }
  /** What is ahead or behind, which takes no text. */
  | { readonly kind: "look"; readonly part: PatternTree }
  /** What a group has taken, once more. */
  | { readonly kind: "again" }

/** Groups in one another. */
const MAX_NESTED = 64

const TOKEN =
  /\\u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}|\\(?:[pPu]\{[^}]*\}|k<[^>]*>|c[A-Za-z]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|[1-9]\d*|[\s\S])|\[(?:\\[\s\S]|[^\]\\])*\]|\(\?(?:[:=!]|<[=!]|<[^>]*>)|[\s\S]/y
const QUANTIFIER = /(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/y

/** Reads the source of a pattern that the runtime has taken; undefined for a syntax that is not known here. */
export function readPattern(source: string, isUnicode: boolean): PatternTree | undefined {
  // What these mean without the flag `u` is something else.
  if (!isUnicode && /\\(?:[pPk]|u\{)/.test(source)) return undefined
  const reader = new Reader(source, isUnicode)
  const tree = reader.readChoice(0)
  return reader.isDone && !reader.hasFailed ? tree : undefined
}

class Reader {
  hasFailed = false
  readonly #source: string
  readonly #token: RegExp
  #at = 0

  constructor(source: string, isUnicode: boolean) {
    this.#source = source
    this.#token = new RegExp(TOKEN.source, isUnicode ? "yu" : "y")
  }

  get isDone(): boolean {
    return this.#at >= this.#source.length
  }

  readChoice(nested: number): PatternTree {
    const choices: PatternTree[] = []
    if (nested > MAX_NESTED) this.hasFailed = true
    for (;;) {
      choices.push(this.#readSequence(nested))
      if (this.hasFailed || this.#source[this.#at] !== "|") break
      this.#at++
    }
    return choices.length === 1 ? choices[0]! : { kind: "choice", parts: choices }
  }

  #readSequence(nested: number): PatternTree {
    const parts: PatternTree[] = []
    while (!this.isDone && !this.hasFailed && this.#source[this.#at] !== "|" && this.#source[this.#at] !== ")")
      parts.push(this.#readRepeated(nested))
    return { kind: "sequence", parts }
  }

  #readRepeated(nested: number): PatternTree {
    const part = this.#readPart(nested)
    QUANTIFIER.lastIndex = this.#at
    const found = QUANTIFIER.exec(this.#source)
    if (found === null) return part
    this.#at = QUANTIFIER.lastIndex
    const [, sign, least, comma, most] = found
    if (sign !== undefined)
      return { kind: "repeat", part, least: sign === "+" ? 1 : 0, most: sign === "?" ? 1 : Number.POSITIVE_INFINITY }
    const end = comma === undefined ? Number(least) : most === "" ? Number.POSITIVE_INFINITY : Number(most)
    return { kind: "repeat", part, least: Number(least), most: end }
  }

  #readPart(nested: number): PatternTree {
    this.#token.lastIndex = this.#at
    const [text = ""] = this.#token.exec(this.#source) ?? []
    this.#at += text.length
    if (text.startsWith("(") && text !== "") return this.#readGroup(text, nested)
    if (text === "^" || text === "$" || text === "\\b" || text === "\\B") return { kind: "edge", source: text }
    if (/^\\(?:[1-9]|k)/.test(text)) return { kind: "again" }
    // A brace or bracket that stands alone has a meaning only in old programs.
    if (text === "" || /^[*+?{}\])]$/.test(text)) this.hasFailed = true
    return { kind: "character", source: text }
  }

  #readGroup(start: string, nested: number): PatternTree {
    const part = this.readChoice(nested + 1)
    if (this.#source[this.#at] !== ")") this.hasFailed = true
    this.#at++
    return /^\(\?<?[=!]/.test(start) ? { kind: "look", part } : part
  }
}
