import type { AnySchema, RouteRecord } from "@ashlar/http"
import { toJsonSchema } from "@ashlar/http/routes"
import { isRecord, type JsonSchema, type SchemaPlace } from "./json-schema.ts"

/** The parts of a request that a route may describe. */
export type PartName = "params" | "query" | "headers" | "cookies" | "body"
export const PARTS: readonly PartName[] = ["params", "query", "headers", "cookies", "body"]

/** JSON Schemas for parts that a route reads without declaring them, or whose schemas say little. */
export type PartHints = Readonly<Partial<Record<PartName, JsonSchema>>>

/** What is known of what a route takes. */
export interface RouteShape {
  readonly record: RouteRecord
  /** Where to draw the values of each part from. */
  readonly places: Readonly<Partial<Record<PartName, SchemaPlace>>>
  /** The schemas that the server itself asks. */
  readonly schemas: Readonly<Partial<Record<PartName, AnySchema>>>
  /** Present where a layer reads a form with files. */
  readonly multipart: SchemaPlace | undefined
}

export function shapeOf(record: RouteRecord, hints: PartHints = {}): RouteShape {
  const schemas = record.input as RouteShape["schemas"]
  const places: Partial<Record<PartName, SchemaPlace>> = {}
  for (const part of PARTS) {
    const schema = schemas[part]
    const json = hints[part] ?? (schema && toJsonSchema(schema, "input"))
    if (json !== undefined) places[part] = rootOf(json)
  }
  places.params = rootOf(withPathParams(record, places.params?.schema))
  const form = formOf(record.meta)
  return { record, places, schemas, multipart: form === undefined ? undefined : rootOf(form) }
}

export function rootOf(schema: JsonSchema): SchemaPlace {
  return { schema, root: schema, depth: 0 }
}

/** A schema may say less of the parameters than the path does, but not more than there are. */
function withPathParams({ segments }: RouteRecord, declared: JsonSchema = {}): JsonSchema {
  const properties: Record<string, unknown> = {}
  const required: string[] = []
  const known = isRecord(declared.properties) ? declared.properties : {}
  for (const segment of segments) {
    if (segment.kind === "static") continue
    const constraint = segment.kind === "param" ? segment.constraint?.schema : undefined
    properties[segment.name] = known[segment.name] ??
      jsonOf(constraint) ?? { type: "string", minLength: 1, maxLength: 64 }
    if (segment.kind === "param" && !segment.optional) required.push(segment.name)
  }
  return { type: "object", properties, required, ...("$defs" in declared && { $defs: declared.$defs }) }
}

function jsonOf(schema: AnySchema | JsonSchema | undefined): JsonSchema | undefined {
  if (schema === undefined) return undefined
  return "~standard" in schema ? toJsonSchema(schema as AnySchema, "input") : (schema as JsonSchema)
}

/** The form that a layer says it reads. */
function formOf(meta: RouteRecord["meta"]): JsonSchema | undefined {
  const content = isRecord(meta.requestBody) ? meta.requestBody["multipart/form-data"] : undefined
  return isRecord(content) && isRecord(content.schema) ? content.schema : undefined
}

/** The name of a route in options and reports: its own, or `METHOD /path`. */
export function routeKey({ name, method, path, version }: RouteRecord): string {
  return name ?? `${method} ${path}${version === undefined ? "" : ` (${version})`}`
}
