declare const BRAND: unique symbol

/** A `T` that went through the schema of that name: a `UserId` and no other text. At run time it is the `T` alone. */
export type Branded<T, B extends string> = T & { readonly [BRAND]: { readonly [Name in B]: true } }
