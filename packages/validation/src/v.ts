import { array } from "./array.ts"
import { bigint } from "./bigint.ts"
import {
  blank,
  coercedArray,
  coercedBigint,
  coercedBoolean,
  coercedDate,
  coercedInteger,
  coercedNumber,
} from "./coerce.ts"
import { map, set } from "./collection.ts"
import { date } from "./date.ts"
import { discriminatedUnion, type Member } from "./discriminated-union.ts"
import { file } from "./file.ts"
import type { FileSchema } from "./file-schema.ts"
import { type IntersectionInput, type IntersectionOutput, intersection } from "./intersection.ts"
import { lazy } from "./lazy.ts"
import { type EnumObject, enumeration, literal } from "./literal.ts"
import type { Literal } from "./node.ts"
import { boolean, integer, number } from "./number.ts"
import { object } from "./object.ts"
import type { AsyncShape, ObjectInput, ObjectOutput, ObjectSchema, Shape } from "./object-schema.ts"
import { pipe } from "./pipe.ts"
import { record } from "./record.ts"
import type {
  AnyAsyncSchema,
  AnySchema,
  ArraySchema,
  AsyncSchema,
  BigintSchema,
  DateSchema,
  NumberSchema,
  Optional,
  RecordSchema,
  Schema,
  TupleInput,
  TupleOutput,
  TupleSchema,
} from "./schema.ts"
import { string } from "./string.ts"
import type { StringSchema } from "./string-schema.ts"
import { tuple } from "./tuple.ts"
import { union } from "./union.ts"
import { type Json, json, unknown } from "./unknown.ts"

/** What {@link v} can build. Methods throw {VALIDATION_SCHEMA_INVALID} for bounds and parts that make no schema. */
export interface Builder {
  string(): StringSchema
  /** A finite number. Text is refused; for a query string there is `coerce`. */
  number(): NumberSchema
  /** A whole number that a double holds exactly: from -(2^53 - 1) to 2^53 - 1. */
  integer(): NumberSchema
  bigint(): BigintSchema
  boolean(): Schema<boolean>
  /** A `Date` that is one. For text: `coerce.date`, or `string().datetime()` to leave it text. */
  date(): DateSchema
  /** This one value. */
  literal<const T extends Literal>(value: T): Schema<T>
  /** One of these values, given as a list, as a TypeScript enum, or as an object in its place; a mistyped word is answered with the nearest. */
  enum: EnumBuilder
  array: ArrayBuilder
  /** A list with its own schema at each place: `v.tuple([v.number(), v.number()]).rest(v.string())`. */
  tuple<const S extends readonly AnySchema[]>(items: S): TupleSchema<TupleOutput<S>, TupleInput<S>>
  /**
   * Known keys. A key that is not known is refused with the nearest that is; see `passthrough` and `strip`. A key whose
   * schema is optional, or has a default, may be absent.
   */
  object: ObjectBuilder
  /** Any keys that fit `key`, all with values that fit `value`. */
  record<S extends AnySchema>(key: Schema<string>, value: S): RecordSchema<S>
  /** A `Set`, or a list to make one of. */
  set<S extends AnySchema>(item: S): Schema<Set<S["~o"]>, Set<S["~i"]> | S["~i"][]>
  /** A `Map`, or a list of pairs to make one of. */
  map<K extends AnySchema, V extends AnySchema>(
    key: K,
    value: V,
  ): Schema<Map<K["~o"], V["~o"]>, Map<K["~i"], V["~i"]> | [K["~i"], V["~i"]][]>
  /** The first of these that takes the value. When none does, the issues are those of the one that was likely meant. */
  union<const S extends readonly AnySchema[]>(members: S): Schema<S[number]["~o"], S[number]["~i"]>
  /** Of objects with a literal or an enum at `key`, the one that has the value's. */
  discriminatedUnion<K extends string, const S extends readonly Member<K>[]>(
    key: K,
    members: S,
  ): Schema<S[number]["~o"], S[number]["~i"]>
  /** All of these at once. A key of an object needs to be known to one of them only. For two plain objects there is `merge`. */
  intersection<const S extends readonly AnySchema[]>(members: S): Schema<IntersectionOutput<S>, IntersectionInput<S>>
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
  /** What one schema gives goes to the next: `v.pipe(ParseInt, v.enum([1, 2]))`. */
  pipe: typeof pipe
  /** A file: a `File` or `Blob`, or what `@ashlar/http/uploads` keeps in memory. */
  file(): FileSchema
  /** For values that come as text: query strings, path parameters, forms. JSON Schema names the type that is meant. */
  readonly coerce: Coercions
}

export interface EnumBuilder {
  <const T extends readonly (string | number)[]>(values: T): Schema<T[number]>
  <const T extends EnumObject>(values: T): Schema<T[keyof T]>
}

export interface ArrayBuilder {
  <S extends AnySchema>(item: S): ArraySchema<S>
  <S extends AnyAsyncSchema>(item: S): AsyncSchema<S["~o"][], S["~i"][]>
}

export interface ObjectBuilder {
  <S extends Shape>(shape: S): ObjectSchema<S>
  <S extends AsyncShape>(shape: S): AsyncSchema<ObjectOutput<S>, ObjectInput<S>>
}

export interface Coercions {
  /** As JSON writes a number: `-1.5e3`. */
  number(): NumberSchema<string>
  integer(): NumberSchema<string>
  /** Up to 400 digits. */
  bigint(): BigintSchema<string>
  /** `true`, `1`, `on`, `false`, `0`, `off`. */
  boolean(): Schema<boolean, string>
  /** `2026-01-31` (its start in UTC) or `2026-01-31T12:00:00Z`. */
  date(): DateSchema<string>
  /** A list, or one value for a list of one: a query string says both alike. */
  array<S extends AnySchema>(item: S): ArraySchema<S>
  /** Empty text is as good as none: what an empty field of a form sends. */
  blank<S extends AnySchema>(schema: S): Optional<S["~o"], S["~i"]>
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
  bigint,
  boolean,
  date,
  literal,
  enum: enumeration,
  array,
  tuple,
  object,
  record,
  set,
  map,
  union,
  discriminatedUnion,
  intersection,
  unknown,
  json,
  lazy,
  pipe,
  file,
  coerce: {
    number: coercedNumber,
    integer: coercedInteger,
    bigint: coercedBigint,
    boolean: coercedBoolean,
    date: coercedDate,
    array: coercedArray,
    blank,
  },
}
