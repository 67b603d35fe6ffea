import type { JsonSchema } from "../json-schema.ts"
import { closeMembers, unsayable } from "./close-members.ts"
import { mapSchemas, moveReference, type Subschema } from "./map-schemas.ts"

const TARGET = "openapi-3.0"

/** What OpenAPI 3.0 has no word for. */
const UNSAYABLE = [
  "contains",
  "dependentRequired",
  "dependentSchemas",
  "patternProperties",
  "prefixItems",
  "propertyNames",
  "unevaluatedItems",
]

/** Notes that it does not have. */
const UNKNOWN = [
  "$comment",
  "$id",
  "$schema",
  "contentEncoding",
  "contentMediaType",
  "contentSchema",
  "examples",
  "maxContains",
  "minContains",
]

/**
 * A schema object of OpenAPI 3.0, its definitions under `components.schemas`.
 *
 * @throws {VALIDATION_TARGET_UNSUPPORTED} @see https://spec.openapis.org/oas/v3.0.3#schema-object
 */
export function toOpenApi30(document: JsonSchema): JsonSchema {
  const { $defs, ...rest } = mapSchemas(document, (schema) =>
    typeof schema === "boolean" ? fromBoolean(schema) : rewrite(schema),
  ) as JsonSchema
  return { ...rest, ...($defs !== undefined && { components: { schemas: $defs } }) }
}

function fromBoolean(schema: boolean): JsonSchema {
  return schema ? {} : { not: {} }
}

function rewrite(schema: JsonSchema): Subschema {
  const missing = UNSAYABLE.find((keyword) => keyword in schema)
  if (missing !== undefined) throw unsayable(missing, TARGET)
  const told = types(orNullable(constant(bounds(conditional(closed(closeMembers(schema, TARGET)))))))
  return moveReference(notes(told, schema), "#/components/schemas/")
}

/** A schema that refuses all was made an object by now; here it may be a plain false. */
function closed(schema: JsonSchema): JsonSchema {
  const isNothing = (value: unknown): boolean => JSON.stringify(value) === '{"not":{}}'
  if (isNothing(schema.additionalProperties)) return { ...schema, additionalProperties: false }
  if (!isNothing(schema.items)) return schema
  const { items: _, ...rest } = schema
  return { ...rest, items: {}, maxItems: 0 }
}

function conditional(schema: JsonSchema): JsonSchema {
  const { if: condition, ["then" as string]: yes = {}, else: no = {}, ...rest } = schema
  if (condition === undefined) return schema
  const cases = [{ anyOf: [{ not: condition }, yes] }, { anyOf: [condition, no] }]
  return { ...rest, allOf: [...((rest.allOf as Subschema[] | undefined) ?? []), ...cases] }
}

/** There an exclusive bound is a bound and a word beside it, so of two bounds to one side the narrower is the one. */
function bounds(schema: JsonSchema): JsonSchema {
  const { exclusiveMinimum, exclusiveMaximum, ...rest } = schema
  const told: JsonSchema = rest
  if (typeof exclusiveMinimum === "number" && !(Number(rest.minimum) > exclusiveMinimum))
    Object.assign(told, { minimum: exclusiveMinimum, exclusiveMinimum: true })
  if (typeof exclusiveMaximum === "number" && !(Number(rest.maximum) < exclusiveMaximum))
    Object.assign(told, { maximum: exclusiveMaximum, exclusiveMaximum: true })
  return told
}

function constant(schema: JsonSchema): JsonSchema {
  const { const: value, ...rest } = schema
  if (!("const" in schema)) return schema
  const isAllowed = !Array.isArray(rest.enum) || rest.enum.includes(value)
  return isAllowed ? { ...rest, enum: [value] } : { ...rest, not: {} }
}

const NULL = JSON.stringify({ enum: [null] })

/** A choice of something or null is that, and nullable. */
function orNullable(schema: JsonSchema): JsonSchema {
  const { anyOf, ...rest } = schema
  if (!Array.isArray(anyOf) || anyOf.length !== 2 || Object.keys(rest).length > 0) return schema
  const [inner, none] = anyOf as [JsonSchema, JsonSchema]
  const isSimple =
    typeof inner.type === "string" && !["allOf", "anyOf", "enum", "not", "oneOf"].some((keyword) => keyword in inner)
  return JSON.stringify(none) === NULL && isSimple ? { ...inner, nullable: true } : schema
}

/** There is one type at a time, and null is none. */
function types(schema: JsonSchema): JsonSchema {
  const { type, ...rest } = schema
  if (type === "null") return { ...rest, enum: [null] }
  if (!Array.isArray(type)) return schema
  const names = type.filter((name) => name !== "null")
  const isNullable = names.length < type.length
  if (names.length === 1) return { type: names[0], ...rest, ...(isNullable && { nullable: true }) }
  const choice = [...names.map((name) => ({ type: name })), ...(isNullable ? [{ enum: [null] }] : [])]
  if (!("anyOf" in rest)) return { ...rest, anyOf: choice }
  return { ...rest, allOf: [...((rest.allOf as Subschema[] | undefined) ?? []), { anyOf: choice }] }
}

function notes(told: JsonSchema, { examples, contentEncoding }: JsonSchema): JsonSchema {
  const known = Object.fromEntries(Object.entries(told).filter(([keyword]) => !UNKNOWN.includes(keyword)))
  return {
    ...known,
    ...(Array.isArray(examples) && examples.length > 0 && { example: examples[0] }),
    ...(contentEncoding === "base64" && !("format" in known) && { format: "byte" }),
  }
}
