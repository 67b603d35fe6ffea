import { isSecretName } from "@ashlar/core"
import { CARD_LIKE, isCardNumber } from "./card-number.ts"
import { type SecretPattern, tokenPatterns, urlPassword } from "./secret-patterns.ts"

/** Names beside those that `isSecretName` knows: of what is kept in logs by accident, and must not be. */
const MORE_NAMES =
  /^(?:pwd|pin|otp|totp|cvv2?|cvc2?|csc|ssn|jwt|sig|auth|sid)$|(?:access|signing|encryption|master|root)[-_]?key|session[-_]?id|signature|mnemonic|seed[-_]?phrase|connection[-_]?string|card[-_]?(?:number|no)\b|recovery[-_]?code|one[-_]?time[-_]?code/i

/** Whether what stands under a name is hidden whatever it is. */
export function isHiddenName(name: string): boolean {
  return isSecretName(name) || MORE_NAMES.test(name)
}

const defaultPatterns: readonly SecretPattern[] = [
  ...tokenPatterns,
  {
    kind: "credentials",
    pattern: /\b(?:Bearer|Basic|DPoP|Digest|Negotiate|Token) +(?<secret>[A-Za-z0-9._~+/=-]{8,})/gi,
    accepts: (match) => !isWord(match.slice(match.lastIndexOf(" ") + 1)),
  },
  urlPassword,
  { kind: "card-number", pattern: CARD_LIKE, accepts: isCardNumber },
]

/** `name=`, `name:` and `"name":`, whose name decides on what follows. From the start of a word, and bounded: read once. */
const NAMED = /(?<![\w-])(?<name>[A-Za-z][\w-]{1,63})\\{0,7}["']?\s{0,4}(?<sign>[=:])\s{0,4}/g
const BARE = /[^\s,;&"'<>\\)}\]]+/y
/** A header goes on to the end of its line. */
const HEADER_VALUE = /[^\r\n]+/y
const OPENING = /(?<slashes>\\{0,7})(?<quote>["'])/y

/** "Basic functionality", "token authentication": a word of a sentence, and no credential. */
function isWord(text: string): boolean {
  return text.length < 24 && /^[A-Za-z]?[a-z]+(?:[-/][a-z]+)*[.]?$/.test(text)
}

/** What every one of the default patterns has in it: texts without any of it are not looked at again. */
const SUSPECT = /[\w+/=.-]{14}|:\/\/|-----BEGIN|\d(?:[ -]?\d){12}|\b(?:Bearer|Basic|DPoP|Digest|Negotiate|Token) /i

/** A text without what looks like a secret, and what stands behind a name of one. */
export function redactText(text: string, rules: TextRules): string {
  let clean = text
  const patterns = SUSPECT.test(text) ? [...rules.patterns, ...defaultPatterns] : rules.patterns
  for (const { kind, pattern, accepts } of patterns)
    clean = clean.replaceAll(pattern, (match: string, ...rest: unknown[]) => {
      if (accepts !== undefined && !accepts(match)) return match
      const secret = groupsOf(rest)?.secret
      if (secret === undefined) return rules.hide(kind)
      const at = match.lastIndexOf(secret)
      return match.slice(0, at) + rules.hide(kind) + match.slice(at + secret.length)
    })
  return /[=:]/.test(clean) ? redactNamed(clean, rules) : clean
}

function redactNamed(text: string, { isHidden, hide }: TextRules): string {
  let clean = ""
  let from = 0
  const names = new RegExp(NAMED)
  for (let found = names.exec(text); found !== null; found = names.exec(text)) {
    const { name = "", sign } = found.groups ?? {}
    if (!isHidden(name)) continue
    const isHeader = sign === ":" && /(?:authorization|cookie)$/i.test(name)
    const [start, end] = valueAt(text, names.lastIndex, isHeader ? HEADER_VALUE : BARE)
    if (end === start || isPlain(text.slice(start, end))) continue
    clean += text.slice(from, start) + hide("named")
    from = end
    names.lastIndex = end
  }
  return from === 0 ? text : clean + text.slice(from)
}

/** From where to where a value stands, without its quotes. One whose quotes do not end is all of the rest. */
function valueAt(text: string, at: number, bare: RegExp): readonly [number, number] {
  OPENING.lastIndex = at
  const { slashes, quote } = OPENING.exec(text)?.groups ?? {}
  if (slashes === undefined || quote === undefined) {
    bare.lastIndex = at
    return [at, at + (bare.exec(text)?.[0].length ?? 0)]
  }
  const start = at + slashes.length + 1
  for (let end = text.indexOf(quote, start); end !== -1; end = text.indexOf(quote, end + 1)) {
    let count = 0
    while (count < end - start && text[end - 1 - count] === "\\") count++
    // In a text within a text each quote has as many as the first one had.
    if (slashes === "" ? count % 2 === 0 : count <= slashes.length)
      return [start, end - Math.min(count, slashes.length)]
  }
  return [start, text.length]
}

export interface TextRules {
  /** Beside those that are always looked for. */
  readonly patterns: readonly SecretPattern[]
  readonly isHidden: (name: string) => boolean
  readonly hide: (kind: string) => string
}

/** Says whether there is a secret, and is none. */
function isPlain(value: string): boolean {
  return /^(?:true|false|null|undefined|none)$/i.test(value)
}

function groupsOf(rest: readonly unknown[]): Readonly<Record<string, string | undefined>> | undefined {
  const last = rest.at(-1)
  return typeof last === "object" && last !== null ? (last as Record<string, string | undefined>) : undefined
}
