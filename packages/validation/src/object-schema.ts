/** The types of objects; their cost is measured, see `schema.ts`. */
import type { Branded } from "./brand.ts"
import type { Message } from "./issue.ts"
import type { Locale } from "./locale.ts"
import type { AsyncRule, Rule } from "./rule.ts"
import type {
  AnyAsyncSchema,
  AnySchema,
  AsyncSchema,
  Defaulted,
  Optional,
  RefineOptions,
  Schema,
  SchemaNotes,
  SchemaProps,
} from "./schema.ts"

/** Keys and their schemas. */
export interface Shape {
  readonly [key: string]: AnySchema
}

/** The same, where some have to wait. */
export interface AsyncShape {
  readonly [key: string]: AnySchema | AnyAsyncSchema
}

/** An object with known keys. Only its own properties are looked at. */
export interface ObjectSchema<S extends Shape> extends AnySchema {
  readonly "~o": ObjectOutput<S>
  readonly "~i": ObjectInput<S>
  readonly "~standard": SchemaProps<ObjectOutput<S>, ObjectInput<S>>
  /** The schemas it was made of. */
  readonly shape: S
  optional(): Optional<ObjectOutput<S>, ObjectInput<S>>
  nullable(): Schema<ObjectOutput<S> | null, ObjectInput<S> | null>
  nullish(): Optional<ObjectOutput<S> | null, ObjectInput<S> | null>
  default(value: ObjectOutput<S> | (() => ObjectOutput<S>)): Defaulted<ObjectOutput<S>, ObjectInput<S>>
  catch(value: ObjectOutput<S> | (() => ObjectOutput<S>)): Defaulted<ObjectOutput<S>, unknown>
  refine(accepts: (value: ObjectOutput<S>) => boolean, options?: Message | RefineOptions): this
  rule(rule: Rule<ObjectOutput<S>>): this
  ruleAsync(rule: AsyncRule<ObjectOutput<S>>): AsyncSchema<ObjectOutput<S>, ObjectInput<S>>
  refineAsync(
    accepts: (value: ObjectOutput<S>) => Promise<boolean>,
    options?: Message | RefineOptions,
  ): AsyncSchema<ObjectOutput<S>, ObjectInput<S>>
  transform<U>(change: (value: ObjectOutput<S>, fail: (message: string) => never) => U): Schema<U, ObjectInput<S>>
  pipe<N extends AnySchema>(next: ObjectOutput<S> extends N["~i"] ? N : never): Schema<N["~o"], ObjectInput<S>>
  brand<const B extends string>(name: B): Schema<Branded<ObjectOutput<S>, B>, ObjectInput<S>>
  message(message: Message): this
  secret(): this
  locale(locale: Locale): this
  describe(description: string): this
  meta(notes: SchemaNotes): this
  /** Refuses unknown keys, with the nearest that is known. The default. */
  strict(): this
  /** Unknown keys stay in the value as they are. */
  passthrough(): this
  /** Unknown keys are left out of the value. */
  strip(): this
  /** These keys only. It and what follows make a new shape: call them before rules of the whole object are added. */
  pick<K extends keyof S & string>(...keys: readonly K[]): ObjectSchema<Pick<S, K>>
  /** All but these keys. */
  omit<K extends keyof S & string>(...keys: readonly K[]): ObjectSchema<Omitted<S, K>>
  /** These keys, or all, may be absent. */
  partial<K extends keyof S & string = keyof S & string>(...keys: readonly K[]): ObjectSchema<PartialShape<S, K>>
  /** These keys, or all, must be there: neither absent nor filled by a default. */
  required<K extends keyof S & string = keyof S & string>(...keys: readonly K[]): ObjectSchema<RequiredShape<S, K>>
  /** These keys too; one of the same name is replaced. */
  extend<T extends Shape>(shape: T): ObjectSchema<Extended<S, T>>
  /** {@link ObjectSchema.extend} by the keys of another, whose word counts on unknown keys too. */
  merge<T extends Shape>(other: ObjectSchema<T>): ObjectSchema<Extended<S, T>>
}

export type Omitted<S extends Shape, K> = { [P in Exclude<keyof S, K>]: S[P] }
export type Extended<S extends Shape, T extends Shape> = {
  [P in keyof S | keyof T]: P extends keyof T ? T[P] : P extends keyof S ? S[P] : never
}
export type PartialShape<S extends Shape, K> = {
  [P in keyof S]: P extends K ? Optional<S[P]["~o"], S[P]["~i"]> : S[P]
}
export type RequiredShape<S extends Shape, K> = {
  [P in keyof S]: P extends K
    ? S[P] extends { readonly "~opt": string }
      ? Schema<Exclude<S[P]["~o"], undefined>, Exclude<S[P]["~i"], undefined>>
      : S[P]
    : S[P]
}

type OptionalKeys<S> = { [K in keyof S]: S[K] extends { readonly "~opt": "both" } ? K : never }[keyof S]
type AbsentKeys<S> = { [K in keyof S]: S[K] extends { readonly "~opt": string } ? K : never }[keyof S]
/** Prints as one object in hovers and in emitted types. */
type Flat<T> = { [K in keyof T]: T[K] } & {}

/** What an object of these schemas gives. */
export type ObjectOutput<S extends AsyncShape> =
  OptionalKeys<S> extends never
    ? { [K in keyof S]: S[K]["~o"] } // most have no optional key, and need neither an intersection nor its flattening
    : Flat<{ [K in Exclude<keyof S, OptionalKeys<S>>]: S[K]["~o"] } & { [K in OptionalKeys<S>]?: S[K]["~o"] }>

/** What an object of these schemas takes. */
export type ObjectInput<S extends AsyncShape> =
  AbsentKeys<S> extends never
    ? { [K in keyof S]: S[K]["~i"] }
    : Flat<{ [K in Exclude<keyof S, AbsentKeys<S>>]: S[K]["~i"] } & { [K in AbsentKeys<S>]?: S[K]["~i"] }>
