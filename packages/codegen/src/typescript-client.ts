import type { JsonSchema } from "./json-schema.ts"
import { type Operation, type Parameter, readOperations } from "./openapi-document.ts"
import { type DescribedRoute, writeRoutesFile } from "./routes-file.ts"

/**
 * Writes what `@ashlar/client` needs to call any API that has an OpenAPI document: its `interface Routes` and its manifest.
 * An operation is called by its `operationId`.
 * @throws {CODEGEN_DOCUMENT_INVALID} @throws {CODEGEN_SCHEMA_UNREADABLE}
 */
export function writeTypescriptClient(document: unknown): string {
  return writeRoutesFile(readOperations(document).map(toRoute), document)
}

function toRoute({ name, method, path, parameters, body, results }: Operation): DescribedRoute {
  const part = (place: Parameter["in"]): JsonSchema | undefined =>
    toObject(parameters.filter((one) => one.in === place))
  return {
    method,
    path: path.replace(/\{([^}]+)\}/g, ":$1"),
    name: name.replace(/[^A-Za-z0-9_.]+/g, "_"),
    input: { params: part("path"), query: part("query"), headers: part("header"), body: body?.schema },
    output: results,
    errors: [],
  }
}

function toObject(parameters: readonly Parameter[]): JsonSchema | undefined {
  if (parameters.length === 0) return undefined
  return {
    type: "object",
    properties: Object.fromEntries(parameters.map(({ name, schema }) => [name, schema])),
    required: parameters.filter(({ isRequired }) => isRequired).map(({ name }) => name),
  }
}
