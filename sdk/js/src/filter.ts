/**
 * Filters, typed by what the documents hold. Fields and paths of two segments are exact; deeper paths are checked by
 * their first segment only, which keeps the cost of a filter's type flat however large the document is.
 */

type Defined<V> = Exclude<V, undefined>

/** What a field may be compared with: its value, null, and for an array also one of its elements. */
export type Operand<V> = Defined<V> | null | Element<V>

type Ordered<O> = Extract<O, string | number | boolean>

type Element<V> = Defined<V> extends readonly (infer E)[] ? E : never

/** What `$type` names. */
export type JsonTypeName = "null" | "boolean" | "number" | "string" | "array" | "object"

/** Comparisons on one field; all of them must hold. A range matches values of its operand's own type only. */
export type Operators<V> = {
  /** Deep equality; null also matches a missing field. */
  readonly $eq?: Operand<V>
  /** The exact opposite of `$eq`: matches a missing field too. */
  readonly $ne?: Operand<V>
  readonly $gt?: Ordered<Operand<V>>
  readonly $gte?: Ordered<Operand<V>>
  readonly $lt?: Ordered<Operand<V>>
  readonly $lte?: Ordered<Operand<V>>
  /** At most 1,000. */
  readonly $in?: readonly Operand<V>[]
  readonly $nin?: readonly Operand<V>[]
  readonly $exists?: boolean
  readonly $type?: JsonTypeName | readonly JsonTypeName[]
  readonly $not?: Operators<V>
} & ([Extract<Operand<V>, string>] extends [never] ? unknown : TextOperators) &
  ([Element<V>] extends [never] ? unknown : ArrayOperators<Element<V>>)

interface TextOperators {
  /** Knows `^ $ . .*`, literals, `\` before punctuation and classes such as `[a-c]`. */
  readonly $regex?: string
  /** `i` ignores case, of ASCII letters. */
  readonly $options?: "i"
}

interface ArrayOperators<E> {
  /** Holds each of these. */
  readonly $all?: readonly E[]
  readonly $size?: number
  /** One element passes all of this. */
  readonly $elemMatch?: E extends object ? Filter<E> : Operators<E>
}

/** A value to equal, or operators. */
export type Condition<V> = Operand<V> | Operators<V>

type Fields<T> = { readonly [K in keyof T & string]?: Condition<T[K]> }

type Members<V> = V extends readonly (infer E)[] ? Members<E> : V extends object ? V : never

type Nested<T> = {
  readonly [K in keyof T & string as `${K}.${keyof Members<Defined<T[K]>> & string}`]?: unknown
}

// The value type of each two-segment path, found from its text; a mapped type over both keys would multiply them out twice.
type Second<T, P> = P extends `${infer A}.${infer B}`
  ? A extends keyof T
    ? B extends keyof Members<Defined<T[A]>>
      ? Members<Defined<T[A]>>[B]
      : never
    : never
  : never

type Exact<T> = { readonly [P in keyof Nested<T>]?: Condition<Second<T, P>> }

// Documents without a declared type take any field.
type Untyped = { readonly [path: string]: unknown }

type Deep<T> = { readonly [P in `${keyof T & string}.${string}.${string}`]?: unknown }

/**
 * Which documents to take. Every field and every `$and`, `$or`, `$nor`, `$not` must hold.
 *
 * @example
 * const large: Filter<Country> = { region: "Europe", area: { $gte: 100_000 }, "name.common": { $ne: "France" } }
 */
export type Filter<T> = (string extends keyof T ? Untyped : Fields<T> & Exact<T> & Deep<T>) & {
  readonly $and?: readonly Filter<T>[]
  readonly $or?: readonly Filter<T>[]
  readonly $nor?: readonly Filter<T>[]
  readonly $not?: Filter<T>
}

/** A field, or a dot path that starts at one. */
export type PathOf<T> = (keyof T & string) | `${keyof T & string}.${string}`

/** A path to sort by; `-` in front sorts downwards. */
export type SortKey<T> = PathOf<T> | `-${PathOf<T>}`

/** What is left of a document when only some of its parts are selected. */
export type Selected<T> = T extends readonly unknown[]
  ? T
  : string extends keyof T
    ? T
    : T extends object
      ? { readonly [K in keyof T]?: Selected<T[K]> }
      : T

type Numbers<T> = { readonly [P in PathOf<T>]?: number }
type Values<T> = { readonly [P in PathOf<T>]?: unknown }

/** Changes to single fields, applied together and atomically. */
export interface Operations<T> {
  readonly $set?: Fill<T>
  readonly $unset?: readonly PathOf<T>[]
  /** Adds; a missing field starts at 0. */
  readonly $inc?: Numbers<T>
  readonly $min?: Numbers<T>
  readonly $max?: Numbers<T>
  /** Appends to an array; a missing field becomes one. */
  readonly $push?: Values<T>
  /** Takes every equal element out of an array. */
  readonly $pull?: Values<T>
  /** Appends unless an equal element is there. */
  readonly $addToSet?: Values<T>
}

type Fill<T> = { readonly [K in keyof T & string]?: T[K] } & {
  readonly [P in `${keyof T & string}.${string}`]?: unknown
}

/** Only the fields to change; null removes one. @see RFC 7396 */
export type MergePatch<T> = string extends keyof T
  ? Untyped
  : { readonly [K in keyof T]?: (Defined<T[K]> extends readonly unknown[] ? T[K] : MergePatch<T[K]>) | null }

/** Either operations or a merge patch, never a mix. */
export type Patch<T> = Operations<T> | MergePatch<T>
