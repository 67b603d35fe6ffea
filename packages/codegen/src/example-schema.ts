import type { JsonSchema } from "./json-schema.ts"

/** What text can be known by, with the `format` it then has. */
const FORMATS: readonly (readonly [string, RegExp])[] = [
  ["uuid", /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i],
  ["date-time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/],
  ["date", /^\d{4}-\d\d-\d\d$/],
  ["email", /^[\w.+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i],
  ["uri", /^https?:\/\/[^\s/]+/i],
]
const MAX_DEPTH = 64

/**
 * The schema that examples of one value have in common: a key that one of them lacks is optional, a list is what all of its
 * items are. An example shows what may be, never what else may be: read what comes out.
 */
export function schemaOfExamples(examples: readonly unknown[], depth = 0): JsonSchema {
  if (examples.length === 0 || depth > MAX_DEPTH) return {}
  const kinds = Map.groupBy(examples, kindOf)
  if (kinds.has("integer") && kinds.has("number")) {
    kinds.set("number", [...kinds.get("number")!, ...kinds.get("integer")!])
    kinds.delete("integer")
  }
  const schemas = [...kinds].map(([kind, some]) => ofKind(kind, some, depth))
  return schemas.length === 1 ? schemas[0]! : { anyOf: schemas }
}

function kindOf(value: unknown): string {
  if (value === null) return "null"
  if (Array.isArray(value)) return "array"
  return typeof value === "number" && Number.isSafeInteger(value) ? "integer" : typeof value
}

function ofKind(type: string, examples: readonly unknown[], depth: number): JsonSchema {
  if (type === "string") {
    const format = FORMATS.find(([, pattern]) => examples.every((one) => pattern.test(one as string)))
    return format === undefined ? { type } : { type, format: format[0] }
  }
  if (type === "array") return { type, items: schemaOfExamples((examples as unknown[][]).flat(), depth + 1) }
  if (type !== "object") return { type }
  const objects = examples as readonly Readonly<Record<string, unknown>>[]
  const keys = [...new Set(objects.flatMap((one) => Object.keys(one)))]
  const holders = (key: string) => objects.filter((one) => Object.hasOwn(one, key))
  const property = (key: string) =>
    schemaOfExamples(
      holders(key).map((one) => one[key]),
      depth + 1,
    )
  return {
    type,
    properties: Object.fromEntries(keys.map((key) => [key, property(key)])),
    required: keys.filter((key) => holders(key).length === objects.length),
    additionalProperties: false,
  }
}
