import { ValidationFailed } from "./errors.ts"
import type { ValidationIssue } from "./issue.ts"
import type { Locale } from "./locale.ts"
import { anyNodeOf, run, runAsync } from "./node.ts"
import type { AnyAsyncSchema, AnySchema, ValidationResult } from "./schema.ts"

const MAX_TOLD = 3

export interface ValidateOptions {
  /** The language of the messages. Default: each schema's own, or the process's. */
  readonly locale?: Locale
}

/**
 * The value, or everything that is wrong with it (the first 50 issues). Throws only what a `refine` or a `transform` throws.
 *
 * Nothing changed means the same object: what comes out is then what went in, and the caller's to keep unchanged.
 */
export function validate<S extends AnySchema>(
  schema: S,
  value: unknown,
  options?: ValidateOptions,
): ValidationResult<S["~o"]> {
  return run(anyNodeOf(schema), value, options?.locale)
}

/** The same for schemas with asynchronous rules, and for any other. Rejects with what a rule rejects with. */
export async function validateAsync<S extends AnySchema | AnyAsyncSchema>(
  schema: S,
  value: unknown,
  options?: ValidateOptions,
): Promise<ValidationResult<S["~o"]>> {
  return runAsync(anyNodeOf(schema), value, options?.locale)
}

/**
 * The value.
 *
 * @throws {VALIDATION_FAILED} with the issues in `details.issues`, and the first three in its message.
 * @example
 * const { port } = parse(v.object({ port: v.integer() }), JSON.parse(text))
 */
export function parse<S extends AnySchema>(schema: S, value: unknown, options?: ValidateOptions): S["~o"] {
  return unwrap(validate(schema, value, options))
}

/** {@link parse} for schemas with asynchronous rules. @throws {VALIDATION_FAILED} */
export async function parseAsync<S extends AnySchema | AnyAsyncSchema>(
  schema: S,
  value: unknown,
  options?: ValidateOptions,
): Promise<S["~o"]> {
  return unwrap(await validateAsync(schema, value, options))
}

function unwrap<O>(result: ValidationResult<O>): O {
  if (result.issues === undefined) return result.value
  const told = result.issues.slice(0, MAX_TOLD).map(sentence)
  if (result.issues.length > told.length) told.push(`And ${result.issues.length - told.length} more.`)
  throw new ValidationFailed(told.join(" "), { details: { issues: result.issues } })
}

/** `items[2].name: Expected a string, got a number.` */
function sentence({ path, message }: ValidationIssue): string {
  const place = path.map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`)).join("")
  return place === "" ? message : `${place.replace(/^\./, "")}: ${message}`
}
