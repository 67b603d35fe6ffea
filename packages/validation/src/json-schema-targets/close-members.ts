import { TargetUnsupported } from "../errors.ts"
import type { JsonSchema } from "../json-schema.ts"
import type { Subschema } from "./map-schemas.ts"

/**
 * `unevaluatedProperties: false` for dialects that do not have it: all keys that the parts know by name, and no other.
 *
 * @throws {VALIDATION_TARGET_UNSUPPORTED} where the keys that are known depend on the value.
 */
export function closeMembers(schema: JsonSchema, target: string): JsonSchema {
  const { unevaluatedProperties, ...rest } = schema
  if (unevaluatedProperties === undefined) return schema
  const names = unevaluatedProperties === false ? namesIn(rest) : undefined
  if (names === undefined) throw unsayable("unevaluatedProperties", target)
  const own = (rest.properties as Record<string, Subschema> | undefined) ?? {}
  const all = Object.fromEntries(names.filter((name) => !Object.hasOwn(own, name)).map((name) => [name, {}]))
  return { ...rest, properties: { ...own, ...all }, additionalProperties: false }
}

export function unsayable(keyword: string, target: string): Error {
  return new TargetUnsupported(
    `Cannot say "${keyword}" as "${target}". Ask for "draft-2020-12", or leave it out of the schema.`,
  )
}

/** The names of the members of the schema and its parts; undefined where it knows others too. */
function namesIn(schema: JsonSchema): readonly string[] | undefined {
  const others = [
    "$ref",
    "additionalProperties",
    "anyOf",
    "dependencies",
    "dependentSchemas",
    "if",
    "oneOf",
    "patternProperties",
  ]
  if (others.some((keyword) => keyword in schema)) return undefined
  const parts = ((schema.allOf as Subschema[] | undefined) ?? []).map((part) =>
    typeof part === "boolean" ? [] : namesIn(part),
  )
  if (parts.includes(undefined)) return undefined
  return [...Object.keys((schema.properties as object | undefined) ?? {}), ...parts.flatMap((names) => names!)]
}
