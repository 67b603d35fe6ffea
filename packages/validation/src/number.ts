import { finite } from "./bound.ts"
import { type Blueprint, blueprint, SchemaBuilder } from "./builder.ts"

import { kindOf, type Run } from "./issue.ts"
import { createNode, type Node } from "./node.ts"
import type { NumberSchema, Schema } from "./schema.ts"

class NumberBuilder<I> extends SchemaBuilder<number, I> implements NumberSchema<I> {
  min(least: number): this {
    const bound = finite("min", least)
    return this.step({
      check: (value, run) =>
        (value as number) >= bound ? value : outside(run, "too_small", `at least ${bound}`, value),
      fits: (value) => (value as number) >= bound,
      json: { minimum: bound },
    })
  }

  max(most: number): this {
    const bound = finite("max", most)
    return this.step({
      check: (value, run) => ((value as number) <= bound ? value : outside(run, "too_big", `at most ${bound}`, value)),
      fits: (value) => (value as number) <= bound,
      json: { maximum: bound },
    })
  }

  protected override rebuild(plan: Blueprint): this {
    return new NumberBuilder<I>(plan) as this
  }
}

function outside(run: Run, code: "too_small" | "too_big", expected: string, value: unknown): undefined {
  return run.expect(code, expected, String(value))
}

const isNumber = (value: unknown): boolean => Number.isFinite(value)

/** An integer that a double holds exactly: JSON's 9007199254740993 would have become another number already. */
const isInteger = (value: unknown): boolean => Number.isSafeInteger(value)

const numberNode = scalar("a number", "number", isNumber)
const integerNode = scalar("an integer", "integer", isInteger)
const booleanNode = scalar("true or false", "boolean", (value) => typeof value === "boolean")

function scalar(expected: string, type: string, accepts: (value: unknown) => boolean): Node {
  return createNode({
    expected,
    check: (value, run) => (accepts(value) ? value : run.expect("type", expected, gotNumber(value))),
    fits: accepts,
    toJson: () => ({ type }),
  })
}

/** A number that is not the kind of number wanted is shown: "Expected an integer, got 1.5." */
function gotNumber(value: unknown): string {
  return typeof value === "number" ? String(value) : kindOf(value)
}

/** The same node for text, which a query string is made of. What is no text is checked as it is. */
function fromText(inner: Node, read: (text: string) => unknown): Node {
  return {
    ...inner,
    isPure: false,
    check(value, run) {
      if (typeof value !== "string") return inner.check(value, run)
      const before = run.count
      const given = read(value)
      if (given === undefined) return run.expect("type", inner.expected, "other text")
      const checked = inner.check(given, run)
      return run.count === before ? checked : undefined
    },
  }
}

/** As JSON writes numbers, and with leading zeros. Not "", " 1", "0x10" or "Infinity", which `Number()` would take. */
function readNumber(text: string): number | undefined {
  return /^-?\d{1,400}(?:\.\d{1,400})?(?:[eE][+-]?\d{1,4})?$/.test(text) ? Number(text) : undefined
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["1", true],
  ["false", false],
  ["0", false],
])

export function number(): NumberSchema {
  return new NumberBuilder<number>(blueprint(numberNode))
}

export function integer(): NumberSchema {
  return new NumberBuilder<number>(blueprint(integerNode))
}

export function boolean(): Schema<boolean> {
  return new SchemaBuilder<boolean>(blueprint(booleanNode))
}

export function coercedNumber(): NumberSchema<string> {
  return new NumberBuilder<string>(blueprint(fromText(numberNode, readNumber)))
}

export function coercedInteger(): NumberSchema<string> {
  return new NumberBuilder<string>(blueprint(fromText(integerNode, readNumber)))
}

export function coercedBoolean(): Schema<boolean, string> {
  return new SchemaBuilder<boolean, string>(blueprint(fromText(booleanNode, (text) => BOOLEANS.get(text))))
}
