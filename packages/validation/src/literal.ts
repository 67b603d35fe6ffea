import { nearestOf } from "@ashlar/core"
import { blueprint, SchemaBuilder } from "./builder.ts"
import { SchemaInvalid } from "./errors.ts"
import type { Report } from "./issue.ts"
import { createNode, type Fits, type Literal, type Node } from "./node.ts"
import type { Schema } from "./schema.ts"
import { kindOf, listed, quoted, Term, term, verbatim } from "./term.ts"

const MAX_SHOWN = 12

/** The values of a TypeScript enum, or of an object in its place. */
export interface EnumObject {
  readonly [name: string]: string | number
}

export function literal<const T extends Literal>(value: T): Schema<T> {
  return new SchemaBuilder<T>(blueprint(allowedNode([value], () => ({ const: value }))))
}

export function enumeration<const T extends readonly (string | number)[]>(values: T): Schema<T[number]>
export function enumeration<const T extends EnumObject>(values: T): Schema<T[keyof T]>
export function enumeration(given: readonly (string | number)[] | EnumObject): Schema<string | number> {
  return new SchemaBuilder<string | number>(blueprint(enumNode(given)))
}

export function enumNode(given: readonly (string | number)[] | EnumObject): Node {
  const values = Array.isArray(given) ? (given as readonly (string | number)[]) : valuesOf(given as EnumObject)
  if (values.length === 0) throw new SchemaInvalid("Expected enum() to be given at least one value, got none.")
  const types = [...new Set(values.map((value) => typeof value))]
  return allowedNode(values, () => ({ type: types.length === 1 ? types[0] : [...types], enum: [...values] }))
}

/** Of an enum with numbers TypeScript makes an object that leads from the numbers back to the names, which are no values. */
function valuesOf(given: EnumObject): readonly (string | number)[] {
  const isReverse = (name: string): boolean => typeof given[given[name]!] === "number" && String(Number(name)) === name
  return [...new Set(Object.keys(given).flatMap((name) => (isReverse(name) ? [] : [given[name]!])))]
}

function allowedNode(values: readonly Literal[], toJson: Node["toJson"]): Node {
  const expected = describeAll(values)
  const fits = fitsAny(values)
  const nearestName = nearestOf(values.filter((value) => typeof value === "string"))
  const isTag = values.length === 1
  const refusal = (value: unknown): Report => {
    const near = typeof value === "string" ? nearestName(value) : undefined
    const advice = near === undefined ? undefined : term("didYouMean", { near: quoted(near) })
    return { code: "value", expected, received: shown(value), isTag, advice }
  }
  return createNode({
    expected,
    values,
    check: (value, run) => (fits(value) ? value : run.report(refusal(value))),
    fits,
    toJson,
  })
}

/** A few values are compared faster than looked up. */
function fitsAny(values: readonly Literal[]): Fits {
  const [first, second, third] = values
  if (values.length === 1) return (value) => value === first
  if (values.length === 2) return (value) => value === first || value === second
  if (values.length === 3) return (value) => value === first || value === second || value === third
  const known: ReadonlySet<unknown> = new Set(values)
  return (value) => known.has(value)
}

function describeAll(values: readonly Literal[]): Term {
  const words = values.slice(0, MAX_SHOWN).map((value) => JSON.stringify(value))
  const list = listed(words)
  if (values.length === 1) return list
  if (values.length <= MAX_SHOWN) return term("oneOf", { list })
  const more = term("more", { count: String(values.length - MAX_SHOWN) })
  return new Term(
    `one of ${words.join(", ")}, ${more.english}`,
    (locale) => `${term("oneOf", { list }).in(locale)}, ${more.in(locale)}`,
  )
}

function shown(value: unknown): Term {
  if (typeof value === "string") return verbatim(quoted(value))
  return typeof value === "number" ? verbatim(String(value)) : kindOf(value)
}
