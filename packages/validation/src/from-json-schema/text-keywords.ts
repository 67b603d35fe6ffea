import { JsonSchemaInvalid } from "../errors.ts"
import { linearPattern } from "../linear-pattern/linear-pattern.ts"
import { quantity, type Term, term } from "../term.ts"
import { isLonger, isShorter, lengthOf } from "../text-length.ts"
import { assertion, type KeywordReader, toCount, toText } from "./site.ts"
import { textFormat } from "./text-formats.ts"

/** The keywords about text. */

const OTHER_TEXT = term("otherText")

function sized(code: "too_small" | "too_big", fitsText: (text: string) => boolean, expected: Term) {
  const fits = (value: unknown): boolean => typeof value !== "string" || fitsText(value)
  return assertion(fits, (value, run) => run.expect(code, expected, quantity("character", lengthOf(value as string))))
}

const readMinLength: KeywordReader = (value) => {
  const least = toCount("minLength", value)
  return sized(
    "too_small",
    (text) => !isShorter(text, least),
    term("atLeast", { amount: quantity("character", least) }),
  )
}

const readMaxLength: KeywordReader = (value) => {
  const most = toCount("maxLength", value)
  return sized("too_big", (text) => !isLonger(text, most), term("atMost", { amount: quantity("character", most) }))
}

/** @throws {VALIDATION_JSON_SCHEMA_INVALID} */
export function readPatternText(keyword: string, source: string): (text: string) => boolean {
  try {
    return linearPattern(source)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : ""
    throw new JsonSchemaInvalid(
      `Expected "${keyword}" to have a pattern that can be used, got ${JSON.stringify(source)}. ${why}`,
    )
  }
}

const readPattern: KeywordReader = (value) => {
  const source = toText("pattern", value)
  const fitsText = readPatternText("pattern", source)
  const expected = term("matching", { pattern: `/${source}/` })
  const fits = (given: unknown): boolean => typeof given !== "string" || fitsText(given)
  return assertion(fits, (_, run) => run.expect("format", expected, OTHER_TEXT))
}

const readFormat: KeywordReader = (value, { assertsFormats }) => {
  const format = textFormat(toText("format", value))
  if (!assertsFormats || format === undefined) return undefined
  const fits = (given: unknown): boolean => typeof given !== "string" || format.fits(given)
  return assertion(fits, (_, run) => run.expect("format", format.expected, OTHER_TEXT))
}

export const TEXT_KEYWORDS: readonly (readonly [string, KeywordReader])[] = [
  ["minLength", readMinLength],
  ["maxLength", readMaxLength],
  ["pattern", readPattern],
  ["format", readFormat],
]
