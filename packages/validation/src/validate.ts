import { ValidationFailed } from "./errors.ts"
import type { ValidationIssue } from "./issue.ts"
import { nodeOf, run } from "./node.ts"
import type { AnySchema, ValidationResult } from "./schema.ts"

const MAX_TOLD = 3

/**
 * The value, or everything that is wrong with it (the first 50 issues). Throws only what a `refine` or a `transform` throws.
 *
 * Nothing changed means the same object: what comes out is then what went in, and the caller's to keep unchanged.
 */
export function validate<S extends AnySchema>(schema: S, value: unknown): ValidationResult<S["~o"]> {
  return run(nodeOf(schema), value)
}

/**
 * The value.
 *
 * @throws {VALIDATION_FAILED} with the issues in `details.issues`, and the first three in its message.
 * @example
 * const { port } = parse(v.object({ port: v.integer() }), JSON.parse(text))
 */
export function parse<S extends AnySchema>(schema: S, value: unknown): S["~o"] {
  const result = validate(schema, value)
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
