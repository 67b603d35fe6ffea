import type { JsonSchema } from "../json-schema.ts"
import { closeMembers, unsayable } from "./close-members.ts"
import { mapSchemas, moveReference, type Subschema } from "./map-schemas.ts"

/** A document in draft 7. @throws {VALIDATION_TARGET_UNSUPPORTED} @see https://json-schema.org/draft-07 */
export function toDraft7(document: JsonSchema): JsonSchema {
  const {
    $schema: _,
    $defs,
    ...rest
  } = mapSchemas(document, (schema) => (typeof schema === "boolean" ? schema : rewrite(schema))) as JsonSchema
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    ...rest,
    ...($defs !== undefined && { definitions: $defs }),
  }
}

function rewrite(schema: JsonSchema): JsonSchema {
  if ("unevaluatedItems" in schema) throw unsayable("unevaluatedItems", "draft-07")
  return moveReference(dependencies(contains(tuple(closeMembers(schema, "draft-07")))), "#/definitions/")
}

function tuple(schema: JsonSchema): JsonSchema {
  const { prefixItems, items, ...rest } = schema
  if (prefixItems === undefined) return schema
  return { ...rest, items: prefixItems, ...(items !== undefined && { additionalItems: items }) }
}

function contains(schema: JsonSchema): JsonSchema {
  const { minContains = 1, maxContains, ...rest } = schema
  if (!("contains" in schema)) return rest
  if (maxContains !== undefined) throw unsayable("maxContains", "draft-07")
  if (minContains === 1) return rest
  if (minContains !== 0) throw unsayable("minContains", "draft-07")
  const { contains: _, ...others } = rest
  return others
}

function dependencies(schema: JsonSchema): JsonSchema {
  const { dependentRequired = {}, dependentSchemas = {}, ...rest } = schema
  const keys = Object.entries(dependentRequired as Record<string, readonly string[]>)
  const schemas = Object.entries(dependentSchemas as Record<string, Subschema>)
  if (keys.length + schemas.length === 0) return rest
  const all = new Map<string, unknown>(schemas)
  for (const [key, required] of keys) all.set(key, all.has(key) ? { allOf: [all.get(key), { required }] } : required)
  return { ...rest, dependencies: Object.fromEntries(all) }
}
