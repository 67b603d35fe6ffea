import type { StandardJsonSchemaV1 } from "@ashlar/core"
import type { AnySchema } from "../schema.ts"
import { isSchema } from "./field-intake.ts"
import type { FieldRules, FilesRules, UploadOptions } from "./upload-rules.ts"

type Json = Readonly<Record<string, unknown>>

/**
 * A form as OpenAPI writes a request body's content: what `meta.requestBody` of a covered route holds.
 * @see https://spec.openapis.org/oas/v3.1.1#considerations-for-multipart-content
 */
export function describeForm({
  files,
  fields = {},
}: Pick<UploadOptions<FilesRules, FieldRules | AnySchema, object>, "files" | "fields">): Json {
  const text = isSchema(fields) ? describeSchema(fields) : describeRules(fields)
  const properties: Record<string, unknown> = { ...text.properties }
  const encoding: Record<string, unknown> = {}
  for (const [name, { maxFiles = 1, types }] of Object.entries(files)) {
    const file = { type: "string", contentMediaType: types?.length === 1 ? types[0] : "application/octet-stream" }
    properties[name] = maxFiles === 1 ? file : { type: "array", items: file, maxItems: maxFiles }
    if (types !== undefined) encoding[name] = { contentType: types.join(", ") }
  }
  const required = [...text.required, ...Object.keys(files).filter((name) => files[name]?.required === true)]
  return {
    "multipart/form-data": {
      schema: { type: "object", properties, ...(required.length > 0 && { required }) },
      ...(Object.keys(encoding).length > 0 && { encoding }),
    },
  }
}

interface Described {
  readonly properties: Json
  readonly required: readonly string[]
}

function describeRules(rules: FieldRules): Described {
  const properties = Object.entries(rules).map(([name, { maxValues }]) => [
    name,
    maxValues === undefined ? { type: "string" } : { type: "array", items: { type: "string" }, maxItems: maxValues },
  ])
  return {
    properties: Object.fromEntries(properties),
    required: Object.keys(rules).filter((name) => rules[name]?.required === true),
  }
}

/** What a schema says of itself; one that cannot leaves its fields undescribed. */
function describeSchema(schema: AnySchema): Described {
  const { jsonSchema } = schema["~standard"] as Partial<StandardJsonSchemaV1["~standard"]>
  const { properties = {}, required = [] } = (jsonSchema?.input({ target: "draft-2020-12" }) ??
    {}) as Partial<Described>
  return { properties, required }
}
