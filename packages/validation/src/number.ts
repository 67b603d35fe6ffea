import { finite } from "./bound.ts"
import { type Blueprint, blueprint, SchemaBuilder, type Step } from "./builder.ts"
import { SchemaInvalid } from "./errors.ts"
import type { Message } from "./issue.ts"
import type { TextKey } from "./locale.ts"
import { type Check, createNode, type Fits, type FitsWithin, type Node } from "./node.ts"
import type { NumberSchema, Schema } from "./schema.ts"
import { kindOf, type Term, term, verbatim } from "./term.ts"

export class NumberBuilder<I> extends SchemaBuilder<number, I> implements NumberSchema<I> {
  min(least: number, message?: Message): this {
    const bound = finite("min", least)
    const fits: Fits = (value) => (value as number) >= bound
    const step = { fits, bound: { least: bound }, json: { minimum: bound } }
    return this.#bounded("too_small", term("atLeast", { amount: String(bound) }), step, message)
  }

  max(most: number, message?: Message): this {
    const bound = finite("max", most)
    const fits: Fits = (value) => (value as number) <= bound
    const step = { fits, bound: { most: bound }, json: { maximum: bound } }
    return this.#bounded("too_big", term("atMost", { amount: String(bound) }), step, message)
  }

  above(limit: number, message?: Message): this {
    const bound = finite("above", limit)
    const step = { fits: (value: unknown) => (value as number) > bound, json: { exclusiveMinimum: bound } }
    return this.#bounded("too_small", term("moreThan", { amount: String(bound) }), step, message)
  }

  below(limit: number, message?: Message): this {
    const bound = finite("below", limit)
    const step = { fits: (value: unknown) => (value as number) < bound, json: { exclusiveMaximum: bound } }
    return this.#bounded("too_big", term("lessThan", { amount: String(bound) }), step, message)
  }

  int(message?: Message): this {
    const { check } = integerNode
    return this.step({ check, fits: isInteger, json: { multipleOf: 1 } }, message)
  }

  safe(message?: Message): this {
    return this.min(Number.MIN_SAFE_INTEGER, message).max(Number.MAX_SAFE_INTEGER, message)
  }

  positive(message?: Message): this {
    return this.above(0, message)
  }

  negative(message?: Message): this {
    return this.below(0, message)
  }

  multipleOf(step: number, message?: Message): this {
    if (!(finite("multipleOf", step) > 0))
      throw new SchemaInvalid(`Expected multipleOf() to be given a number above 0, got ${step}.`)
    const expected = term("multipleOf", { amount: String(step) })
    return this.step(
      {
        check: (value, run) =>
          isMultiple(value as number, step) ? value : run.expect("format", expected, verbatim(String(value))),
        fits: (value) => isMultiple(value as number, step),
        json: { multipleOf: step },
      },
      message,
    )
  }

  protected override rebuild(plan: Blueprint): this {
    return new NumberBuilder<I>(plan) as this
  }

  #bounded(
    code: "too_small" | "too_big",
    expected: Term,
    step: Omit<Step, "check"> & { readonly fits: Fits },
    message: Message | undefined,
  ): this {
    const { fits } = step
    const check: Check = (value, run) => (fits(value) ? value : run.expect(code, expected, verbatim(String(value))))
    return this.step({ ...step, check }, message)
  }
}

/**
 * Whether a whole number of steps, written as a decimal, is the value: 0.3 of 0.1 is three, though the doubles' quotient is
 * 2.9999999999999996. One rounding error of the quotient is forgiven and no more, so 1e-8 off is off.
 */
export function isMultiple(value: number, step: number): boolean {
  const quotient = value / step
  if (!Number.isFinite(quotient)) return value % step === 0
  return Number.isInteger(quotient) || Math.abs(quotient - Math.round(quotient)) < Math.abs(quotient) * 2 ** -51
}

const isNumber: Fits = (value) => Number.isFinite(value)
const isNumberWithin = (least: number, most: number): Fits => {
  return (value) => typeof value === "number" && value >= least && value <= most && Number.isFinite(value)
}

/** An integer that a double holds exactly: JSON's 9007199254740993 would have become another number already. */
const isInteger: Fits = (value) => Number.isSafeInteger(value)
const isIntegerWithin = (least: number, most: number): Fits => {
  return (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
}

export const numberNode: Node = scalar("number", "number", isNumber, isNumberWithin)
export const integerNode: Node = scalar("integer", "integer", isInteger, isIntegerWithin)
export const booleanNode: Node = scalar("boolean", "boolean", (value) => typeof value === "boolean")

function scalar(key: TextKey, type: string, accepts: Fits, fitsWithin?: FitsWithin): Node {
  const expected = term(key)
  return createNode({
    expected,
    check: (value, run) => (accepts(value) ? value : run.expect("type", expected, shown(value))),
    fits: accepts,
    fitsWithin,
    toJson: () => ({ type }),
  })
}

/** A number that is not the kind of number wanted is shown: "Expected an integer, got 1.5." */
function shown(value: unknown): Term {
  return typeof value === "number" ? verbatim(String(value)) : kindOf(value)
}

export function number(): NumberSchema {
  return new NumberBuilder<number>(blueprint(numberNode))
}

export function integer(): NumberSchema {
  return new NumberBuilder<number>(blueprint(integerNode))
}

export function boolean(): Schema<boolean> {
  return new SchemaBuilder<boolean>(blueprint(booleanNode))
}
