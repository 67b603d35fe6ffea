import { JsonSchemaInvalid } from "../errors.ts"
import { writtenAlike } from "../json-equality.ts"
import { isMultiple } from "../number.ts"
import type { Run } from "../run.ts"
import { either, kindOf, quoted, type Term, term, verbatim } from "../term.ts"
import type { JsonValue } from "./json-copy.ts"
import type { Keyword } from "./part.ts"
import { assertion, type KeywordReader, toList, toNumber, toTexts } from "./site.ts"

/** The keywords about a value's type, about the values there may be, and about numbers. */

interface Type {
  readonly fits: (value: unknown) => boolean
  readonly expected: Term
}

const INTEGER = term("integer")

const TYPES: ReadonlyMap<string, Type> = new Map([
  ["null", { fits: (value: unknown) => value === null, expected: verbatim("null") }],
  ["boolean", { fits: (value: unknown) => typeof value === "boolean", expected: term("boolean") }],
  ["string", { fits: (value: unknown) => typeof value === "string", expected: term("string") }],
  ["number", { fits: (value: unknown) => Number.isFinite(value), expected: term("number") }],
  ["integer", { fits: (value: unknown) => Number.isInteger(value), expected: INTEGER }],
  ["array", { fits: (value: unknown) => Array.isArray(value), expected: term("array") }],
  ["object", { fits: isObject, expected: term("object") }],
])

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

/** What a `type` asks for, in words. */
export function describeType(value: JsonValue): Term {
  return either(typesOf(value).map(({ expected }) => expected))
}

function typesOf(value: JsonValue): readonly Type[] {
  const names = typeof value === "string" ? [value] : toTexts("type", value)
  const types = names.flatMap((name) => TYPES.get(name) ?? [])
  if (types.length === names.length && types.length > 0) return types
  throw new JsonSchemaInvalid(`Expected "type" to be of ${[...TYPES.keys()].join(", ")}, got ${JSON.stringify(value)}.`)
}

const readType: KeywordReader = (value) => {
  const types = typesOf(value)
  const [first, ...rest] = types
  const expected = describeType(value)
  const fits = rest.length === 0 ? first!.fits : (given: unknown) => types.some((type) => type.fits(given))
  // A number that is not the kind of number wanted is shown: "Expected an integer, got 1.5."
  const show = types.some(({ expected: { english } }) => english === INTEGER.english) ? shown : kindOf
  return assertion(fits, (given, run) => run.expect("type", expected, show(given)))
}

function shown(value: unknown): Term {
  return typeof value === "number" ? verbatim(String(value)) : kindOf(value)
}

const MAX_SHOWN = 12

/** The values of an `enum` or a `const`, in words. */
export function describeValues(values: readonly JsonValue[]): Term {
  const words = values
    .slice(0, MAX_SHOWN)
    .map((value) => (typeof value === "string" ? quoted(value) : cut(JSON.stringify(value))))
  if (values.length > MAX_SHOWN) words.push("…")
  return values.length === 1 ? verbatim(words[0]!) : term("oneOf", { list: verbatim(words.join(", ")) })
}

function cut(text: string): string {
  return text.length > 64 ? `${text.slice(0, 64)}…` : text
}

function allowed(values: readonly JsonValue[]): Keyword {
  const expected = describeValues(values)
  const simple = new Set<unknown>(values.filter((value) => typeof value !== "object" || value === null))
  const written = new Set(
    values.flatMap((value) => (typeof value === "object" && value !== null ? writtenAlike(value) : [])),
  )
  const fits = (value: unknown): boolean =>
    typeof value === "object" && value !== null
      ? written.size > 0 && written.has(writtenAlike(value))
      : simple.has(value)
  return assertion(fits, (value, run) =>
    run.report({
      code: "value",
      expected,
      received: typeof value === "string" ? verbatim(quoted(value)) : shown(value),
      isTag: values.length === 1,
    }),
  )
}

type Bound = readonly [
  code: "too_small" | "too_big",
  text: "atLeast" | "atMost" | "moreThan" | "lessThan",
  fits: (value: number, bound: number) => boolean,
]

const BOUNDS: Readonly<Record<string, Bound>> = {
  minimum: ["too_small", "atLeast", (value, bound) => value >= bound],
  maximum: ["too_big", "atMost", (value, bound) => value <= bound],
  exclusiveMinimum: ["too_small", "moreThan", (value, bound) => value > bound],
  exclusiveMaximum: ["too_big", "lessThan", (value, bound) => value < bound],
}

function readBound(keyword: string, [code, text, isWithin]: Bound): KeywordReader {
  return (value) => {
    const bound = toNumber(keyword, value)
    const expected = term(text, { amount: String(bound) })
    const fits = (given: unknown): boolean => typeof given !== "number" || isWithin(given, bound)
    return assertion(fits, (given, run: Run) => run.expect(code, expected, verbatim(String(given))))
  }
}

const readMultipleOf: KeywordReader = (value) => {
  const step = toNumber("multipleOf", value)
  if (!(step > 0)) throw new JsonSchemaInvalid(`Expected "multipleOf" to be a number above 0, got ${step}.`)
  const expected = term("multipleOf", { amount: String(step) })
  const fits = (given: unknown): boolean => typeof given !== "number" || isMultiple(given, step)
  return assertion(fits, (given, run) => run.expect("format", expected, verbatim(String(given))))
}

export const VALUE_KEYWORDS: readonly (readonly [string, KeywordReader])[] = [
  ["type", readType],
  ["const", (value) => allowed([value])],
  ["enum", (value) => allowed(toList("enum", value))],
  ...Object.entries(BOUNDS).map(([keyword, bound]) => [keyword, readBound(keyword, bound)] as const),
  ["multipleOf", readMultipleOf],
]
