/**
 * The public Standard Schema interface, declared here so that nothing has to be installed to accept the schemas of any
 * library that implements it. Types only: no code comes of this file.
 *
 * @see https://standardschema.dev (Standard Typed, Standard Schema and Standard JSON Schema, version 1)
 */

/** A schema of any library: `schema["~standard"].validate(value)` answers a value or issues. */
export interface StandardSchemaV1<Input = unknown, Output = Input> {
  readonly "~standard": StandardSchemaProps<Input, Output>
}

export interface StandardSchemaProps<Input = unknown, Output = Input> extends StandardTypedProps<Input, Output> {
  /** Never throws for a value it refuses. May answer a promise; Ashlar's own schemas never do. */
  readonly validate: (
    value: unknown,
    options?: StandardOptions,
  ) => StandardResult<Output> | Promise<StandardResult<Output>>
}

/** What a library understands besides the value; one that does not know an option does without. */
export interface StandardOptions {
  readonly libraryOptions?: Record<string, unknown> | undefined
}

/** A schema that can say what it accepts as JSON Schema. */
export interface StandardJsonSchemaV1<Input = unknown, Output = Input> {
  readonly "~standard": StandardJsonSchemaProps<Input, Output>
}

export interface StandardJsonSchemaProps<Input = unknown, Output = Input> extends StandardTypedProps<Input, Output> {
  readonly jsonSchema: StandardJsonSchemaConverter
}

export interface StandardJsonSchemaConverter {
  /** What may be sent in. @throws when the target is not supported, or the schema cannot be said in it. */
  readonly input: (options: StandardJsonSchemaOptions) => Record<string, unknown>
  /** What comes out after defaults and transforms. @throws as `input` does. */
  readonly output: (options: StandardJsonSchemaOptions) => Record<string, unknown>
}

export interface StandardJsonSchemaOptions {
  readonly target: "draft-2020-12" | "draft-07" | "openapi-3.0" | (string & {})
  readonly libraryOptions?: Record<string, unknown> | undefined
}

/** What every specification of the family shares. */
export interface StandardTypedProps<Input = unknown, Output = Input> {
  readonly version: 1
  /** The library's name. */
  readonly vendor: string
  /** For the type checker only: never there at run time. */
  readonly types?: StandardTypes<Input, Output> | undefined
}

export interface StandardTypes<Input = unknown, Output = Input> {
  readonly input: Input
  readonly output: Output
}

export type StandardResult<Output> = StandardSuccess<Output> | StandardFailure

export interface StandardSuccess<Output> {
  readonly value: Output
  readonly issues?: undefined
}

export interface StandardFailure {
  readonly issues: readonly StandardIssue[]
}

export interface StandardIssue {
  readonly message: string
  /** From the root to the place: keys and indexes, bare or as `{ key }`. */
  readonly path?: readonly (PropertyKey | StandardPathSegment)[] | undefined
}

export interface StandardPathSegment {
  readonly key: PropertyKey
}

/** The type of what a schema accepts. */
export type StandardInput<S extends StandardSchemaV1> = NonNullable<S["~standard"]["types"]>["input"]

/** The type of what a schema gives out. */
export type StandardOutput<S extends StandardSchemaV1> = NonNullable<S["~standard"]["types"]>["output"]
