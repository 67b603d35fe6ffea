/** Levels of a schema document, one in another. */
export const MAX_SCHEMA_DEPTH = 128

/** Values of a schema document, those of the documents given with it included. */
export const MAX_SCHEMA_VALUES = 100_000

/** Parts that a document is compiled to: more than it has schemas only where `$dynamicRef` leads to several. */
export const MAX_PARTS = 20_000

/** Schemas that ask each other about one and the same value, in a row. */
export const MAX_IN_PLACE = 64

/** Parts asked within parts, for one value and what is in it: what the stack has room for on every runtime. */
export const MAX_NESTING = 1024

/** Times that a part is asked for one value, by default. */
export const MAX_STEPS = 1_000_000
