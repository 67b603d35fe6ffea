import { isObject, type Json } from "../json.ts"

/** Keywords whose value is data: what looks like a reference in there is none. */
const DATA: ReadonlySet<string> = new Set(["const", "enum", "default", "examples", "example"])
/** Keywords whose value is a record of schemas by a name of the author's: `$ref` may be such a name. */
const RECORDS: ReadonlySet<string> = new Set([
  "properties",
  "patternProperties",
  "dependentSchemas",
  "$defs",
  "definitions",
])

/** A schema with each reference in it as `change` gives it. */
export function mapReferences(schema: unknown, change: (reference: string) => string): unknown {
  if (Array.isArray(schema)) return schema.map((one) => mapReferences(one, change))
  if (!isObject(schema)) return schema
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => {
      if (keyword === "$ref" && typeof value === "string") return [keyword, change(value)]
      if (DATA.has(keyword)) return [keyword, value]
      return [keyword, RECORDS.has(keyword) ? mapEach(value, change) : mapReferences(value, change)]
    }),
  )
}

function mapEach(record: unknown, change: (reference: string) => string): unknown {
  if (!isObject(record)) return record
  return Object.fromEntries(Object.entries(record).map(([name, one]) => [name, mapReferences(one, change)]))
}

/** The references of a schema, each once. */
export function referencesOf(schema: unknown): ReadonlySet<string> {
  const found = new Set<string>()
  mapReferences(schema, (reference) => {
    found.add(reference)
    return reference
  })
  return found
}

/** A reference into `$defs` taken apart: the definition's name, and what follows it. */
export function definitionOf(reference: string): { readonly name: string; readonly rest: string } | undefined {
  const [, encoded, rest = ""] = /^#\/\$defs\/([^/]+)(\/.*)?$/.exec(reference) ?? []
  if (encoded === undefined) return undefined
  return { name: decode(encoded).replaceAll("~1", "/").replaceAll("~0", "~"), rest }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The schema that a reference of the outermost schema leads to, through others, up to a bound. */
export function dereference(json: Json, definitions: Readonly<Record<string, Json>>): Json {
  let found = json
  for (let hops = 0; typeof found.$ref === "string" && hops < 16; hops++) {
    const { $ref, ...beside } = found
    const name = definitionOf($ref as string)?.name
    if (name === undefined || !Object.hasOwn(definitions, name)) return beside
    found = { ...definitions[name], ...beside }
  }
  return found
}
