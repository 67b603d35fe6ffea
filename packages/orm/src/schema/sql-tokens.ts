import type { Flavour } from "./description.ts"

/** A piece of SQL: a word, a quoted name, text, a comment, or one other character. Blanks are left out. */
export interface SqlToken {
  readonly kind: "word" | "name" | "text" | "comment" | "symbol"
  /** As it is written. */
  readonly raw: string
  /** Of a word: in lower case. Of a name: without its quotes. Else as it is written. */
  readonly value: string
  readonly start: number
  readonly end: number
}

const BLANK = /\s/
const WORD_START = /[\p{L}_]/u
const WORD = /[\p{L}\p{N}_$]*/uy
const NUMBER = /(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)/y
const DOLLAR = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy

/** Takes SQL apart. Quotes that do not end reach to the end of the text. */
export function sqlTokens(sql: string, flavour: Flavour): readonly SqlToken[] {
  const tokens: SqlToken[] = []
  for (let at = 0; at < sql.length; ) {
    if (BLANK.test(sql[at]!)) {
      at++
      continue
    }
    const token = tokenAt(sql, at, flavour)
    tokens.push(token)
    at = token.end
  }
  return tokens
}

function tokenAt(sql: string, start: number, flavour: Flavour): SqlToken {
  const make = (kind: SqlToken["kind"], end: number, value?: string): SqlToken => {
    const raw = sql.slice(start, end)
    return { kind, raw, value: value ?? raw, start, end }
  }
  const isMysql = flavour === "mysql" || flavour === "mariadb"
  const character = sql[start]!
  const two = sql.slice(start, start + 2)
  // MySQL takes two dashes for a comment only before a blank.
  const isDashes = two === "--" && (!isMysql || BLANK.test(sql[start + 2] ?? " "))
  if (isDashes || (isMysql && character === "#")) return make("comment", endOfLine(sql, start))
  if (two === "/*") return make("comment", endOfComment(sql, start, flavour === "postgres"))
  if (character === "'") {
    const isEscaped =
      isMysql || (flavour === "postgres" && /(?:^|[^\p{L}\p{N}_])[eE]$/u.test(sql.slice(Math.max(0, start - 2), start)))
    return make("text", endOfQuotes(sql, start, "'", isEscaped))
  }
  if (character === '"' || character === "`" || (character === "[" && flavour === "sqlite")) {
    const end = endOfQuotes(sql, start, character === "[" ? "]" : character, isMysql && character === '"')
    const quote = character === "[" ? "]" : character
    return make("name", end, sql.slice(start + 1, end - 1).replaceAll(quote + quote, quote))
  }
  if (flavour === "postgres" && character === "$") {
    const tag = matchAt(DOLLAR, sql, start)
    if (tag !== undefined) {
      const close = sql.indexOf(tag, start + tag.length)
      return make("text", close < 0 ? sql.length : close + tag.length)
    }
  }
  if (WORD_START.test(character)) {
    const end = start + matchAt(WORD, sql, start)!.length
    return make("word", Math.max(end, start + 1), sql.slice(start, end).toLowerCase())
  }
  const number = matchAt(NUMBER, sql, start)
  return number === undefined ? make("symbol", start + 1) : make("word", start + number.length)
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

function endOfLine(sql: string, start: number): number {
  const end = sql.indexOf("\n", start)
  return end < 0 ? sql.length : end
}

function endOfComment(sql: string, start: number, nests: boolean): number {
  let depth = 1
  for (let at = start + 2; at < sql.length; at++) {
    const two = sql.slice(at, at + 2)
    if (two === "*/") {
      at++
      if (--depth === 0) return at + 1
    } else if (nests && two === "/*") {
      at++
      depth++
    }
  }
  return sql.length
}

function endOfQuotes(sql: string, start: number, quote: string, escapes: boolean): number {
  for (let at = start + 1; at < sql.length; at++) {
    if (escapes && sql[at] === "\\") at++
    else if (sql[at] === quote) {
      if (sql[at + 1] !== quote || quote === "]") return at + 1
      at++
    }
  }
  return sql.length
}

/** Whether SQL names something: as a word or in quotes, whatever its case. */
export function mentions(sql: string, name: string, flavour: Flavour): boolean {
  const wanted = name.toLowerCase()
  return sqlTokens(sql, flavour).some(({ kind, value }) => {
    return (kind === "word" || kind === "name") && value.toLowerCase() === wanted
  })
}

/** SQL with one name in place of another, wherever it is named; texts and comments stay. */
export function renameIn(sql: string, from: string, to: string, flavour: Flavour): string {
  let result = ""
  let at = 0
  const wanted = from.toLowerCase()
  const quote = flavour === "mysql" || flavour === "mariadb" ? "`" : '"'
  for (const { kind, value, start, end } of sqlTokens(sql, flavour)) {
    if ((kind !== "word" && kind !== "name") || value.toLowerCase() !== wanted) continue
    result += `${sql.slice(at, start)}${quote}${to.replaceAll(quote, quote + quote)}${quote}`
    at = end
  }
  return result + sql.slice(at)
}
