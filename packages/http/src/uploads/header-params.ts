/** A header's value with its parameters: `form-data; name="a"`. */
export interface HeaderParams {
  /** What stands before the first `;`, lower-cased. */
  readonly value: string
  /** By lower-cased name. */
  readonly params: ReadonlyMap<string, string>
}

/**
 * How a quoted text is read. `escaped`: a backslash takes the meaning of the character after it (RFC 9110). `plain`: a
 * backslash is a backslash and the first quote ends the text, as browsers write the names of form fields and files.
 */
export type Quoting = "escaped" | "plain"

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const VALUE = new RegExp(`[ \\t]*(${TOKEN}(?:/${TOKEN})?)[ \\t]*`, "y")
const SEPARATOR = /;[ \t]*/y
const NAME = new RegExp(`(${TOKEN})=`, "y")
const PARAM_TOKEN = new RegExp(`(${TOKEN})[ \\t]*`, "y")
const QUOTED: Readonly<Record<Quoting, RegExp>> = {
  escaped: /"((?:[^"\\]|\\.)*)"[ \t]*/y,
  plain: /"([^"]*)"[ \t]*/y,
}

/**
 * Reads a value and its parameters, strictly: what does not fit the grammar as a whole is refused, so that nobody before
 * or behind this server can read it another way.
 *
 * @returns undefined for text that does not fit, and for a parameter that stands there twice.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-5.6.6
 */
export function parseHeaderParams(text: string, quoting: Quoting): HeaderParams | undefined {
  const scanner = new Scanner(text)
  const value = scanner.take(VALUE)
  if (value === undefined) return undefined
  const params = new Map<string, string>()
  while (!scanner.isAtEnd) {
    if (scanner.take(SEPARATOR) === undefined) return undefined
    if (scanner.isAtEnd || scanner.sees(";")) continue // an empty parameter is allowed
    const name = scanner.take(NAME)?.toLowerCase()
    if (name === undefined || params.has(name)) return undefined
    const quoted = scanner.take(QUOTED[quoting])
    const param = quoted === undefined ? scanner.take(PARAM_TOKEN) : quoted
    if (param === undefined) return undefined
    params.set(name, quoted !== undefined && quoting === "escaped" ? param.replace(/\\(.)/g, "$1") : param)
  }
  return { value: value.toLowerCase(), params }
}

class Scanner {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length
  }

  sees(character: string): boolean {
    return this.#text[this.#at] === character
  }

  /** What the pattern matches here: its group, or all of it where it has none. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match === null) return undefined
    this.#at = pattern.lastIndex
    return match[1] ?? match[0]
  }
}
