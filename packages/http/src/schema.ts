import type { StandardOptions, StandardResult, StandardSchemaV1 } from "@ashlar/core"
import { type Part, type RequestIssue, toRequestIssues } from "./request-issue.ts"

/** Any Standard Schema: Ashlar's own `v`, Zod, Valibot, ArkType. @see https://standardschema.dev */
export type AnySchema = StandardSchemaV1

/** What a schema gives after its check and transforms. */
export type Out<S extends AnySchema> = NonNullable<S["~standard"]["types"]>["output"]

/** What a schema takes. */
export type In<S extends AnySchema> = NonNullable<S["~standard"]["types"]>["input"]

export type Checked =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly RequestIssue[] }

/** The schema of one part of requests or of answers. */
export class PartSchema {
  readonly part: Part
  readonly schema: AnySchema

  constructor(part: Part, schema: AnySchema) {
    this.part = part
    this.schema = schema
  }

  /** Checks one value. Synchronous whenever the schema is. `options` go to the schema's library as they are. */
  check(value: unknown, options?: StandardOptions): Checked | Promise<Checked> {
    const result = this.schema["~standard"].validate(value, options)
    return result instanceof Promise
      ? result.then((settled) => this.#checked(value, settled))
      : this.#checked(value, result)
  }

  #checked(value: unknown, result: StandardResult<unknown>): Checked {
    return result.issues === undefined ? result : { issues: toRequestIssues(this, value, result.issues) }
  }
}
