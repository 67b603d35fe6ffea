import { arrayOfOne } from "./array.ts"
import { BigintBuilder, bigintNode } from "./bigint.ts"
import { blueprint, SchemaBuilder } from "./builder.ts"
import { DateBuilder, dateNode } from "./date.ts"
import { readDate } from "./iso-date.ts"
import type { JsonSchema, JsonSchemaContext } from "./json-schema.ts"
import { type Node, nodeOf } from "./node.ts"
import { booleanNode, integerNode, NumberBuilder, numberNode } from "./number.ts"
import type { AnySchema, ArraySchema, BigintSchema, DateSchema, NumberSchema, Optional, Schema } from "./schema.ts"
import { term } from "./term.ts"

/** For values that come as text: query strings, path parameters, forms. */

const OTHER_TEXT = term("otherText")

/** The same node for text. What is no text is checked as it is. */
function fromText(inner: Node, read: (text: string) => unknown): Node {
  return {
    ...inner,
    isPure: false,
    check(value, run) {
      if (typeof value !== "string") return inner.check(value, run)
      const before = run.count
      const given = read(value)
      if (given === undefined) return run.expect("type", inner.expected, OTHER_TEXT)
      const checked = inner.check(given, run)
      return run.count === before ? checked : undefined
    },
  }
}

/** As JSON writes numbers, and with leading zeros. Not "", " 1", "0x10" or "Infinity", which `Number()` would take. */
function readNumber(text: string): number | undefined {
  return /^-?\d{1,400}(?:\.\d{1,400})?(?:[eE][+-]?\d{1,4})?$/.test(text) ? Number(text) : undefined
}

/** Reading takes the square of the digits' number. */
const MAX_BIGINT_DIGITS = 400

function readBigint(text: string): bigint | undefined {
  return text.length <= MAX_BIGINT_DIGITS + 1 && /^-?\d+$/.test(text) ? BigInt(text) : undefined
}

/** What `?flag=`, and a box that is ticked in a form, are sent as. */
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["1", true],
  ["on", true],
  ["false", false],
  ["0", false],
  ["off", false],
])

export function coercedNumber(): NumberSchema<string> {
  return new NumberBuilder<string>(blueprint(fromText(numberNode, readNumber)))
}

export function coercedInteger(): NumberSchema<string> {
  return new NumberBuilder<string>(blueprint(fromText(integerNode, readNumber)))
}

export function coercedBoolean(): Schema<boolean, string> {
  return new SchemaBuilder<boolean, string>(blueprint(fromText(booleanNode, (text) => BOOLEANS.get(text))))
}

export function coercedBigint(): BigintSchema<string> {
  const json = { type: "string", pattern: "^-?[0-9]{1,400}$" }
  return new BigintBuilder<string>(
    blueprint({
      ...fromText(bigintNode, readBigint),
      toJson: (context) => (context.mode === "input" ? json : bigintNode.toJson(context)),
    }),
  )
}

export function coercedDate(): DateSchema<string> {
  return new DateBuilder<string>(blueprint({ ...fromText(dateNode, readDate), toJson: dateJson }))
}

/** A day's start counts as a point in time too. */
function dateJson({ mode }: JsonSchemaContext): JsonSchema {
  if (mode === "output") return { type: "string", format: "date-time" }
  return { type: "string", anyOf: [{ format: "date-time" }, { format: "date" }] }
}

/** A key that is there once is a list of one: a query string knows no other. */
export function coercedArray<S extends AnySchema>(item: S): ArraySchema<S> {
  return arrayOfOne(item)
}

/** An empty field of a form is sent as empty text. */
export function blank<S extends AnySchema>(schema: S): Optional<S["~o"], S["~i"]> {
  const node = nodeOf(schema)
  const filled: Node = {
    ...node,
    isPure: false,
    fitsGiven: undefined,
    fitsWithin: undefined,
    fits: node.fits && ((value) => value !== "" && node.fits!(value)),
    check: (value, run) => (value === "" ? undefined : node.check(value, run)),
  }
  return new SchemaBuilder<S["~o"], S["~i"]>(blueprint(filled)).optional()
}
