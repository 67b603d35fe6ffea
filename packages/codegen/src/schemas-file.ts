import { DocumentInvalid } from "./errors.ts"
import { schemaOfExamples } from "./example-schema.ts"
import type { JsonSchema } from "./json-schema.ts"
import { readOperations } from "./openapi-document.ts"
import { literal, SchemaWriter, type Unsaid } from "./schema-code.ts"

/** What schemas can be written from. */
export type SchemaSource = "example" | "json-schema" | "openapi"

export interface SchemasFile {
  readonly text: string
  /** The constants, in their order. */
  readonly names: readonly string[]
  /** What `v` does not say as the source does. The file lists it too. */
  readonly unsaid: readonly Unsaid[]
}

/** What a value is, by its looks. */
export function sourceOf(value: unknown): SchemaSource {
  const { openapi, $schema, $ref, $defs, type, properties, items, anyOf, oneOf, allOf } = fieldsOf(value)
  if (typeof openapi === "string") return "openapi"
  if (typeof $schema === "string" || typeof $ref === "string" || $defs !== undefined) return "json-schema"
  const isTyped = typeof type === "string" && /^(?:object|array|string|number|integer|boolean|null)$/.test(type)
  const isComposed = [anyOf, oneOf, allOf].some(Array.isArray)
  return (isTyped &&
    (typeof properties === "object" || typeof items === "object" || Object.keys(value as object).length === 1)) ||
    isComposed
    ? "json-schema"
    : "example"
}

/**
 * Writes a module of `v` schemas: from an example, from a JSON Schema, or from all that an OpenAPI document has by name, and the
 * bodies that its operations have without one.
 * @param name What the schema of an example or of a JSON Schema is called.
 * @throws {CODEGEN_DOCUMENT_INVALID} @throws {CODEGEN_SCHEMA_UNREADABLE}
 */
export function writeSchemas(value: unknown, name: string, source: SchemaSource = sourceOf(value)): SchemasFile {
  const writer = new SchemaWriter(value)
  if (source === "openapi") addDocument(writer, value)
  else if (source === "example") writer.add(name, schemaOfExamples([value]), "")
  else writer.add(name, value as JsonSchema, "")
  const { constants, unsaid } = writer
  const imports = writer.isRecursive ? "type AnySchema, v" : "v"
  const remarks = unsaid.map(({ at, keyword }) => `//   ${literal(at)}: ${literal(keyword)}`)
  return {
    text: [
      ...(remarks.length === 0 ? [] : ["// Not said by these schemas as by their source:", ...remarks]),
      `import { ${imports} } from "@ashlar/validation"`,
      "",
      ...constants.values(),
    ].join("\n"),
    names: [...constants.keys()],
    unsaid,
  }
}

function addDocument(writer: SchemaWriter, document: unknown): undefined {
  const operations = readOperations(document)
  const named = fieldsOf(fieldsOf(fieldsOf(document).components).schemas)
  for (const [name, schema] of Object.entries(named))
    writer.add(name, schema as JsonSchema, `#/components/schemas/${name}`)
  for (const { name, body, results } of operations) {
    const parts: [string, JsonSchema | null | undefined][] = [
      ["Body", body?.schema],
      ...Object.entries(results).map(([status, schema]): [string, JsonSchema | null] => [status, schema]),
    ]
    for (const [part, schema] of parts)
      if (schema && schema.$ref === undefined && Object.keys(schema).length > 0)
        writer.add(`${name} ${part}`, schema, `${name}/${part}`)
  }
  if (writer.constants.size === 0)
    throw new DocumentInvalid("The document has no schemas: neither by name, nor in its operations")
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}
