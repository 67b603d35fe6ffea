import { array } from "./array.ts"
import { lazy } from "./lazy.ts"
import { enumeration, type Literal, literal } from "./literal.ts"
import { boolean, coercedBoolean, coercedInteger, coercedNumber, integer, number } from "./number.ts"
import { object } from "./object.ts"
import { record } from "./record.ts"
import type {
  AnySchema,
  ArraySchema,
  NumberSchema,
  ObjectSchema,
  RecordSchema,
  Schema,
  Shape,
  StringSchema,
} from "./schema.ts"
import { string } from "./string.ts"
import { union } from "./union.ts"
import { type Json, json, unknown } from "./unknown.ts"

/** What {@link v} can build. Methods throw {VALIDATION_SCHEMA_INVALID} for bounds and parts that make no schema. */
export interface Builder {
  string(): StringSchema
  /** A finite number. Text is refused; for a query string there is `coerce`. */
  number(): NumberSchema
  /** A whole number that a double holds exactly: from -(2^53 - 1) to 2^53 - 1. */
  integer(): NumberSchema
  boolean(): Schema<boolean>
  /** This one value. */
  literal<const T extends Literal>(value: T): Schema<T>
  /** One of these values; a mistyped word is answered with the nearest. */
  enum<const T extends readonly (string | number)[]>(values: T): Schema<T[number]>
  array<S extends AnySchema>(item: S): ArraySchema<S>
  /**
   * Known keys. A key that is not known is refused with the nearest that is; see `passthrough` and `strip`. A key whose
   * schema is optional, or has a default, may be absent.
   */
  object<S extends Shape>(shape: S): ObjectSchema<S>
  /** Any keys that fit `key`, all with values that fit `value`. */
  record<S extends AnySchema>(key: Schema<string>, value: S): RecordSchema<S>
  /** The first of these that takes the value. When none does, the issues are those of the one that was likely meant. */
  union<const S extends readonly AnySchema[]>(members: S): Schema<S[number]["~o"], S[number]["~i"]>
  /** Anything, unchecked. */
  unknown(): Schema<unknown>
  /** Anything that JSON can hold, at most 128 levels deep. */
  json(): Schema<Json>
  /**
   * A schema that is made when it is first needed, so that a schema can contain itself. Annotate what it is a part of,
   * because TypeScript cannot infer a type from itself. Values are followed 128 levels down.
   *
   * @example
   * interface Tree { name: string; children: Tree[] }
   * const Tree: Schema<Tree> = v.object({ name: v.string(), children: v.array(v.lazy(() => Tree)) })
   */
  lazy<S extends AnySchema>(get: () => S): Schema<S["~o"], S["~i"]>
  /** For values that come as text: query strings, path parameters, forms. JSON Schema names the type that is meant. */
  readonly coerce: Coercions
}

export interface Coercions {
  /** As JSON writes a number: `-1.5e3`. */
  number(): NumberSchema<string>
  integer(): NumberSchema<string>
  /** `true`, `1`, `false`, `0`. */
  boolean(): Schema<boolean, string>
}

/**
 * Builds schemas.
 *
 * @example
 * const NewUser = v.object({
 *   name: v.string().trim().min(1).max(120),
 *   email: v.string().email(),
 *   age: v.integer().min(0).optional(),
 * })
 * type NewUser = Infer<typeof NewUser>      // { name: string; email: string; age?: number | undefined }
 */
export const v: Builder = {
  string,
  number,
  integer,
  boolean,
  literal,
  enum: enumeration,
  array,
  object,
  record,
  union,
  unknown,
  json,
  lazy,
  coerce: { number: coercedNumber, integer: coercedInteger, boolean: coercedBoolean },
}
