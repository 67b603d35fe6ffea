import type { StandardJsonSchemaV1 } from "@ashlar/core"
import type { AnySchema } from "../schema.ts"

/**
 * Whether what a schema gives may be another value than what it was given: by a default, a transform, a coercion. Keys that it
 * leaves out are no such change, they are left out anyway. Of other libraries' schemas it is known as far as the JSON Schemas
 * of the two sides differ.
 */
export function mayChange(schema: AnySchema): boolean {
  const { isPure } = (schema as { readonly "~node"?: { readonly isPure?: boolean } })["~node"] ?? {}
  if (isPure !== undefined) return !isPure
  const { jsonSchema } = schema["~standard"] as Partial<StandardJsonSchemaV1["~standard"]>
  const described = (direction: "input" | "output"): string | undefined => {
    try {
      return jsonSchema && JSON.stringify(jsonSchema[direction]({ target: "draft-2020-12" }), withoutClosing)
    } catch {
      return undefined
    }
  }
  const [given, made] = [described("input"), described("output")]
  // What comes out of a transform no library can say; what no side of can be said is files, bytes, instances.
  return given !== made && given !== undefined
}

function withoutClosing(key: string, value: unknown): unknown {
  return key === "additionalProperties" && value === false ? undefined : value
}
