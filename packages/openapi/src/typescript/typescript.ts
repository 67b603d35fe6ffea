import { isObject, type Json } from "../json.ts"

export interface TypeScriptOptions {
  /** The components to write, with all that they refer to. Default: all of them. */
  readonly names?: readonly string[]
}

/**
 * The types of a document's components in TypeScript: an interface for each object, a type for each other schema, everything
 * readonly. What TypeScript cannot say (lengths, patterns, bounds) is left out; what a schema leaves open is `unknown`.
 * @example
 * writeFileSync("wire.ts", toTypeScript(document, { names: ["User", "Session"] }))
 */
export function toTypeScript(document: Json, { names }: TypeScriptOptions = {}): string {
  const schemas = ((document.components as Json | undefined)?.schemas ?? {}) as Readonly<Record<string, Json>>
  const wanted = new Set(names ?? Object.keys(schemas))
  for (const name of wanted) for (const other of referred(schemas[name])) wanted.add(other)
  const known = [...wanted].filter((name) => Object.hasOwn(schemas, name)).sort()
  return known.map((name) => declaration(name, schemas[name]!)).join("\n\n")
}

function declaration(name: string, schema: Json): string {
  const title = identifier(name)
  const isInterface = schema.type === "object" && isObject(schema.properties) && schema.allOf === undefined
  const body = isInterface ? `interface ${title} ${members(schema, "")}` : `type ${title} = ${typeOf(schema, "")}`
  return `${comment(schema.description, "")}export ${body}`
}

function typeOf(schema: unknown, indent: string): string {
  if (schema === false) return "never"
  if (!isObject(schema)) return "unknown"
  const parts = [
    ...(typeof schema.$ref === "string" ? [identifier(nameIn(schema.$ref))] : []),
    ...((schema.allOf ?? []) as unknown[]).map((one) => typeOf(one, indent)),
    ...choices(schema, indent),
    ...own(schema, indent),
  ].filter((part) => part !== "unknown")
  if (parts.length === 0) return "unknown"
  return parts.length === 1 ? parts[0]! : parts.map((part) => (part.includes(" | ") ? `(${part})` : part)).join(" & ")
}

function choices({ anyOf, oneOf }: Json, indent: string): string[] {
  const alternatives = (anyOf ?? oneOf) as unknown[] | undefined
  return alternatives === undefined ? [] : [union(alternatives.map((one) => typeOf(one, indent)))]
}

/** What a schema says by itself, and not by others. */
function own(schema: Json, indent: string): string[] {
  if ("const" in schema) return [JSON.stringify(schema.const)]
  if (Array.isArray(schema.enum)) return [union(schema.enum.map((value) => JSON.stringify(value)))]
  const types = (Array.isArray(schema.type) ? schema.type : [schema.type]) as unknown[]
  return types[0] === undefined ? [] : [union(types.map((type) => ofType(type, schema, indent)))]
}

function union(types: readonly string[]): string {
  return types.includes("unknown") ? "unknown" : [...new Set(types)].join(" | ")
}

function ofType(type: unknown, schema: Json, indent: string): string {
  if (type === "integer" || type === "number") return "number"
  if (type === "array") return listOf(schema, indent)
  if (type === "object") return objectOf(schema, indent)
  return type === "string" || type === "boolean" || type === "null" ? type : "unknown"
}

function listOf({ prefixItems, items }: Json, indent: string): string {
  if (Array.isArray(prefixItems)) {
    const rest = items === false ? [] : [`...${list(typeOf(items, indent))}`]
    return `readonly [${[...prefixItems.map((one) => typeOf(one, indent)), ...rest].join(", ")}]`
  }
  return `readonly ${list(typeOf(items, indent))}`
}

function list(item: string): string {
  return /^[\w.]+$|^\{[\s\S]*\}$/.test(item) ? `${item}[]` : `(${item})[]`
}

function objectOf(schema: Json, indent: string): string {
  if (isObject(schema.properties) && Object.keys(schema.properties).length > 0) return members(schema, indent)
  return `Readonly<Record<string, ${typeOf(schema.additionalProperties ?? true, indent)}>>`
}

function members({ properties, required = [] }: Json, indent: string): string {
  const inner = `${indent}  `
  const lines = Object.entries(properties as Json).map(([name, schema]) => {
    const mark = (required as readonly string[]).includes(name) ? "" : "?"
    const { description } = isObject(schema) ? schema : {}
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)
    return `${comment(description, inner)}${inner}readonly ${key}${mark}: ${typeOf(schema, inner)}`
  })
  return `{\n${lines.join("\n")}\n${indent}}`
}

function comment(text: unknown, indent: string): string {
  if (typeof text !== "string" || text === "") return ""
  // A text must not end its comment, and so begin code.
  const lines = text.replaceAll("*/", "*\\/").split(/\r?\n/)
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`).join("\n")}\n${indent} */\n`
}

function referred(schema: unknown): readonly string[] {
  return [...JSON.stringify(schema ?? {}).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
    ([, name]) => name!,
  )
}

function nameIn(reference: string): string {
  return reference.slice(reference.lastIndexOf("/") + 1)
}

/** A component's name as one of TypeScript's. */
function identifier(name: string): string {
  const text = name.replace(/[^\w$]+(\w?)/g, (_all, next: string) => next.toUpperCase())
  return /^\d/.test(text) ? `_${text}` : text
}
