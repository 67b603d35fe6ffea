import { decodeSegment } from "../path.ts"
import type { JsonSchema } from "./json-schema.ts"

/** The whole document that a schema is part of: its references point into it. */
export type SchemaRoot = JsonSchema

/** A reference that leads through so many others leads in a circle. */
const MAX_REFERENCES = 32

/** The schema that a reference leads to, with the keywords beside the reference. What leads nowhere takes anything. */
export function resolve(schema: unknown, root: SchemaRoot): JsonSchema {
  let found = isObject(schema) ? schema : {}
  for (let hops = 0; typeof found.$ref === "string" && hops < MAX_REFERENCES; hops++) {
    const { $ref, ...beside } = found
    found = { ...at(root, $ref as string), ...beside }
  }
  return found
}

/** What a reference inside the document (`#/$defs/User`) points to. @see RFC 6901 */
function at(root: SchemaRoot, reference: string): JsonSchema {
  if (!reference.startsWith("#")) return {}
  let here: unknown = root
  for (const part of reference.slice(1).split("/").slice(1)) {
    const name = (decodeSegment(part) ?? part).replaceAll("~1", "/").replaceAll("~0", "~")
    here = isObject(here) && Object.hasOwn(here, name) ? here[name] : undefined
  }
  return isObject(here) ? here : {}
}

export function isObject(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
