import { didYouMean } from "@ashlar/core"
import { TargetUnsupported } from "./errors.ts"
import { type Node, nodeOf } from "./node.ts"
import type { AnySchema } from "./schema.ts"

/** A JSON Schema, draft 2020-12. @see https://json-schema.org/draft/2020-12 */
export type JsonSchema = Record<string, unknown>

/** `input`: what may be sent. `output`: what comes out, after defaults and transforms. */
export type JsonSchemaMode = "input" | "output"

/** What a node must know while it says itself. */
export interface JsonSchemaContext {
  readonly mode: JsonSchemaMode
  /** Whether every schema with an `id` is a reference, and not only the recursive ones. */
  readonly refersToNamed: boolean
  /** A reference to a node that may contain itself; its definition goes under `$defs` once. */
  refer(node: Node): JsonSchema
}

const DIALECT = "https://json-schema.org/draft/2020-12/schema"

/**
 * The schema in JSON Schema 2020-12, for OpenAPI, forms and other languages' validators.
 *
 * What JSON Schema cannot say is left out: `refine`, what a `transform` gives (its output is `{}`; say it by `meta`),
 * and in which order checks and changes of text run. A value that the result refuses may therefore be accepted here
 * after a `trim`, and the reverse after a `refine`.
 *
 * @param mode Default: `input`.
 * @throws {VALIDATION_SCHEMA_INVALID} for what is no schema of this package.
 */
export function toJsonSchema(schema: AnySchema, mode: JsonSchemaMode = "input"): JsonSchema {
  return schemaDocument(nodeOf(schema), mode, "draft-2020-12")
}

/** What a converter of a Standard JSON Schema may be asked for besides, as `libraryOptions` of the vendor `ashlar`. */
interface DocumentOptions {
  /** `named`: each schema with an `id` is a reference, the outermost too. Default: only recursive ones are. */
  readonly references?: "named"
}

/** A whole document: with its dialect, and with the definitions of its recursive parts. */
export function schemaDocument(
  node: Node,
  mode: JsonSchemaMode,
  target: string,
  { references }: DocumentOptions = {},
): JsonSchema {
  if (target !== "draft-2020-12")
    throw new TargetUnsupported(`Cannot write JSON Schema as "${target}". ${didYouMean(target, ["draft-2020-12"])}`)
  const names = new Map<Node, string>()
  const definitions: Record<string, JsonSchema> = {}
  const context: JsonSchemaContext = {
    mode,
    refersToNamed: references === "named",
    refer(inner) {
      let name = names.get(inner)
      if (name === undefined) {
        name = freeName(inner.id, new Set(names.values()))
        names.set(inner, name)
        definitions[name] = inner.define(context)
      }
      return { $ref: `#/$defs/${name.replaceAll("~", "~0").replaceAll("/", "~1")}` }
    },
  }
  const json = node.toJson(context)
  return names.size === 0 ? { $schema: DIALECT, ...json } : { $schema: DIALECT, ...json, $defs: definitions }
}

function freeName(id: string | undefined, taken: ReadonlySet<string>): string {
  const base = id ?? "Recursive"
  let name = base
  for (let number = 2; taken.has(name); number++) name = `${base}${number}`
  return name
}

/** Adds a keyword's demand to a schema; a second demand by the same keyword does not replace the first. */
export function narrow(json: JsonSchema, demand: JsonSchema): void {
  for (const [keyword, value] of Object.entries(demand)) {
    if (!(keyword in json)) json[keyword] = value
    else if (json[keyword] !== value)
      json.allOf = [...((json.allOf as JsonSchema[] | undefined) ?? []), { [keyword]: value }]
  }
}

/** The same schema with null allowed. */
export function orNull(json: JsonSchema): JsonSchema {
  const { type } = json
  const isPlain = typeof type === "string" && !("enum" in json) && !("const" in json) && !("allOf" in json)
  return isPlain ? { ...json, type: [type, "null"] } : { anyOf: [json, { type: "null" }] }
}
