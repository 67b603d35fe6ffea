/**
 * The types of schemas. They are kept cheap: named interfaces, two phantom fields read by indexed access, no remapped
 * keys. A test measures what an object of eight fields costs the compiler.
 *
 * The fields `~o`, `~i` and `~opt` are for the type checker only; at run time there are none.
 */
import type { StandardJsonSchemaProps, StandardSchemaProps } from "@ashlar/core"
import type { ValidationIssue } from "./issue.ts"

/** What validating gives: the value, or what is wrong with it. */
export type ValidationResult<O> = { readonly value: O; readonly issues?: undefined } | ValidationFailure

export interface ValidationFailure {
  /** At least one, at most {@link MAX_ISSUES}. */
  readonly issues: readonly ValidationIssue[]
}

/** Standard Schema and Standard JSON Schema, always synchronous. @see https://standardschema.dev */
export interface SchemaProps<O, I> extends StandardSchemaProps<I, O>, StandardJsonSchemaProps<I, O> {
  readonly validate: (value: unknown) => ValidationResult<O>
}

/** Any schema of this package. */
export interface AnySchema {
  readonly "~o": unknown
  readonly "~i": unknown
}

/** What is said about a schema in JSON Schema, and so in OpenAPI. It checks nothing. */
export interface SchemaNotes {
  readonly title?: string
  readonly description?: string
  readonly examples?: readonly unknown[]
  readonly deprecated?: boolean
  /** The name of a recursive schema under `$defs`, and of any schema among the components of an OpenAPI document. */
  readonly id?: string
}

/**
 * A schema that takes an `I` and gives an `O`. Every method answers a new schema and leaves its own as it is.
 *
 * Annotate exported ones, `export const User: Schema<User> = v.object({ … })`: hovers and emitted types stay short. The
 * annotation may say less than the schema (fewer keys), never more.
 */
export interface Schema<O, I = O> extends AnySchema {
  readonly "~o": O
  readonly "~i": I
  readonly "~standard": SchemaProps<O, I>
  /** Takes `undefined` too, and in an object the key may be absent. */
  optional(): Optional<O, I>
  /** Takes `null` too. */
  nullable(): Schema<O | null, I | null>
  /** Gives this value for `undefined` and for an absent key. A function is called each time; an object is copied. */
  default(value: O | (() => O)): Defaulted<O, I>
  /** Refuses what `accepts` answers false for, after the checks so far. Not asked about a key that is absent. */
  refine(accepts: (value: O) => boolean, message: string): this
  /** Changes the value, after the checks so far. `fail` refuses it with a message instead. */
  transform<U>(change: (value: O, fail: (message: string) => never) => U): Schema<U, I>
  /** Short for `meta({ description })`. */
  describe(description: string): this
  /** Adds notes to what was noted before. */
  meta(notes: SchemaNotes): this
}

/** In an object its key may be absent, before and after. */
export interface Optional<O, I> extends Schema<O | undefined, I | undefined> {
  readonly "~opt": "both"
}

/** In an object its key may be absent before, and is there after. */
export interface Defaulted<O, I> extends Schema<O, I | undefined> {
  readonly "~opt": "in"
}

/** Text. Lengths count Unicode code points, as JSON Schema does. Checks and changes run in the order they were called. */
export interface StringSchema extends Schema<string> {
  min(length: number): this
  max(length: number): this
  length(length: number): this
  /**
   * @param expected For the message: "a slug". Default: `text that matches …`.
   * Write patterns that cannot backtrack over long text, or put a `max` before them.
   */
  regex(pattern: RegExp, expected?: string): this
  /** As HTML's `<input type=email>` understands it, at most 254 characters. */
  email(): this
  /** An absolute `http:` or `https:` URL. */
  url(): this
  /** A UUID of any version, in lower or upper case. @see RFC 9562 */
  uuid(): this
  /** Takes white space from both ends. */
  trim(): this
  /** Puts it into lower case. */
  lowercase(): this
}

/** A finite number. */
export interface NumberSchema<I = number> extends Schema<number, I> {
  /** At least. */
  min(least: number): this
  /** At most. */
  max(most: number): this
}

/** A list. */
export interface ArraySchema<S extends AnySchema> extends Schema<S["~o"][], S["~i"][]> {
  min(items: number): this
  max(items: number): this
}

/** An object used as a map. */
export interface RecordSchema<S extends AnySchema> extends Schema<Record<string, S["~o"]>, Record<string, S["~i"]>> {
  /** At most this many entries. */
  max(entries: number): this
}

/** Keys and their schemas. */
export interface Shape {
  readonly [key: string]: AnySchema
}

/** An object with known keys. Only its own properties are looked at. */
export interface ObjectSchema<S extends Shape> extends AnySchema {
  readonly "~o": ObjectOutput<S>
  readonly "~i": ObjectInput<S>
  readonly "~standard": SchemaProps<ObjectOutput<S>, ObjectInput<S>>
  optional(): Optional<ObjectOutput<S>, ObjectInput<S>>
  nullable(): Schema<ObjectOutput<S> | null, ObjectInput<S> | null>
  default(value: ObjectOutput<S> | (() => ObjectOutput<S>)): Defaulted<ObjectOutput<S>, ObjectInput<S>>
  refine(accepts: (value: ObjectOutput<S>) => boolean, message: string): this
  transform<U>(change: (value: ObjectOutput<S>, fail: (message: string) => never) => U): Schema<U, ObjectInput<S>>
  describe(description: string): this
  meta(notes: SchemaNotes): this
  /** Unknown keys stay in the value as they are. */
  passthrough(): this
  /** Unknown keys are left out of the value. */
  strip(): this
}

type OptionalKeys<S> = { [K in keyof S]: S[K] extends { readonly "~opt": "both" } ? K : never }[keyof S]
type AbsentKeys<S> = { [K in keyof S]: S[K] extends { readonly "~opt": string } ? K : never }[keyof S]
/** Prints as one object in hovers and in emitted types. */
type Flat<T> = { [K in keyof T]: T[K] } & {}

/** What an object of these schemas gives. */
export type ObjectOutput<S extends Shape> = Flat<
  { [K in Exclude<keyof S, OptionalKeys<S>>]: S[K]["~o"] } & { [K in OptionalKeys<S>]?: S[K]["~o"] }
>

/** What an object of these schemas takes. */
export type ObjectInput<S extends Shape> = Flat<
  { [K in Exclude<keyof S, AbsentKeys<S>>]: S[K]["~i"] } & { [K in AbsentKeys<S>]?: S[K]["~i"] }
>

/** The type of what a schema gives. */
export type Infer<S extends AnySchema> = S["~o"]

/** The type of what a schema takes. */
export type InferInput<S extends AnySchema> = S["~i"]
