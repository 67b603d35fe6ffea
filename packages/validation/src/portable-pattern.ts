import type { JsonSchema } from "./json-schema.ts"

/**
 * What JSON Schema says of a pattern: its source, which has no flags there and goes by code points. Nothing where that
 * would be another pattern: one with the flags `m` or `v`, or of a syntax that code points do not allow.
 */
export function patternJson(pattern: RegExp): JsonSchema {
  const source = portable(pattern)
  return source === undefined ? {} : { pattern: source }
}

function portable({ source, flags }: RegExp): string | undefined {
  if (/[mv]/.test(flags)) return undefined
  let text: string | undefined = source
  if (flags.includes("i")) text = caseless(text)
  if (text !== undefined && flags.includes("s"))
    text = replaceTokens(text, (token) => (token === "." ? "[\\s\\S]" : token))
  if (text === undefined || isPattern(text)) return text
  // Without the flag `u` any character may have a backslash before it.
  const plain = replaceTokens(text, (token) => token.replace(/^\\([^A-Za-z0-9^$\\.*+?()[\]{}|/])$/, "$1"))
  return isPattern(plain) ? plain : undefined
}

function isPattern(source: string): boolean {
  try {
    return new RegExp(source, "u") instanceof RegExp
  } catch {
    return false
  }
}

const TOKEN =
  /\\(?:[pPu]\{[^}]*\}|k<[^>]*>|c[A-Za-z]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|[\s\S])|\[(?:\\[\s\S]|[^\]\\])*\]|\(\?<[A-Za-z_$][^>]*>|[\s\S]/gu

function replaceTokens(source: string, change: (token: string) => string): string {
  return source.replace(TOKEN, change)
}

/** The pattern with both cases of each letter; undefined where a letter is written by its number. */
function caseless(source: string): string | undefined {
  if (/\\(?:[pPxuc]|\d)/.test(source)) return undefined
  let isSayable = true
  const text = replaceTokens(source, (token) => {
    if (token.startsWith("\\") || token.startsWith("(?<")) return token
    if (!token.startsWith("[")) return swapped(token) === undefined ? token : `[${token}${swapped(token)}]`
    const body = bothCases(token.slice(1, -1))
    isSayable &&= body !== undefined
    return `[${body ?? ""}]`
  })
  return isSayable ? text : undefined
}

/** What is in a class, in both cases; undefined for a range from one case to the other. */
function bothCases(body: string): string | undefined {
  let isSayable = true
  const text = body.replace(/\\[\s\S]|([^\\])-([^\]\\])|[^\\]/gu, (token, from?: string, to?: string) => {
    if (from === undefined || to === undefined) return token.startsWith("\\") ? token : token + (swapped(token) ?? "")
    const isRange = (range: RegExp): boolean => range.test(from) && range.test(to)
    if (isRange(/[a-z]/) || isRange(/[A-Z]/)) return `${token}${swapped(from)}-${swapped(to)}`
    isSayable &&= isRange(/[\0-@[-`{-\x7f]/) && !(from < "A" && to > "Z") && !(from < "a" && to > "z")
    return token
  })
  return isSayable ? text : undefined
}

/** A letter in its other case. */
function swapped(letter: string): string | undefined {
  const other = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()
  return other !== letter && other.length === letter.length ? other : undefined
}
