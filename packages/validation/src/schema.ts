/**
 * The types of schemas. They are kept cheap: named interfaces, two phantom fields read by indexed access, no remapped
 * keys. A test measures what an object of eight fields costs the compiler.
 *
 * The fields `~o`, `~i`, `~opt` and `~async` are for the type checker only; at run time there are none.
 */
import type { StandardJsonSchemaProps, StandardOptions, StandardSchemaProps } from "@ashlar/core"
import type { Branded } from "./brand.ts"
import type { Message, ValidationIssue } from "./issue.ts"
import type { Locale } from "./locale.ts"
import type { AsyncRule, Rule } from "./rule.ts"

/** What validating gives: the value, or what is wrong with it. */
export type ValidationResult<O> = { readonly value: O; readonly issues?: undefined } | ValidationFailure

export interface ValidationFailure {
  /** At least one, at most {@link MAX_ISSUES}. */
  readonly issues: readonly ValidationIssue[]
}

/**
 * Standard Schema and Standard JSON Schema, always synchronous. A {@link Locale} for the messages goes in as
 * `{ libraryOptions: { locale } }`. @see https://standardschema.dev
 */
export interface SchemaProps<O, I> extends StandardSchemaProps<I, O>, StandardJsonSchemaProps<I, O> {
  readonly validate: (value: unknown, options?: StandardOptions) => ValidationResult<O>
}

/** The same for a schema that has to wait. */
export interface AsyncSchemaProps<O, I> extends StandardSchemaProps<I, O>, StandardJsonSchemaProps<I, O> {
  readonly validate: (value: unknown, options?: StandardOptions) => Promise<ValidationResult<O>>
}

/** Any schema of this package that answers at once. */
export interface AnySchema {
  readonly "~o": unknown
  readonly "~i": unknown
  readonly "~async"?: undefined
}

/** Any schema with asynchronous rules. */
export interface AnyAsyncSchema {
  readonly "~o": unknown
  readonly "~i": unknown
  readonly "~async": true
}

/** What is said about a schema in JSON Schema, and so in OpenAPI. It checks nothing. */
export interface SchemaNotes {
  readonly title?: string
  readonly description?: string
  readonly examples?: readonly unknown[]
  readonly deprecated?: boolean
  /** Its owner gives it; whoever sends it is not asked. */
  readonly readOnly?: boolean
  /** It is sent, and never shown. */
  readonly writeOnly?: boolean
  /** Personal data, and of which kind: `contact`, `health`. JSON Schema has it as `x-pii`; a data map reads it. */
  readonly pii?: string
  /** The name of a recursive schema under `$defs`, and of any schema among the components of an OpenAPI document. */
  readonly id?: string
}

/** What a refinement says, and of which part of the value. */
export interface RefineOptions {
  /** Default: that the value is not accepted. */
  readonly message?: Message
  /** From the value to the part that is to blame: `["to"]`. Default: the value. */
  readonly path?: readonly (string | number)[]
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
  /** Takes `null` and `undefined` too, and in an object the key may be absent. */
  nullish(): Optional<O | null, I | null>
  /** Gives this value for `undefined` and for an absent key. A function is called each time; an object is copied. */
  default(value: O | (() => O)): Defaulted<O, I>
  /** Gives this value for whatever does not fit, and refuses nothing. For settings that must not stop a start. */
  catch(value: O | (() => O)): Defaulted<O, unknown>
  /** Refuses what `accepts` answers false for, after the checks so far. Not asked about a key that is absent. */
  refine(accepts: (value: O) => boolean, options?: Message | RefineOptions): this
  /** Refuses what the rule refuses. @see Rule.custom */
  rule(rule: Rule<O>): this
  /**
   * Refuses what a rule refuses that has to wait, for a database say. Such rules are asked last, eight at a time, and only
   * about a value that is good otherwise.
   */
  ruleAsync(rule: AsyncRule<O>): AsyncSchema<O, I>
  /** {@link Schema.refine} for what has to wait. @see Schema.ruleAsync */
  refineAsync(accepts: (value: O) => Promise<boolean>, options?: Message | RefineOptions): AsyncSchema<O, I>
  /** Changes the value, after the checks so far. `fail` refuses it with a message instead. */
  transform<U>(change: (value: O, fail: (message: string) => never) => U): Schema<U, I>
  /** Gives what this schema gives to another one, and what that gives to the caller. */
  pipe<S extends AnySchema>(next: O extends S["~i"] ? S : never): Schema<S["~o"], I>
  /** The same at run time; for the compiler a type of its own, which only this schema (or `as`) makes. */
  brand<const B extends string>(name: B): Schema<Branded<O, B>, I>
  /** What to say of a value that does not fit, its parts aside. A rule's own message goes first. */
  message(message: Message): this
  /** Nothing that was sent shows in what is said of it, in no issue of its parts either. */
  secret(): this
  /** The language of its messages, where the call does not ask for one. */
  locale(locale: Locale): this
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

/** A schema with rules that have to wait. It can be a part of objects and arrays, which then have to wait too. */
export interface AsyncSchema<O, I = O> extends AnyAsyncSchema {
  readonly "~o": O
  readonly "~i": I
  readonly "~standard": AsyncSchemaProps<O, I>
  optional(): AsyncOptional<O, I>
  nullable(): AsyncSchema<O | null, I | null>
  ruleAsync(rule: AsyncRule<O>): this
  refineAsync(accepts: (value: O) => Promise<boolean>, options?: Message | RefineOptions): this
  message(message: Message): this
  secret(): this
  locale(locale: Locale): this
  describe(description: string): this
  meta(notes: SchemaNotes): this
}

/** In an object its key may be absent. */
export interface AsyncOptional<O, I> extends AsyncSchema<O | undefined, I | undefined> {
  readonly "~opt": "both"
}

/** A finite number. */
export interface NumberSchema<I = number> extends Schema<number, I> {
  /** At least. */
  min(least: number, message?: Message): this
  /** At most. */
  max(most: number, message?: Message): this
  /** More than. */
  above(bound: number, message?: Message): this
  /** Less than. */
  below(bound: number, message?: Message): this
  /** A whole number that a double holds exactly. */
  int(message?: Message): this
  /** From -(2^53 - 1) to 2^53 - 1. */
  safe(message?: Message): this
  /** Above 0. */
  positive(message?: Message): this
  /** Below 0. */
  negative(message?: Message): this
  /** A whole number of times `step`, as decimals are written: 0.3 is a multiple of 0.1. */
  multipleOf(step: number, message?: Message): this
}

/** A whole number of any size. */
export interface BigintSchema<I = bigint> extends Schema<bigint, I> {
  min(least: bigint, message?: Message): this
  max(most: bigint, message?: Message): this
}

/** A `Date` that is one. */
export interface DateSchema<I = Date> extends Schema<Date, I> {
  /** Not before. */
  min(first: Date, message?: Message): this
  /** Not after. */
  max(last: Date, message?: Message): this
}

/** A list. */
export interface ArraySchema<S extends AnySchema> extends Schema<S["~o"][], S["~i"][]> {
  min(items: number, message?: Message): this
  max(items: number, message?: Message): this
  length(items: number, message?: Message): this
  /** No item twice. Objects and lists are the same when their JSON is. */
  unique(message?: Message): this
}

/** An object used as a map. */
export interface RecordSchema<S extends AnySchema> extends Schema<Record<string, S["~o"]>, Record<string, S["~i"]>> {
  min(entries: number, message?: Message): this
  max(entries: number, message?: Message): this
}

/** A list with its own schema at each place. */
export interface TupleSchema<O extends readonly unknown[], I extends readonly unknown[]> extends Schema<O, I> {
  /** Takes more items behind these, which fit `item`. */
  rest<S extends AnySchema>(item: S): Schema<[...O, ...S["~o"][]], [...I, ...S["~i"][]]>
}

/** What {@link TupleSchema} gives and takes. */
export type TupleOutput<S extends readonly AnySchema[]> = { -readonly [K in keyof S]: S[K]["~o"] }
export type TupleInput<S extends readonly AnySchema[]> = { -readonly [K in keyof S]: S[K]["~i"] }

/** The type of what a schema gives. */
export type Infer<S extends AnySchema | AnyAsyncSchema> = S["~o"]

/** The type of what a schema takes. */
export type InferInput<S extends AnySchema | AnyAsyncSchema> = S["~i"]
