import { type Blueprint, blueprint, SchemaBuilder } from "./builder.ts"
import { SchemaInvalid } from "./errors.ts"
import type { Message } from "./issue.ts"
import type { JsonSchema } from "./json-schema.ts"
import { type Check, createNode, type Node } from "./node.ts"
import type { BigintSchema } from "./schema.ts"
import { kindOf, type Term, term, verbatim } from "./term.ts"

const A_BIGINT = term("bigint")

export const bigintNode: Node = createNode({
  expected: A_BIGINT,
  check: (value, run) => (typeof value === "bigint" ? value : run.expect("type", A_BIGINT, kindOf(value))),
  fits: (value) => typeof value === "bigint",
  toJson: ({ bigints }) => (bigints === "string" ? { type: "string", pattern: "^-?[0-9]+$" } : { type: "integer" }),
})

/** Digits of a number that is received, in a message. */
const MAX_SHOWN = 40

export class BigintBuilder<I> extends SchemaBuilder<bigint, I> implements BigintSchema<I> {
  min(least: bigint, message?: Message): this {
    const bound = checked("min", least)
    const expected = term("atLeast", { amount: String(bound) })
    const fits = (value: unknown): boolean => (value as bigint) >= bound
    const check: Check = (value, run) => (fits(value) ? value : run.expect("too_small", expected, shown(value)))
    return this.step({ check, fits, json: jsonBound("minimum", bound) }, message)
  }

  max(most: bigint, message?: Message): this {
    const bound = checked("max", most)
    const expected = term("atMost", { amount: String(bound) })
    const fits = (value: unknown): boolean => (value as bigint) <= bound
    const check: Check = (value, run) => (fits(value) ? value : run.expect("too_big", expected, shown(value)))
    return this.step({ check, fits, json: jsonBound("maximum", bound) }, message)
  }

  protected override rebuild(plan: Blueprint): this {
    return new BigintBuilder<I>(plan) as this
  }
}

function checked(method: string, bound: bigint): bigint {
  if (typeof bound === "bigint") return bound
  throw new SchemaInvalid(`Expected ${method}() to be given a bigint, got ${String(bound)}.`)
}

/** A bound that a double does not hold would be another one in JSON. */
function jsonBound(keyword: string, bound: bigint): JsonSchema {
  return Number.isSafeInteger(Number(bound)) ? { [keyword]: Number(bound) } : {}
}

function shown(value: unknown): Term {
  const text = String(value)
  return verbatim(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text)
}

export function bigint(): BigintSchema {
  return new BigintBuilder<bigint>(blueprint(bigintNode))
}
