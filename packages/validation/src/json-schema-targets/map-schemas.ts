import type { JsonSchema } from "../json-schema.ts"

/** A schema as it is written where one is expected. */
export type Subschema = JsonSchema | boolean

const ONE = [
  "additionalProperties",
  "contains",
  "else",
  "if",
  "items",
  "not",
  "propertyNames",
  "then",
  "unevaluatedItems",
  "unevaluatedProperties",
]
const LISTS = ["allOf", "anyOf", "oneOf", "prefixItems"]
const MAPS = ["$defs", "dependentSchemas", "patternProperties", "properties"]

/** Writes every schema of a document in another way, from the inside outwards. */
export function mapSchemas(schema: JsonSchema, change: (schema: Subschema) => Subschema): Subschema {
  const visit = (one: Subschema): Subschema => (typeof one === "boolean" ? change(one) : mapSchemas(one, change))
  const mapped: JsonSchema = { ...schema }
  for (const keyword of ONE) if (keyword in schema) mapped[keyword] = visit(schema[keyword] as Subschema)
  for (const keyword of LISTS) if (keyword in schema) mapped[keyword] = (schema[keyword] as Subschema[]).map(visit)
  for (const keyword of MAPS)
    if (keyword in schema) mapped[keyword] = mapValues(schema[keyword] as Record<string, Subschema>, visit)
  return change(mapped)
}

function mapValues<T>(values: Readonly<Record<string, T>>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]))
}

/** The same with definitions in another place: `$ref` leads there, and what is beside it is said apart, since it would not count. */
export function moveReference(schema: JsonSchema, place: string): JsonSchema {
  const { $ref, ...rest } = schema
  if (typeof $ref !== "string") return schema
  const moved = { $ref: $ref.replace("#/$defs/", place) }
  if (Object.keys(rest).length === 0) return moved
  return { ...rest, allOf: [moved, ...((rest.allOf as Subschema[] | undefined) ?? [])] }
}
