/** A JSON Schema, draft 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

/** A schema and where its references lead; how deep one is in it. */
export interface SchemaPlace {
  readonly schema: JsonSchema
  readonly root: JsonSchema
  readonly depth: number
}

/** References that are followed one inside another, before recursion ends. */
export const MAX_DEPTH = 4

export function placeOf(schema: unknown, { root, depth }: SchemaPlace): SchemaPlace {
  return resolved({ schema: isRecord(schema) ? schema : {}, root, depth })
}

/** Follows a reference into the same document, and merges what stands beside it and in `allOf`. */
export function resolved(place: SchemaPlace): SchemaPlace {
  const { schema, root, depth } = place
  if (typeof schema.$ref === "string") {
    const { $ref, ...rest } = schema
    const found = lookUp(root, $ref as string)
    return resolved({ schema: merged(found, rest), root, depth: depth + 1 })
  }
  if (!Array.isArray(schema.allOf)) return place
  const { allOf, ...rest } = schema
  const parts = (allOf as unknown[]).map((one) => placeOf(one, { ...place, depth: depth + 1 }).schema)
  return { schema: parts.reduce<JsonSchema>(merged, rest), root, depth }
}

function lookUp(root: JsonSchema, reference: string): JsonSchema {
  if (!reference.startsWith("#")) return {}
  let at: unknown = root
  for (const step of reference.slice(1).split("/").filter(Boolean)) {
    const key = decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~")
    at = isRecord(at) && Object.hasOwn(at, key) ? at[key] : undefined
  }
  return isRecord(at) ? at : {}
}

/** What fits both, as far as it shows: of two bounds the tighter one. */
function merged(a: JsonSchema, b: JsonSchema): JsonSchema {
  const both: Record<string, unknown> = { ...a, ...b }
  if (isRecord(a.properties) && isRecord(b.properties)) both.properties = { ...a.properties, ...b.properties }
  if (Array.isArray(a.required) && Array.isArray(b.required))
    both.required = [...new Set([...a.required, ...b.required])]
  for (const key of Object.keys(a)) {
    const [one, other] = [a[key], b[key]]
    if (typeof one !== "number" || typeof other !== "number") continue
    both[key] = /^(min|exclusiveMin)/.test(key) ? Math.max(one, other) : Math.min(one, other)
  }
  return both
}

/** The types that a schema names; undefined: it does not say. */
export function typesOf({ type }: JsonSchema): readonly string[] | undefined {
  if (typeof type === "string") return [type]
  return Array.isArray(type) ? (type as string[]) : undefined
}

/** The alternatives of a schema, itself where it has none. Recursion ends with those that need no reference. */
export function alternativesOf(place: SchemaPlace): readonly SchemaPlace[] {
  const { anyOf, oneOf } = place.schema
  const list = (anyOf ?? oneOf) as readonly unknown[] | undefined
  if (!Array.isArray(list)) return [place]
  const flat = place.depth >= MAX_DEPTH ? list.filter((one) => !JSON.stringify(one).includes('"$ref"')) : list
  return (flat.length === 0 ? list : flat).map((one) => placeOf(one, place))
}
