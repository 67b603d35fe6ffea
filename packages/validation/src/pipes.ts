import { count } from "./bound.ts"
import { blueprint, SchemaBuilder } from "./builder.ts"
import { coercedBoolean, coercedDate, coercedInteger, coercedNumber } from "./coerce.ts"
import { type EnumObject, enumeration } from "./literal.ts"
import { checkAt, createNode, type Node, nodeOf } from "./node.ts"
import type { AnySchema, DateSchema, NumberSchema, Schema } from "./schema.ts"
import { string } from "./string.ts"
import type { StringSchema } from "./string-schema.ts"
import { kindOf, quantity, term } from "./term.ts"

/** Schemas for what comes as text, ready to stand at a parameter. Each can be checked further: `ParseInt.min(1)`. */

/** A whole number, as JSON writes one and with leading zeros. */
export const ParseInt: NumberSchema<string> = coercedInteger()

/** A finite number. */
export const ParseFloat: NumberSchema<string> = coercedNumber()

/** `true`, `1`, `on`, `false`, `0`, `off`. */
export const ParseBool: Schema<boolean, string> = coercedBoolean()

/** A UUID, in lower case. */
export const ParseUuid: StringSchema = string().uuid().lowercase()

/** A day (its start in UTC), or a point in time, as RFC 3339 writes them. */
export const ParseDate: DateSchema<string> = coercedDate()

/** One of these values. @throws {VALIDATION_SCHEMA_INVALID} for an empty list. */
export function ParseEnum<const T extends readonly (string | number)[]>(values: T): Schema<T[number]>
export function ParseEnum<const T extends EnumObject>(values: T): Schema<T[keyof T]>
export function ParseEnum(values: readonly string[]): Schema<string> {
  return enumeration(values)
}

export interface ParseArrayOptions {
  /** What is between two items. Default `,`. */
  readonly separator?: string
  /** Default 100. */
  readonly maxItems?: number
}

const SOME_TEXT = term("string")

/**
 * A list in one text: `1,2,3`. Empty text is an empty list.
 *
 * @throws {VALIDATION_SCHEMA_INVALID} for a bound that is none.
 * @example const query = v.object({ ids: ParseArray(ParseInt, { maxItems: 20 }) })
 */
export function ParseArray<S extends AnySchema>(item: S, options: ParseArrayOptions = {}): Schema<S["~o"][], string> {
  const { separator = ",", maxItems = 100 } = options
  return new SchemaBuilder<S["~o"][], string>(blueprint(listNode(nodeOf(item), separator, count("maxItems", maxItems))))
}

function listNode(item: Node, separator: string, max: number): Node {
  const atMost = term("atMost", { amount: quantity("item", max) })
  return createNode({
    expected: SOME_TEXT,
    check(value, run) {
      if (typeof value !== "string") return run.expect("type", SOME_TEXT, kindOf(value))
      const texts = value === "" ? [] : value.split(separator, max + 1)
      if (texts.length > max) return run.expect("too_big", atMost, term("beyond"))
      return texts.map((text, at) => (run.isFull ? undefined : checkAt(item.check, text, at, run)))
    },
    toJson: (context) =>
      context.mode === "input"
        ? { type: "string" }
        : { type: "array", items: item.toJson(context.inside), maxItems: max },
  })
}
