import type { StandardJsonSchemaV1 } from "@ashlar/core"
import type { AnySchema, RouteRecord, RouteTable, Segment } from "@ashlar/http"

/** A JSON value of the document. */
export type Json = Readonly<Record<string, unknown>>

export interface OpenApiOptions {
  readonly title: string
  readonly version: string
  readonly description?: string
  readonly servers?: readonly { readonly url: string; readonly description?: string }[]
  /** Security schemes by name, as OpenAPI writes them. */
  readonly securitySchemes?: Readonly<Record<string, Json>>
  /** Which schemes a route takes: alternatives, each a scheme's name. Empty: anonymous callers too. */
  readonly securityOf?: (record: RouteRecord) => readonly string[]
  /**
   * The version of the API that the document is of: routes of other versions are left out, routes of none are in it.
   * Without it, of routes that differ in their version only the last one is in the document: write one for each.
   */
  readonly apiVersion?: string
  /** What says whether a route belongs in the document. Default: every route. */
  readonly includes?: (record: RouteRecord) => boolean
}

/**
 * Writes the OpenAPI 3.1 document of a frozen table. Pure: the same table gives the same document.
 * @see https://spec.openapis.org/oas/v3.1.1
 */
export function createOpenApi(table: RouteTable, options: OpenApiOptions): Json {
  const { title, version, description, servers, securitySchemes, includes = () => true, apiVersion } = options
  const paths: Record<string, Record<string, Json>> = {}
  for (const record of table.records) {
    const isOfOther = apiVersion !== undefined && record.version !== undefined && record.version !== apiVersion
    if (isOfOther || !includes(record)) continue
    const path = pathTemplate(record.segments)
    paths[path] ??= {}
    paths[path][record.method.toLowerCase()] = operation(record, options)
  }
  return {
    openapi: "3.1.1",
    info: { title, version, ...(description !== undefined && { description }) },
    ...(servers !== undefined && { servers }),
    paths,
    components: {
      schemas: { Problem: PROBLEM },
      ...(securitySchemes !== undefined && { securitySchemes }),
    },
  }
}

function operation(record: RouteRecord, options: OpenApiOptions): Json {
  const { input, documentation } = record
  const alternatives = options.securityOf?.(record)
  const parameters = [...pathParameters(record), ...schemaParameters("query", input.query)]
  return {
    ...(record.name !== undefined && { operationId: record.name }),
    ...documentation,
    ...(record.version !== undefined && { "x-version": record.version }),
    ...(parameters.length > 0 && { parameters }),
    ...requestBody(record),
    responses: { ...successes(record), ...failures(record) },
    ...(alternatives !== undefined && { security: alternatives.map((name) => ({ [name]: [] })) }),
  }
}

/** The body that the route's schema describes, or the content that a layer which reads it says of itself in `meta`. */
function requestBody({ input, meta }: RouteRecord): Json {
  if (input.body !== undefined) {
    const schema = jsonSchema(input.body, "input")
    return { requestBody: { required: true, content: { "application/json": { schema } } } }
  }
  return meta.requestBody === undefined ? {} : { requestBody: { required: true, content: meta.requestBody } }
}

function pathParameters(record: RouteRecord): Json[] {
  const declared = record.input.params === undefined ? undefined : jsonSchema(record.input.params, "input")
  const properties = (declared?.properties ?? {}) as Record<string, Json>
  return record.segments.flatMap((segment) => {
    if (segment.kind === "static") return []
    const { description, ...schema } = (properties[segment.name] ?? { type: "string" }) as { description?: string }
    return { name: parameterName(segment), in: "path", required: true, ...(description && { description }), schema }
  })
}

function schemaParameters(place: "query" | "header", schema: AnySchema | undefined): Json[] {
  if (schema === undefined) return []
  const { properties = {}, required = [] } = jsonSchema(schema, "input") as {
    properties?: Record<string, { description?: string }>
    required?: readonly string[]
  }
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: required.includes(name),
    ...(description !== undefined && { description }),
    schema: rest,
  }))
}

function successes(record: RouteRecord): Record<string, Json> {
  if (record.output.size === 0) return { default: { description: "The handler's answer" } }
  return Object.fromEntries(
    [...record.output].map(([status, schema]) => [
      String(status),
      schema === null
        ? { description: "No content" }
        : { description: "Done", content: { "application/json": { schema: jsonSchema(schema, "output") } } },
    ]),
  )
}

/** One response per status; where several kinds of error share it, the description lists their codes. */
function failures(record: RouteRecord): Record<string, Json> {
  const { params, query, body } = record.input
  const lines = new Map<number, string[]>()
  const validates = params !== undefined || query !== undefined || body !== undefined
  if (validates) lines.set(422, ["`HTTP_INVALID`: some values are not acceptable; `errors` lists them."])
  for (const { status, code, summary } of record.errors) {
    lines.set(status, [...(lines.get(status) ?? []), `\`${code}\`: ${summary}`])
  }
  const content = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } }
  return Object.fromEntries(
    [...lines].map(([status, texts]) => [String(status), { description: texts.join("\n\n"), content }]),
  )
}

/** A schema as JSON Schema 2020-12; what cannot say itself so is described as anything. */
function jsonSchema(schema: AnySchema, direction: "input" | "output"): Json {
  const { jsonSchema: converter } = (schema as Partial<StandardJsonSchemaV1> & AnySchema)["~standard"] as Partial<
    StandardJsonSchemaV1["~standard"]
  >
  if (converter === undefined) return {}
  const { $schema: _dialect, ...rest } = converter[direction]({ target: "draft-2020-12" })
  return rest
}

function pathTemplate(segments: readonly Segment[]): string {
  return `/${segments.map((segment) => (segment.kind === "static" ? segment.text : `{${parameterName(segment)}}`)).join("/")}`
}

function parameterName(segment: Exclude<Segment, { kind: "static" }>): string {
  return segment.name === "*" ? "rest" : segment.name
}

/** @see https://www.rfc-editor.org/rfc/rfc9457 */
const PROBLEM: Json = {
  type: "object",
  description: "An error, as RFC 9457 writes it. `code` is stable; `detail` is for people.",
  required: ["type", "title", "status", "code", "detail", "requestId"],
  properties: {
    type: { type: "string", examples: ["urn:ashlar:error:HTTP_NOT_FOUND"] },
    title: { type: "string" },
    status: { type: "integer" },
    code: { type: "string" },
    detail: { type: "string" },
    requestId: { type: "string" },
    details: { type: "object", additionalProperties: true },
    errors: {
      type: "array",
      items: {
        type: "object",
        required: ["in", "pointer", "code", "message"],
        properties: {
          in: { type: "string", enum: ["params", "query", "headers", "body", "response"] },
          pointer: { type: "string", description: "RFC 6901, into the part named by `in`" },
          code: { type: "string" },
          message: { type: "string" },
        },
      },
    },
  },
}
