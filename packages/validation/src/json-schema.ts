import { didYouMean } from "@ashlar/core"
import { TargetUnsupported } from "./errors.ts"
import { toDraft7 } from "./json-schema-targets/draft-7.ts"
import { toOpenApi30 } from "./json-schema-targets/openapi-3.0.ts"
import { type Node, nodeOf } from "./node.ts"
import type { AnySchema } from "./schema.ts"

/** A JSON Schema, draft 2020-12. @see https://json-schema.org/draft/2020-12 */
export type JsonSchema = Record<string, unknown>

/** `input`: what may be sent. `output`: what comes out, after defaults and transforms. */
export type JsonSchemaMode = "input" | "output"

/** A dialect that schemas can be written in. */
export type JsonSchemaTarget = "draft-2020-12" | "draft-07" | "openapi-3.0"

export interface JsonSchemaOptions {
  /** Default `input`. */
  readonly mode?: JsonSchemaMode
  /**
   * Default `draft-2020-12`. `openapi-3.0` has no tuples and no forms of keys, and `draft-07` does not count what `contains`
   * finds: schemas with these cannot be written so. Its definitions are under `components.schemas`.
   */
  readonly target?: JsonSchemaTarget
  /** The document's own address. Default: none. Left out of `openapi-3.0`. */
  readonly $id?: string
  /** `named`: each schema with an `id` is a reference, the outermost too. Default: only recursive ones are. */
  readonly references?: "named"
  /** How a bigint is written: JSON's numbers have no end, but many programs' have. Default `integer`. */
  readonly bigints?: "integer" | "string"
}

/** What a node must know while it says itself. */
export interface JsonSchemaContext {
  readonly mode: JsonSchemaMode
  /** Whether every schema with an `id` is a reference, and not only the recursive ones. */
  readonly refersToNamed: boolean
  readonly bigints: "integer" | "string"
  /** Keys of an object that are others' to check, because they were taken out of it before. */
  readonly foreign: ReadonlySet<string>
  /** The same for what is in an object or a list, where nothing is foreign. */
  readonly inside: JsonSchemaContext
  /** The same with more keys that are foreign. */
  beside(foreign: ReadonlySet<string>): JsonSchemaContext
  /** A reference to a node that may contain itself; its definition goes under `$defs` once. */
  refer(node: Node): JsonSchema
}

const DIALECT = "https://json-schema.org/draft/2020-12/schema"
const TARGETS: Readonly<Record<JsonSchemaTarget, (document: JsonSchema) => JsonSchema>> = {
  "draft-2020-12": (document) => document,
  "draft-07": toDraft7,
  "openapi-3.0": toOpenApi30,
}

/**
 * The schema in JSON Schema, for OpenAPI, forms and other languages' validators. In draft 2020-12 it takes what the schema
 * takes, with these exceptions, which JSON Schema cannot say:
 *
 * - Rules of one's own (`refine`, `rule`), bounds of dates and the content of files are left out. What a `transform` gives is
 *   `{}`; say it by `meta`.
 * - Checks of text that was changed before (`trim().max(9)`) are told of the text as it is sent. Of what comes out only the
 *   checks after the last change are told.
 * - A `format` is a note by the standard; validators that refuse by it differ in details. `cidr`, `jwt`, `lowercased` and
 *   `uppercased` are told in part, and patterns not where they have the flag `m` or `v`.
 * - Coerced values, `Date` and `bigint` are told as the type that is meant, files as text.
 * - Whole numbers beyond 2^53 - 1, more than 128 levels, and patterns on more than 65,536 characters are not excluded.
 *
 * @param options The mode alone, or all options.
 * @throws {VALIDATION_SCHEMA_INVALID} for what is no schema of this package.
 * @throws {VALIDATION_TARGET_UNSUPPORTED} for another dialect, and for what the dialect that is asked for cannot say.
 */
export function toJsonSchema(schema: AnySchema, options: JsonSchemaMode | JsonSchemaOptions = {}): JsonSchema {
  const {
    mode = "input",
    target = "draft-2020-12",
    ...rest
  } = typeof options === "string" ? { mode: options } : options
  return schemaDocument(nodeOf(schema), mode, target, rest)
}

/** What a converter of a Standard JSON Schema may be asked for besides, as `libraryOptions` of the vendor `ashlar`. */
type DocumentOptions = Pick<JsonSchemaOptions, "$id" | "references" | "bigints">

/** A whole document: with its dialect, and with the definitions of its recursive parts. */
export function schemaDocument(
  node: Node,
  mode: JsonSchemaMode,
  target: string,
  options: DocumentOptions = {},
): JsonSchema {
  if (!Object.hasOwn(TARGETS, target))
    throw new TargetUnsupported(`Cannot write JSON Schema as "${target}". ${didYouMean(target, Object.keys(TARGETS))}`)
  const { $id, references, bigints = "integer" } = options
  const definitions = new Definitions()
  const json = node.toJson(new DocumentContext({ mode, refersToNamed: references === "named", bigints, definitions }))
  const $defs = definitions.all()
  const document = {
    $schema: DIALECT,
    ...($id !== undefined && { $id }),
    ...json,
    ...(Object.keys($defs).length > 0 && { $defs }),
  }
  return TARGETS[target as JsonSchemaTarget](document)
}

interface Facts {
  readonly mode: JsonSchemaMode
  readonly refersToNamed: boolean
  readonly bigints: "integer" | "string"
  readonly definitions: Definitions
}

const NONE: ReadonlySet<string> = new Set()

class DocumentContext implements JsonSchemaContext {
  readonly mode: JsonSchemaMode
  readonly refersToNamed: boolean
  readonly bigints: "integer" | "string"
  readonly foreign: ReadonlySet<string>
  readonly #facts: Facts

  constructor(facts: Facts, foreign: ReadonlySet<string> = NONE) {
    this.mode = facts.mode
    this.refersToNamed = facts.refersToNamed
    this.bigints = facts.bigints
    this.foreign = foreign
    this.#facts = facts
  }

  get inside(): JsonSchemaContext {
    return this.foreign.size === 0 ? this : new DocumentContext(this.#facts)
  }

  beside(foreign: ReadonlySet<string>): JsonSchemaContext {
    return foreign.size === 0 ? this : new DocumentContext(this.#facts, new Set([...this.foreign, ...foreign]))
  }

  refer(node: Node): JsonSchema {
    const name = this.#facts.definitions.nameOf(node, this)
    return { $ref: `#/$defs/${name.replaceAll("~", "~0").replaceAll("/", "~1")}` }
  }
}

/** What references lead to. Each is written when all that refers to it is, since it may refer to itself. */
class Definitions {
  readonly #names = new Map<Node, Map<string, string>>()
  readonly #pending: (readonly [name: string, node: Node, context: JsonSchemaContext])[] = []
  readonly #taken = new Set<string>()

  /** A node has one name for each set of keys that are foreign to it. */
  nameOf(node: Node, context: JsonSchemaContext): string {
    const variants = this.#names.get(node) ?? new Map<string, string>()
    this.#names.set(node, variants)
    const variant = JSON.stringify([...context.foreign].toSorted())
    const known = variants.get(variant)
    if (known !== undefined) return known
    const name = this.#freeName(node.id)
    this.#taken.add(name)
    variants.set(variant, name)
    this.#pending.push([name, node, context])
    return name
  }

  all(): Record<string, JsonSchema> {
    const all: [string, JsonSchema][] = []
    for (let at = 0; at < this.#pending.length; at++) {
      const [name, node, context] = this.#pending[at]!
      all.push([name, node.define(context)])
    }
    return Object.fromEntries(all)
  }

  #freeName(base: string = "Recursive"): string {
    let name = base
    for (let number = 2; this.#taken.has(name); number++) name = `${base}${number}`
    return name
  }
}

/** Adds a keyword's demand to a schema; a second demand by the same keyword does not replace the first. */
export function narrow(json: JsonSchema, demand: JsonSchema): void {
  for (const [keyword, value] of Object.entries(demand)) {
    if (!(keyword in json)) json[keyword] = value
    else if (json[keyword] !== value)
      json.allOf = [...((json.allOf as JsonSchema[] | undefined) ?? []), { [keyword]: value }]
  }
}

/** Keywords that say something of null too. */
const OF_ANY_TYPE = ["$ref", "allOf", "anyOf", "const", "enum", "if", "not", "oneOf"]

/** The same schema with null allowed. */
export function orNull(json: JsonSchema): JsonSchema {
  const { type } = json
  const isPlain = typeof type === "string" && !OF_ANY_TYPE.some((keyword) => keyword in json)
  return isPlain ? { ...json, type: [type, "null"] } : { anyOf: [json, { type: "null" }] }
}
