import { type Blueprint, blueprint, SchemaBuilder } from "./builder.ts"
import { SchemaInvalid } from "./errors.ts"
import type { Message } from "./issue.ts"
import { type Check, createNode, type Node } from "./node.ts"
import type { DateSchema } from "./schema.ts"
import { kindOf, type Term, term, verbatim } from "./term.ts"

const A_DATE = term("date")
const INVALID = verbatim("Invalid Date")

function isDate(value: unknown): boolean {
  return value instanceof Date && !Number.isNaN(value.getTime())
}

export const dateNode: Node = createNode({
  expected: A_DATE,
  check: (value, run) =>
    isDate(value) ? value : run.expect("type", A_DATE, value instanceof Date ? INVALID : kindOf(value)),
  fits: isDate,
  // What `JSON.stringify` makes of it.
  toJson: () => ({ type: "string", format: "date-time" }),
})

export class DateBuilder<I> extends SchemaBuilder<Date, I> implements DateSchema<I> {
  min(first: Date, message?: Message): this {
    const bound = timeOf("min", first)
    const expected = term("notBefore", { date: first.toISOString() })
    const fits = (value: unknown): boolean => (value as Date).getTime() >= bound
    const check: Check = (value, run) => (fits(value) ? value : run.expect("too_small", expected, shown(value)))
    return this.step({ check, fits }, message)
  }

  max(last: Date, message?: Message): this {
    const bound = timeOf("max", last)
    const expected = term("notAfter", { date: last.toISOString() })
    const fits = (value: unknown): boolean => (value as Date).getTime() <= bound
    const check: Check = (value, run) => (fits(value) ? value : run.expect("too_big", expected, shown(value)))
    return this.step({ check, fits }, message)
  }

  protected override rebuild(plan: Blueprint): this {
    return new DateBuilder<I>(plan) as this
  }
}

function timeOf(method: string, bound: Date): number {
  if (isDate(bound)) return bound.getTime()
  throw new SchemaInvalid(`Expected ${method}() to be given a valid date, got ${String(bound)}.`)
}

function shown(value: unknown): Term {
  return verbatim((value as Date).toISOString())
}

export function date(): DateSchema {
  return new DateBuilder<Date>(blueprint(dateNode))
}
