import type { StandardJsonSchemaV1 } from "@ashlar/core"
import type { AnySchema } from "@ashlar/http"
import type { Json } from "../json.ts"

/** `input`: what may be sent. `output`: what comes out, after defaults and transforms. */
export type Direction = "input" | "output"

/** A schema as JSON Schema 2020-12, its definitions apart. */
export interface Described {
  readonly json: Json
  /** What `#/$defs/…` in it refers to. */
  readonly definitions: Readonly<Record<string, Json>>
  /** Why it, or a part of it, could not be described; undefined when all of it is. */
  readonly gap: string | undefined
}

const known: Readonly<Record<Direction, WeakMap<AnySchema, Described>>> = {
  input: new WeakMap(),
  output: new WeakMap(),
}

/**
 * Asks a schema of any library that implements Standard JSON Schema. What it cannot say is left open, and said so in
 * `description` and `$comment`: nothing in a document may look as if anything were allowed that is not.
 * @see https://standardschema.dev/json-schema
 */
export function describeSchema(schema: AnySchema, direction: Direction): Described {
  const before = known[direction].get(schema)
  if (before !== undefined) return before
  const described = ask(schema, direction)
  known[direction].set(schema, described)
  return described
}

/** What `v` gives names to becomes references, as Zod does by itself. */
const EXACT = { references: "named" }
/** Leaves open what cannot be said, in the words of Zod and of Valibot. */
const LENIENT = { ...EXACT, unrepresentable: "any", errorMode: "ignore" }

function ask(schema: AnySchema, direction: Direction): Described {
  const { jsonSchema, vendor } = schema["~standard"] as Partial<StandardJsonSchemaV1["~standard"]>
  if (jsonSchema === undefined)
    return unknown(`The library "${vendor}" gives no JSON Schema of it (Standard JSON Schema is not implemented)`)
  const convert = (libraryOptions: Record<string, unknown>): Json =>
    jsonSchema[direction]({ target: "draft-2020-12", libraryOptions })
  try {
    return take(convert(EXACT), undefined)
  } catch (error) {
    const gap = `The library "${vendor}" cannot say all of it in JSON Schema: ${messageOf(error)}`
    try {
      return take(convert(LENIENT), gap)
    } catch {
      return unknown(gap)
    }
  }
}

function take({ $schema: _dialect, $defs, ...json }: Json, gap: string | undefined): Described {
  const definitions = ($defs ?? {}) as Record<string, Json>
  return { json: gap === undefined ? json : { ...json, $comment: gap }, definitions, gap }
}

function unknown(gap: string): Described {
  return { json: { description: `Not described here. ${gap}.`, $comment: gap }, definitions: {}, gap }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
