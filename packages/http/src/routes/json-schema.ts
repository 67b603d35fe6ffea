import type { StandardJsonSchemaV1 } from "@ashlar/core"
import type { AnySchema } from "../schema.ts"

/** A JSON Schema, draft 2020-12. @see https://json-schema.org/draft/2020-12 */
export type JsonSchema = Readonly<Record<string, unknown>>

/** Stands for a schema that its library cannot say in JSON Schema: it takes anything, and says why. */
const UNKNOWN: JsonSchema = Object.freeze({ $comment: "This schema has no form in JSON Schema" })

/**
 * A schema of any library as JSON Schema, without its dialect. What cannot be said so is described as anything.
 * @param direction `input`: what may be sent. `output`: what comes out, after defaults and transforms.
 */
export function toJsonSchema(schema: AnySchema, direction: "input" | "output"): JsonSchema {
  const { jsonSchema: converter } = schema["~standard"] as Partial<StandardJsonSchemaV1["~standard"]>
  if (converter === undefined) return UNKNOWN
  try {
    const { $schema: _dialect, ...rest } = converter[direction]({ target: "draft-2020-12" })
    return rest
  } catch {
    return UNKNOWN // a transform, or a part that the library has no words for
  }
}

/** Leaves open the parts that cannot be said, in the words of Zod and of Valibot. */
const LENIENT = { unrepresentable: "any", errorMode: "ignore" }

/** The same for readers to whom a part that takes anything is better than nothing. Undefined: nothing can be said at all. */
export function outlineOf(schema: AnySchema): JsonSchema | undefined {
  const { jsonSchema: converter } = schema["~standard"] as Partial<StandardJsonSchemaV1["~standard"]>
  if (converter === undefined) return undefined
  for (const direction of ["output", "input"] as const) {
    try {
      return converter[direction]({ target: "draft-2020-12", libraryOptions: LENIENT })
    } catch {
      // What comes out of a transform is known to nobody; what goes in may be.
    }
  }
  return undefined
}
