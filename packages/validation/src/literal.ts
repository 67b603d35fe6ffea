import { nearest } from "@ashlar/core"
import { blueprint, SchemaBuilder } from "./builder.ts"
import { SchemaInvalid } from "./errors.ts"
import { type Finding, kindOf, quoted } from "./issue.ts"
import { createNode } from "./node.ts"
import type { Schema } from "./schema.ts"

/** A value that JSON writes as one token. */
export type Literal = string | number | boolean | null

const MAX_SHOWN = 12

export function literal<const T extends Literal>(value: T): Schema<T> {
  return allowed([value], { const: value }, true)
}

export function enumeration<const T extends readonly (string | number)[]>(values: T): Schema<T[number]> {
  if (values.length === 0) throw new SchemaInvalid("Expected enum() to be given at least one value, got none.")
  const types = [...new Set(values.map((value) => typeof value))]
  return allowed<T[number]>(values, { type: types.length === 1 ? types[0] : types, enum: [...values] })
}

function allowed<T extends Literal>(values: readonly T[], json: Record<string, unknown>, isTag = false): Schema<T> {
  const known: ReadonlySet<unknown> = new Set(values)
  const expected = describeAll(values)
  return new SchemaBuilder<T>(
    blueprint({
      ...createNode({
        expected,
        check(value, run) {
          if (known.has(value)) return value
          return run.report(refusal(values, expected, value), isTag)
        },
        fits: (value) => known.has(value),
        toJson: () => structuredClone(json),
      }),
      isTag,
    }),
  )
}

function describeAll(values: readonly Literal[]): string {
  const words = values.slice(0, MAX_SHOWN).map((value) => JSON.stringify(value))
  if (values.length > MAX_SHOWN) words.push(`${values.length - MAX_SHOWN} more`)
  return words.length === 1 ? words[0]! : `one of ${words.join(", ")}`
}

function refusal(values: readonly Literal[], expected: string, value: unknown): Finding {
  const received = describe(value)
  const names = values.filter((name) => typeof name === "string")
  const near = typeof value === "string" ? nearest(value, names) : undefined
  const advice = near === undefined ? "" : ` Did you mean ${quoted(near)}?`
  return { code: "value", expected, received, message: `Expected ${expected}, got ${received}.${advice}` }
}

function describe(value: unknown): string {
  if (typeof value === "string") return quoted(value)
  return typeof value === "number" ? String(value) : kindOf(value)
}
