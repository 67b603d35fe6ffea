/** The types of members by their paths. They cost the compiler only where they are used. */

/** The members of `T` and theirs, three levels down: `"id" | "author" | "author.email"`. Lists are passed through. */
export type MemberOf<T> = Paths<T, 2>

type Less = [never, 0, 1]
type Paths<T, Depth extends number> = T extends readonly (infer Item)[]
  ? Paths<Item, Depth>
  : T extends Date | ((...given: never) => unknown)
    ? never
    : T extends object
      ? {
          [K in keyof T & string]-?: K | ([Depth] extends [0] ? never : Under<K, NonNullable<T[K]>, Less[Depth]>)
        }[keyof T & string]
      : never
type Under<K extends string, T, Depth extends number> = `${K}.${Paths<T, Depth> & string}`

type Head<P> = P extends `${infer H}.${string}` ? H : P
type Tail<P, K extends string> = P extends `${K}.${infer Rest}` ? Rest : never

/** `T` without the members at `P`. */
export type Without<T, P> = [P] extends [never]
  ? T
  : T extends readonly (infer Item)[]
    ? Without<Item, P>[]
    : T extends object
      ? { [K in keyof T as K extends P ? never : K]: K extends string ? Without<T[K], Tail<P, K>> : T[K] }
      : T

/** `T` with nothing but the members at `P`. */
export type Only<T, P> = [P] extends [never]
  ? T
  : T extends readonly (infer Item)[]
    ? Only<Item, P>[]
    : T extends object
      ? {
          [K in keyof T as K extends Head<P> ? K : never]: K extends P
            ? T[K]
            : K extends string
              ? Only<T[K], Tail<P, K>>
              : T[K]
        }
      : T

/** `T`, in which the members at `P` may be absent. */
export type Perhaps<T, P> = [P] extends [never]
  ? T
  : T extends readonly (infer Item)[]
    ? Perhaps<Item, P>[]
    : T extends object
      ? { [K in keyof T as K extends P ? never : K]: K extends string ? Perhaps<T[K], Tail<P, K>> : T[K] } & {
          [K in keyof T as K extends P ? K : never]?: T[K]
        }
      : T

/** `T` of which a caller chose members among `P`: any may be absent, and of those that `P` looks into any part. */
export type Chosen<T, P> = [P] extends [never]
  ? T
  : T extends readonly (infer Item)[]
    ? Chosen<Item, P>[]
    : T extends object
      ? { [K in keyof T]?: K extends string ? Chosen<T[K], Tail<P, K>> : T[K] }
      : T
