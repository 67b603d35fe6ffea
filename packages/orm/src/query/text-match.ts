import { type Expression, sql as k } from "kysely"
import type { Dialect } from "../driver.ts"

/** How text is matched in a dialect: the SQL, and what the caller's text becomes. */
export interface TextMatch {
  readonly write: (left: Expression<unknown>, value: Expression<unknown>) => Expression<unknown>
  readonly encode: (text: string) => string
}

/*
 * `like` tells capitals from small letters on SQLite and PostgreSQL, and on MySQL as the column's collation does. SQLite's own LIKE
 * does not, so it is GLOB there. A bare parameter as the pattern would make SQLite prepare the statement again at each run: the
 * empty text behind it keeps it from looking.
 */

/** `%` for any text, `_` for one character, a backslash before what stands for itself. */
export function likePattern(dialect: Dialect): TextMatch {
  if (dialect === "sqlite") return { write: (left, value) => k`${left} glob (${value} || '')`, encode: likeToGlob }
  return { write: (left, value) => k`${left} like ${value}`, encode: closed }
}

/** A backslash at the end stands for nothing, and PostgreSQL refuses it: it stands for itself. */
function closed(pattern: string): string {
  const trailing = /\\*$/.exec(pattern)![0].length
  return trailing % 2 === 0 ? pattern : `${pattern}\\`
}

/** The same whatever the case: of ASCII on SQLite, of all letters elsewhere. */
export function ilikePattern(dialect: Dialect): TextMatch {
  const encode = closed
  if (dialect === "sqlite") return { write: (left, value) => k`${left} like (${value} || '') escape '\\'`, encode }
  if (dialect === "postgres") return { write: (left, value) => k`${left} ilike ${value}`, encode }
  return { write: (left, value) => k`lower(${left}) like lower(${value})`, encode }
}

export function containsText(dialect: Dialect): TextMatch {
  if (dialect === "sqlite")
    return { write: (left, value) => k`${left} glob (${value} || '')`, encode: (text) => `*${escapeGlob(text)}*` }
  return escaped((text) => `%${text}%`)
}

export function startsWithText(dialect: Dialect): TextMatch {
  if (dialect === "sqlite")
    return { write: (left, value) => k`${left} glob (${value} || '')`, encode: (text) => `${escapeGlob(text)}*` }
  return escaped((text) => `${text}%`)
}

export function endsWithText(dialect: Dialect): TextMatch {
  if (dialect === "sqlite")
    return { write: (left, value) => k`${left} glob (${value} || '')`, encode: (text) => `*${escapeGlob(text)}` }
  return escaped((text) => `%${text}`)
}

function escaped(around: (text: string) => string): TextMatch {
  return {
    write: (left, value) => k`${left} like ${value} escape '!'`,
    encode: (text) => around(text.replace(/[!%_]/g, "!$&")),
  }
}

const escapeGlob = (text: string): string => text.replace(/[*?[]/g, "[$&]")

function likeToGlob(pattern: string): string {
  return pattern.replace(/\\[\s\S]|[%_*?[]/gu, (found) => {
    if (found === "%") return "*"
    if (found === "_") return "?"
    return escapeGlob(found.startsWith("\\") ? found.slice(1) : found)
  })
}
