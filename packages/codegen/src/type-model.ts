import { SchemaUnreadable } from "./errors.ts"
import { type JsonSchema, lookUp } from "./json-schema.ts"

/** A type, as every language writes it in its own way. */
export type Type =
  | { readonly kind: "any" | "string" | "number" | "integer" | "boolean" | "null" | "bytes" }
  | { readonly kind: "literal"; readonly value: string | number | boolean }
  | { readonly kind: "list"; readonly of: Type }
  | { readonly kind: "tuple"; readonly of: readonly Type[] }
  | { readonly kind: "map"; readonly of: Type }
  | { readonly kind: "object"; readonly fields: readonly Field[] }
  | { readonly kind: "union"; readonly of: readonly Type[] }
  | { readonly kind: "all"; readonly of: readonly Type[] }
  /** One of {@link Types.named}. */
  | { readonly kind: "named"; readonly name: string }

export interface Field {
  readonly name: string
  readonly type: Type
  readonly isRequired: boolean
  readonly description: string | undefined
}

const MAX_DEPTH = 64
const ANY: Type = { kind: "any" }

/** Reads schemas into types, and gives each that is referred to a name of its own. */
export class TypeReader {
  readonly #named = new Map<string, Type>()
  readonly #names = new Map<JsonSchema, string>()
  readonly #root: unknown

  /** @param root What references that begin with `#/` point into. */
  constructor(root: unknown) {
    this.#root = root
  }

  /** The types that have names, in the order in which they were met. */
  get named(): ReadonlyMap<string, Type> {
    return this.#named
  }

  /** @throws {CODEGEN_SCHEMA_UNREADABLE} when a reference leads nowhere, or schemas are nested too deep. */
  read(schema: JsonSchema | boolean | undefined, scope: unknown = this.#root, depth = 0): Type {
    if (schema === undefined || typeof schema === "boolean") return ANY
    if (depth > MAX_DEPTH) throw new SchemaUnreadable(`A schema is nested more than ${MAX_DEPTH} deep`)
    const inner = (one: JsonSchema | boolean | undefined): Type => this.read(one, within, depth + 1)
    // References of a schema that brings its own definitions point into itself.
    const within = schema.$defs === undefined ? scope : schema
    if (schema.$ref !== undefined) return this.#refer(schema.$ref, within, depth)
    if (schema.const !== undefined) return literal(schema.const)
    if (schema.enum !== undefined) return unionOf(schema.enum.map(literal))
    const choices = schema.anyOf ?? schema.oneOf
    if (choices !== undefined) return unionOf(choices.map(inner))
    if (schema.allOf !== undefined) return { kind: "all", of: schema.allOf.map(inner) }
    if (Array.isArray(schema.type)) return unionOf(schema.type.map((type: string) => inner({ ...schema, type })))
    return readPlain(schema, inner)
  }

  #refer(ref: string, scope: unknown, depth: number): Type {
    const target = lookUp(ref, scope) ?? lookUp(ref, this.#root)
    if (target === undefined) throw new SchemaUnreadable(`The reference ${ref} leads nowhere`)
    if (ref === "#") return ANY
    const known = this.#names.get(target)
    if (known !== undefined) return { kind: "named", name: known }
    const name = this.#freeName(ref)
    this.#names.set(target, name)
    this.#named.set(name, ANY) // keeps its place, for those that refer to themselves
    this.#named.set(name, this.read(target, scope, depth + 1))
    return { kind: "named", name }
  }

  #freeName(ref: string): string {
    const base = toTypeName(ref.split("/").at(-1)!)
    let name = base
    for (let count = 2; this.#named.has(name); count++) name = `${base}${count}`
    return name
  }
}

function readPlain(schema: JsonSchema, inner: (schema: JsonSchema | boolean | undefined) => Type): Type {
  switch (schema.type) {
    case "string":
      return schema.format === "binary" ? { kind: "bytes" } : { kind: "string" }
    case "number":
    case "integer":
    case "boolean":
    case "null":
      return { kind: schema.type }
    case "array":
      return schema.prefixItems === undefined
        ? { kind: "list", of: inner(schema.items) }
        : { kind: "tuple", of: schema.prefixItems.map(inner) }
    case "object":
      return readObject(schema, inner)
    default:
      return schema.properties === undefined ? ANY : readObject(schema, inner)
  }
}

function readObject(schema: JsonSchema, inner: (schema: JsonSchema | boolean | undefined) => Type): Type {
  const { properties, required = [], additionalProperties } = schema
  if (properties === undefined) return { kind: "map", of: inner(additionalProperties) }
  const fields = Object.entries(properties).map(([name, property]) => ({
    name,
    type: inner(property),
    isRequired: required.includes(name),
    description: property.description,
  }))
  return { kind: "object", fields }
}

function literal(value: unknown): Type {
  if (value === null) return { kind: "null" }
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return { kind: "literal", value }
  return ANY
}

/** A union without repetition; of one type, that type. */
export function unionOf(types: readonly Type[]): Type {
  const flat = types.flatMap((type) => (type.kind === "union" ? type.of : [type]))
  const distinct = [...new Map(flat.map((type) => [JSON.stringify(type), type])).values()]
  if (distinct.some(({ kind }) => kind === "any")) return ANY
  return distinct.length === 1 ? distinct[0]! : { kind: "union", of: distinct }
}

/** `user.show` and `user-show` become `UserShow`. */
export function toTypeName(text: string): string {
  const name = text
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("")
  return /^[A-Za-z]/.test(name) ? name : `T${name}`
}
