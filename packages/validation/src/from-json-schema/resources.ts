import { didYouMean } from "@ashlar/core"
import { JsonSchemaInvalid } from "../errors.ts"
import { isJsonObject, type JsonObject, type JsonValue } from "./json-copy.ts"

/** How a document says things. */
export type Dialect = "draft-2020-12" | "draft-07"

/** A schema with an address of its own, and the names in it. @see https://json-schema.org/draft/2020-12/json-schema-core#section-8.2 */
export interface Resource {
  readonly uri: string
  readonly dialect: Dialect
  readonly root: JsonValue
  readonly anchors: Map<string, JsonObject>
  readonly dynamicAnchors: Map<string, JsonObject>
}

/** A schema and the resource that it is in. */
export interface Located {
  readonly schema: JsonValue
  readonly resource: Resource
}

/** The address of a document that says none. A place of its own, so that relative references lead to nothing else. */
const UNNAMED = "json-schema:///"

const DIALECTS: ReadonlyMap<string, Dialect> = new Map([
  ["https://json-schema.org/draft/2020-12/schema", "draft-2020-12"],
  ["http://json-schema.org/draft-07/schema", "draft-07"],
])

/** Keywords by what they hold: other members of a schema are data, and what looks like a schema there is none. */
const ONE = [
  "additionalItems",
  "additionalProperties",
  "contains",
  "contentSchema",
  "else",
  "if",
  "items",
  "not",
  "propertyNames",
  "then",
  "unevaluatedItems",
  "unevaluatedProperties",
]
const LISTS = ["allOf", "anyOf", "items", "oneOf", "prefixItems"]
const MAPS = ["$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"]

/** Every schema that references can lead to. Nothing is ever fetched. */
export class Resources {
  readonly #byUri = new Map<string, Resource>()
  readonly #homes = new Map<JsonObject, Resource>()

  /** Whether any schema can be reached by `$dynamicRef`. */
  hasDynamicAnchors: boolean = false

  /** Takes a document in. @param uri Where it was found; its `$id` is resolved against it. */
  add(document: JsonValue, dialect: Dialect, uri: string = UNNAMED): Resource {
    const base = resolve(uri, UNNAMED).uri
    const known = isJsonObject(document) ? (dialectOf(document) ?? dialect) : dialect
    const resource = this.#register(base, document, known)
    if (isJsonObject(document)) this.#visit(document, resource)
    return isJsonObject(document) ? this.#homes.get(document)! : resource
  }

  /** What a reference leads to. @throws {VALIDATION_JSON_SCHEMA_INVALID} */
  find(reference: string, from: Resource): Located {
    const { uri, fragment } = resolve(reference, from.uri)
    const resource = this.#byUri.get(uri)
    if (resource === undefined)
      throw new JsonSchemaInvalid(
        `Expected a reference to a schema in the document, or in \`documents\`, got "${reference}": nothing is fetched. ${didYouMean(uri, [...this.#byUri.keys()])}`,
      )
    if (fragment === "" || fragment.startsWith("/")) return this.#atPointer(resource, fragment, reference)
    const schema = resource.anchors.get(fragment) ?? resource.dynamicAnchors.get(fragment)
    if (schema !== undefined) return { schema, resource: this.homeOf(schema, resource) }
    throw new JsonSchemaInvalid(
      `Expected a reference to an anchor that is there, got "${reference}". ${didYouMean(fragment, [...resource.anchors.keys()])}`,
    )
  }

  /** The resource that a schema is in. */
  homeOf(schema: JsonValue, around: Resource): Resource {
    return (isJsonObject(schema) ? this.#homes.get(schema) : undefined) ?? around
  }

  #atPointer(resource: Resource, pointer: string, reference: string): Located {
    let [schema, home] = [resource.root, resource]
    for (const token of pointer.split("/").slice(1)) {
      const key = token.replaceAll("~1", "/").replaceAll("~0", "~")
      const next = memberOf(schema, key)
      if (next === undefined)
        throw new JsonSchemaInvalid(`Expected a reference to a schema that is there, got "${reference}".`)
      schema = next
      home = this.homeOf(schema, home)
    }
    if (typeof schema === "boolean" || isJsonObject(schema)) return { schema, resource: home }
    throw new JsonSchemaInvalid(`Expected a reference to a schema, got "${reference}", where there is none.`)
  }

  #register(uri: string, root: JsonValue, dialect: Dialect): Resource {
    const resource = { uri, dialect, root, anchors: new Map(), dynamicAnchors: new Map() }
    if (!this.#byUri.has(uri)) this.#byUri.set(uri, resource)
    return resource
  }

  #visit(schema: JsonObject, around: Resource): void {
    const home = this.#homeFor(schema, around)
    this.#homes.set(schema, home)
    this.#name(schema, home)
    for (const child of subschemas(schema)) if (isJsonObject(child)) this.#visit(child, home)
  }

  #homeFor(schema: JsonObject, around: Resource): Resource {
    const id = schema.$id
    if (typeof id !== "string" || isShadowed(schema, around.dialect)) return around
    const { uri, fragment } = resolve(id, around.uri)
    // In draft 7 `"$id": "#name"` is an anchor.
    if (fragment !== "" && id.startsWith("#")) return around
    if (fragment !== "") throw new JsonSchemaInvalid(`Expected $id to have no fragment, got "${id}".`)
    if (uri === around.uri && around.root === schema) return around
    const known = this.#byUri.get(uri)
    if (known !== undefined && known.root !== schema && known.root !== around.root)
      throw new JsonSchemaInvalid(`Expected each $id once, got "${id}" twice.`)
    this.#byUri.delete(uri)
    return this.#register(uri, schema, dialectOf(schema) ?? around.dialect)
  }

  #name(schema: JsonObject, home: Resource): void {
    const { $anchor, $dynamicAnchor, $id } = schema
    if (typeof $anchor === "string") home.anchors.set($anchor, schema)
    if (home.dialect === "draft-07" && typeof $id === "string" && $id.startsWith("#"))
      home.anchors.set($id.slice(1), schema)
    if (typeof $dynamicAnchor !== "string") return
    home.dynamicAnchors.set($dynamicAnchor, schema)
    this.hasDynamicAnchors = true
  }
}

/** In draft 7 what stands beside `$ref` is not there. */
export function isShadowed(schema: JsonObject, dialect: Dialect): boolean {
  return dialect === "draft-07" && typeof schema.$ref === "string"
}

function dialectOf({ $schema }: JsonObject): Dialect | undefined {
  if ($schema === undefined) return undefined
  const dialect = typeof $schema === "string" ? DIALECTS.get($schema.replace(/#$/, "")) : undefined
  if (dialect !== undefined) return dialect
  throw new JsonSchemaInvalid(
    `Expected $schema to be one of ${[...DIALECTS.keys()].join(", ")}, got ${JSON.stringify($schema)}.`,
  )
}

function resolve(reference: string, base: string): { uri: string; fragment: string } {
  try {
    const url = new URL(reference, base)
    const fragment = decodeURIComponent(url.hash.slice(1))
    url.hash = ""
    return { uri: url.href, fragment }
  } catch {
    throw new JsonSchemaInvalid(`Expected the reference of a URI, got ${JSON.stringify(reference)}.`)
  }
}

function memberOf(value: JsonValue, key: string): JsonValue | undefined {
  if (Array.isArray(value)) return /^(?:0|[1-9]\d*)$/.test(key) ? value[Number(key)] : undefined
  return isJsonObject(value) ? value[key] : undefined
}

function* subschemas(schema: JsonObject): Generator<JsonValue> {
  for (const keyword of ONE) if (isJsonObject(schema[keyword])) yield schema[keyword]
  for (const keyword of LISTS) if (Array.isArray(schema[keyword])) yield* schema[keyword] as readonly JsonValue[]
  for (const keyword of MAPS) if (isJsonObject(schema[keyword])) yield* Object.values(schema[keyword])
}
