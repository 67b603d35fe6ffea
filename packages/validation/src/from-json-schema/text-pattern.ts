import { boundedPattern, MAX_PATTERN_TEXT } from "../pattern.ts"

/** Whether a text has something in it that matches. */
export type TextPattern = (text: string) => boolean

/** @throws what is wrong with the pattern. */
export function textPattern(source: string): TextPattern {
  const pattern = boundedPattern(toRegExp(source))
  return (text) => text.length <= MAX_PATTERN_TEXT && pattern.test(text)
}

/** As JSON Schema asks, by code points; a pattern that is none by those (`\-`) is read as older programs do. */
function toRegExp(source: string): RegExp {
  try {
    return new RegExp(source, "u")
  } catch {
    return new RegExp(source)
  }
}
