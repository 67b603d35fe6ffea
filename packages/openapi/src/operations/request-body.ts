import type { AnySchema, RouteRecord } from "@ashlar/http"
import { defined, isObject, type Json } from "../json.ts"
import type { Components } from "../schemas/components.ts"
import { dereference } from "../schemas/references.ts"
import { nameOf } from "./parameters.ts"
import { isSchema, notesOf } from "./route-notes.ts"

/** What a route reads: by its schema as JSON and as a form, by its notes, or by a layer that says so in `meta.requestBody`. */
export function requestBodyOf(record: RouteRecord, components: Components): Json | undefined {
  const notes = notesOf(record).body
  const { body } = record.input
  const content = contentOf(record, components)
  if (content === undefined) return undefined
  const examples = examplesOf(notes?.examples)
  return defined({
    description: notes?.description,
    required: notes?.required ?? (body === undefined || isRequired(body)),
    content: Object.fromEntries(
      Object.entries(content).map(([type, media]) => [type, { ...(media as Json), ...examples }]),
    ),
  })
}

/** Whether the route or one of its layers reads a body that a schema describes. */
export function readsBody({ input, meta }: RouteRecord): boolean {
  return input.body !== undefined || meta.requestBody !== undefined
}

function contentOf(record: RouteRecord, components: Components): Json | undefined {
  const { input, meta } = record
  const notes = notesOf(record).body?.content
  const place = `${nameOf(record)} body`
  if (notes !== undefined) return mediaTypes(notes, (schema) => components.schema(schema, "input", place))
  if (input.body === undefined) return meta.requestBody as Json | undefined
  const schema = components.schema(input.body, "input", place)
  const { json, definitions } = components.describe(input.body, "input", place)
  return {
    "application/json": { schema },
    ...(isForm(json, definitions) && { "application/x-www-form-urlencoded": { schema } }),
  }
}

/** Content by its type, each with a schema. */
export function mediaTypes(
  content: Readonly<Record<string, AnySchema | Json>>,
  write: (schema: AnySchema) => Json,
): Json {
  return Object.fromEntries(
    Object.entries(content).map(([type, schema]) => [type, { schema: isSchema(schema) ? write(schema) : schema }]),
  )
}

export function examplesOf(examples: Readonly<Record<string, unknown>> | undefined): Json {
  if (examples === undefined) return {}
  return { examples: Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }])) }
}

/** Forms carry text, and lists of texts where a name repeats: a schema takes one when every member takes those. */
function isForm(json: Json, definitions: Readonly<Record<string, Json>>): boolean {
  const { type, properties } = dereference(json, definitions)
  if (type !== "object" || !isObject(properties)) return false
  const members = Object.values(properties).map((one) => dereference(one as Json, definitions))
  return (
    members.length > 0 &&
    members.every(
      (one) =>
        takesText(one) ||
        (one.type === "array" && isObject(one.items) && takesText(dereference(one.items, definitions))),
    )
  )
}

function takesText({ type, enum: values, const: value }: Json): boolean {
  if (type === "string" || (Array.isArray(type) && type.includes("string"))) return true
  return typeof value === "string" || (Array.isArray(values) && values.some((one) => typeof one === "string"))
}

/** A body that is not there is `undefined` to its schema. */
function isRequired(schema: AnySchema): boolean {
  try {
    const result = schema["~standard"].validate(undefined)
    if (!(result instanceof Promise)) return result.issues !== undefined
    result.catch(() => undefined) // nobody waits for it
    return true
  } catch {
    return true
  }
}
