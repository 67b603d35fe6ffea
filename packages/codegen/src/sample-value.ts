import { type JsonSchema, lookUp } from "./json-schema.ts"

const MAX_DEPTH = 8

const TEXTS: Readonly<Record<string, string>> = {
  email: "ada@example.org",
  uuid: "01890a5d-ac96-774b-bcce-b302099a8057",
  uri: "https://example.org",
  date: "2026-01-31",
  "date-time": "2026-01-31T12:00:00Z",
  time: "12:00:00Z",
  duration: "P1D",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
  hostname: "example.org",
}

/**
 * One value that a schema takes, as far as it can be told without a search: an example or a default where there is one, the least
 * that is asked for otherwise. Where a pattern asks for more, the value does not fit, and who reads it changes it.
 */
export function sampleOf(schema: JsonSchema | boolean | undefined, root: unknown = schema, depth = 0): unknown {
  if (typeof schema !== "object" || depth > MAX_DEPTH) return "text"
  const scope = schema.$defs === undefined ? root : schema
  const inner = (sub: JsonSchema | boolean | undefined): unknown => sampleOf(sub, scope, depth + 1)
  const given = schema.examples?.[0] ?? schema.example ?? schema.default ?? schema.const ?? schema.enum?.[0]
  if (given !== undefined) return given
  if (schema.$ref !== undefined) return inner(lookUp(schema.$ref, scope))
  const choice = schema.anyOf?.[0] ?? schema.oneOf?.[0]
  if (choice !== undefined) return inner(choice)
  if (schema.allOf !== undefined) return Object.assign({}, ...schema.allOf.map(inner))
  const type = typeof schema.type === "string" ? schema.type : schema.type?.[0]
  switch (type ?? (schema.properties === undefined ? undefined : "object")) {
    case "integer":
    case "number":
      return sampleNumber(schema)
    case "boolean":
      return true
    case "null":
      return null
    case "array":
      return schema.prefixItems?.map(inner) ?? Array.from({ length: schema.minItems ?? 0 }, () => inner(schema.items))
    case "object":
      return Object.fromEntries((schema.required ?? []).map((name) => [name, inner(schema.properties?.[name])]))
    default:
      return sampleText(schema)
  }
}

function sampleNumber({ minimum, maximum, exclusiveMinimum, multipleOf = 1 }: JsonSchema): number {
  const above = typeof exclusiveMinimum === "number" ? exclusiveMinimum + multipleOf : undefined
  const least = minimum ?? above ?? Math.min(1, maximum ?? 1)
  return Math.ceil(least / multipleOf) * multipleOf
}

function sampleText({ format, minLength = 0, maxLength = Number.POSITIVE_INFINITY }: JsonSchema): string {
  const text = (format !== undefined && Object.hasOwn(TEXTS, format) && TEXTS[format]) || "text"
  return text.padEnd(Math.min(minLength, 10_000), "x").slice(0, Math.max(maxLength, minLength))
}
