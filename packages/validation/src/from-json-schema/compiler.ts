import { JsonSchemaInvalid, JsonSchemaTooLarge } from "../errors.ts"
import { isJsonObject, type JsonObject, type JsonValue } from "./json-copy.ts"
import { MAX_IN_PLACE, MAX_PARTS } from "./limits.ts"
import { LIST_KEYWORDS, LIST_KEYWORDS_OF_DRAFT_7 } from "./list-keywords.ts"
import type { Meter } from "./meter.ts"
import { OBJECT_KEYWORDS } from "./object-keywords.ts"
import { type Keyword, Part } from "./part.ts"
import { isShadowed, type Located, type Resource, type Resources } from "./resources.ts"
import { Scope } from "./scope.ts"
import { NOTHING, SHAPE_KEYWORDS } from "./shape-keywords.ts"
import type { KeywordReader, Site } from "./site.ts"
import { TEXT_KEYWORDS } from "./text-keywords.ts"
import { unevaluatedReaders } from "./unevaluated-keywords.ts"
import { describeType, describeValues, VALUE_KEYWORDS } from "./value-keywords.ts"

/** In the order they are asked: what costs least, and says most, first. */
const READERS: readonly (readonly [string, KeywordReader])[] = [
  ...VALUE_KEYWORDS,
  ...TEXT_KEYWORDS,
  ...LIST_KEYWORDS,
  ...OBJECT_KEYWORDS,
  ...SHAPE_KEYWORDS,
]

const READERS_OF_DRAFT_7 = [...new Map([...READERS, ...LIST_KEYWORDS_OF_DRAFT_7])]

/** Not there in draft 7, where they are words like any other. */
const LATER = new Set([
  "$anchor",
  "$dynamicAnchor",
  "$dynamicRef",
  "dependentRequired",
  "dependentSchemas",
  "maxContains",
  "minContains",
  "prefixItems",
  "unevaluatedItems",
  "unevaluatedProperties",
])

interface Pending {
  readonly part: Part
  readonly resource: Resource
  readonly scope: Scope
}

/** Makes parts of the schemas of a document: each once, and as many in a row as it takes, for one may contain itself. */
export class Compiler {
  readonly #resources: Resources
  readonly #meter: Meter
  readonly #assertsFormats: boolean
  readonly #parts = new Map<JsonObject, Map<string, Part>>()
  readonly #made: Part[] = []
  readonly #pending: Pending[] = []
  readonly #all: Part
  readonly #none: Part

  constructor(resources: Resources, meter: Meter, assertsFormats: boolean) {
    this.#resources = resources
    this.#meter = meter
    this.#assertsFormats = assertsFormats
    this.#all = new Part(true, meter)
    this.#none = new Part(false, meter)
    this.#none.keywords = [NOTHING]
  }

  /** @throws {VALIDATION_JSON_SCHEMA_INVALID} @throws {VALIDATION_JSON_SCHEMA_TOO_LARGE} */
  compile(root: Located): Part {
    const part = this.#part(root, Scope.EMPTY)
    for (let next = this.#pending.pop(); next !== undefined; next = this.#pending.pop()) this.#fill(next)
    new Loops().refuse(this.#made)
    return part
  }

  #part({ schema, resource }: Located, outer: Scope, name?: string): Part {
    if (!isJsonObject(schema)) return schema === false ? this.#none : this.#all
    const scope = this.#resources.hasDynamicAnchors ? outer.enter(resource) : outer
    let byScope = this.#parts.get(schema)
    if (byScope === undefined) {
      byScope = new Map()
      this.#parts.set(schema, byScope)
    }
    const known = byScope.get(scope.key)
    if (known !== undefined) return known
    if (this.#made.length >= MAX_PARTS)
      throw new JsonSchemaTooLarge(`Expected a schema of at most ${MAX_PARTS} parts, got more.`)
    const part = new Part(readable(schema, resource), this.#meter, name)
    byScope.set(scope.key, part)
    this.#made.push(part)
    this.#pending.push({ part, resource, scope })
    return part
  }

  #fill({ part, resource, scope }: Pending): void {
    const schema = part.schema as JsonObject
    const site: Site = {
      schema,
      assertsFormats: this.#assertsFormats,
      part: (child) => this.#part({ schema: child, resource: this.#resources.homeOf(child, resource) }, scope),
      refer: (reference) => this.#refer(reference, resource, scope),
      referDynamically: (reference) => this.#referDynamically(reference, resource, scope),
    }
    const keywords: Keyword[] = []
    const read = ([keyword, reader]: readonly [string, KeywordReader]): void => {
      const value = schema[keyword]
      const made = value === undefined ? undefined : reader(value, site)
      if (made !== undefined) keywords.push(made)
    }
    for (const reader of resource.dialect === "draft-07" ? READERS_OF_DRAFT_7 : READERS) read(reader)
    // Each sees what those before it have looked at, and so the second the first's too.
    const before = keywords.filter(({ see }) => see !== undefined)
    for (const reader of unevaluatedReaders(() => before)) read(reader)
    part.keywords = keywords
    part.expected = expectedOf(schema) ?? part.expected
  }

  #refer(reference: string, resource: Resource, scope: Scope): Part {
    return this.#part(this.#resources.find(reference, resource), scope, nameOf(reference))
  }

  /** The same as a plain reference, unless that leads to a dynamic anchor: then it is the outermost of that name. */
  #referDynamically(reference: string, resource: Resource, scope: Scope): Part {
    const found = this.#resources.find(reference, resource)
    const name = reference.slice(reference.indexOf("#") + 1)
    const outer = found.resource.dynamicAnchors.get(name) === found.schema ? scope.find(name) : undefined
    if (outer === undefined) return this.#part(found, scope, nameOf(reference))
    return this.#part({ schema: outer, resource: this.#resources.homeOf(outer, resource) }, scope, name)
  }
}

/** What is read of a schema. */
function readable(schema: JsonObject, { dialect }: Resource): JsonObject {
  if (dialect !== "draft-07") return schema
  if (isShadowed(schema, dialect)) return { $ref: schema.$ref! }
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => !LATER.has(keyword)))
}

function expectedOf({ type, const: only, enum: some }: JsonObject) {
  if (only !== undefined) return describeValues([only])
  if (Array.isArray(some)) return describeValues(some)
  return type === undefined ? undefined : describeType(type as JsonValue)
}

/** The last word of a reference, for the name of a definition. */
function nameOf(reference: string): string | undefined {
  const [, name] = /([A-Za-z_][A-Za-z0-9_.-]*)$/.exec(reference.replace(/\.json$/, "")) ?? []
  return name
}

/** Schemas that ask each other about the same value for ever. */
class Loops {
  readonly #heights = new Map<Part, number>()
  readonly #open = new Set<Part>()

  refuse(parts: readonly Part[]): void {
    for (const part of parts) this.#heightOf(part)
  }

  #heightOf(part: Part): number {
    const known = this.#heights.get(part)
    if (known !== undefined) return known
    if (this.#open.has(part))
      throw new JsonSchemaInvalid("Expected a schema that ends, got one that refers to itself for the same value.")
    if (this.#open.size >= MAX_IN_PLACE) throw tooManyInPlace()
    this.#open.add(part)
    let height = 0
    for (const { inPlace = [] } of part.keywords)
      for (const inner of inPlace) height = Math.max(height, this.#heightOf(inner) + 1)
    this.#open.delete(part)
    if (height >= MAX_IN_PLACE) throw tooManyInPlace()
    this.#heights.set(part, height)
    return height
  }
}

function tooManyInPlace(): Error {
  return new JsonSchemaTooLarge(
    `Expected at most ${MAX_IN_PLACE} schemas in a row about the same value, by references, "allOf" and the like, got more.`,
  )
}
