import type { AnySchema } from "./schema.ts"

/** What a path parameter must look like for its route to be taken; another value goes on to the next route, or to 404. */
export interface Constraint {
  /** Tells one constraint from another: two routes that differ in names only are the same place. */
  readonly name: string
  /** The same in JSON Schema, or the schema that decides, for OpenAPI. Without it: any text. */
  readonly schema?: AnySchema | Readonly<Record<string, unknown>>
  accepts(text: string): boolean
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Decimal digits. */
export const isNumber: Constraint = {
  name: "number",
  schema: { type: "string", pattern: "^[0-9]+$" },
  accepts: (text) => /^\d+$/.test(text),
}
/** A UUID of any version, in either case. @see https://www.rfc-editor.org/rfc/rfc9562 */
export const isUuid: Constraint = {
  name: "uuid",
  schema: { type: "string", format: "uuid" },
  accepts: (text) => UUID.test(text),
}

/** One of these values. */
export function isIn(values: readonly string[]): Constraint {
  const known = new Set(values)
  const schema = { type: "string", enum: [...known] }
  return { name: `in ${JSON.stringify([...known].sort())}`, schema, accepts: (text) => known.has(text) }
}

/** What an expression matches, or a synchronous schema takes. The expression must match the whole value. */
export function toConstraint(rule: Constraint | RegExp | AnySchema): Constraint {
  if (rule instanceof RegExp) {
    const whole = new RegExp(`^(?:${rule.source})$`, rule.flags.replace(/[gy]/g, ""))
    // JSON Schema reads patterns as with the flag u, and knows no other.
    const schema = { type: "string", ...(/^u?$/.test(whole.flags) && { pattern: whole.source }) }
    return { name: String(whole), schema, accepts: (text) => whole.test(text) }
  }
  if ("accepts" in rule) return rule
  return { name: `schema ${schemaId(rule)}`, schema: rule, accepts: (text) => takes(rule, text) }
}

function takes(schema: AnySchema, text: string): boolean {
  const result = schema["~standard"].validate(text)
  return !(result instanceof Promise) && result.issues === undefined
}

/** Schemas have no name, so each gets a number at its first use. */
const schemaIds = new WeakMap<AnySchema, number>()
let lastId = 0
function schemaId(schema: AnySchema): number {
  const known = schemaIds.get(schema)
  if (known !== undefined) return known
  schemaIds.set(schema, ++lastId)
  return lastId
}
