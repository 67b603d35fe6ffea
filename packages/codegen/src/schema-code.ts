import { SchemaUnreadable } from "./errors.ts"
import { type JsonSchema, lookUp } from "./json-schema.ts"
import { toTypeName } from "./type-model.ts"
import { key } from "./typescript-type.ts"

/** A keyword that the code does not say, and where it stands. */
export interface Unsaid {
  readonly at: string
  readonly keyword: string
}

type Sub = JsonSchema | boolean | undefined
interface Here {
  readonly at: string
  readonly depth: number
}

const MAX_DEPTH = 64
/** What says nothing about a value. */
const NOTES: ReadonlySet<string> = new Set(
  "$schema $id $comment $defs definitions title description default deprecated readOnly writeOnly examples example nullable xml externalDocs".split(
    " ",
  ),
)
const FORMATS: Readonly<Record<string, string>> = {
  email: "email",
  uuid: "uuid",
  date: "date",
  "date-time": "datetime",
  duration: "duration",
  ipv4: "ipv4",
  ipv6: "ipv6",
  hostname: "hostname",
}

/**
 * Writes JSON Schemas as source of `v`. Each that is referred to becomes a constant of its own, before those that need it. Where
 * one contains itself its type is `unknown`, as TypeScript infers none. What `v` does not say in the same way is kept in
 * {@link SchemaWriter.unsaid}.
 */
export class SchemaWriter {
  /** Of each constant its source, in an order in which they can stand. */
  readonly constants: Map<string, string> = new Map()
  readonly unsaid: Unsaid[] = []
  readonly #root: unknown
  readonly #names = new Map<JsonSchema, string>()
  readonly #open = new Set<string>()
  #isRecursive = false

  /** @param root What references point into. */
  constructor(root: unknown) {
    this.#root = root
  }

  /** Whether a schema contains itself. */
  get isRecursive(): boolean {
    return this.#isRecursive
  }

  /** Adds a constant of a schema. Gives the name it got. @throws {CODEGEN_SCHEMA_UNREADABLE} */
  add(name: string, schema: JsonSchema, at: string): string {
    const known = this.#names.get(schema)
    if (known !== undefined) return known
    const free = this.#freeName(toTypeName(name))
    this.#names.set(schema, free)
    this.#open.add(free)
    const code = this.write(schema, { at, depth: 0 })
    this.#open.delete(free)
    this.constants.set(free, `export const ${free} = ${code}\n`)
    return free
  }

  #freeName(base: string): string {
    const taken = (name: string): boolean => [...this.#names.values()].includes(name) || name === "AnySchema"
    let name = base
    for (let count = 2; taken(name); count++) name = `${base}${count}`
    return name
  }

  /** The expression of one schema. @throws {CODEGEN_SCHEMA_UNREADABLE} */
  write(schema: Sub, here: Here): string {
    if (schema === undefined || schema === true) return "v.unknown()"
    if (typeof schema !== "object" || schema === null) {
      this.#leave(here, "false")
      return "v.unknown()"
    }
    if (here.depth > MAX_DEPTH) throw new SchemaUnreadable(`A schema is nested more than ${MAX_DEPTH} deep`)
    const { description } = schema
    const code = this.#plain(schema, here) + (schema.nullable === true ? ".nullable()" : "")
    return typeof description === "string" && !code.startsWith("v.lazy") && schema.$ref === undefined
      ? `${code}.describe(${text(description)})`
      : code
  }

  #plain(schema: JsonSchema, here: Here): string {
    const inner = (sub: Sub, step: string | number): string =>
      this.write(sub, { at: `${here.at}/${step}`, depth: here.depth + 1 })
    if (schema.$ref !== undefined) return this.#refer(schema, here)
    if (schema.const !== undefined) return this.#only([schema.const], schema, here)
    if (schema.enum !== undefined) return this.#only(schema.enum, schema, here)
    for (const word of ["anyOf", "oneOf", "allOf"] as const) {
      const members = schema[word]
      if (members === undefined) continue
      this.#leaveOthers(schema, here, [word, "type", "discriminator"])
      if (word === "oneOf") this.#leave(here, "oneOf (the first that fits is taken)")
      return listCode(
        word === "allOf" ? "intersection" : "union",
        members.map((one, at) => inner(one, `${word}/${at}`)),
      )
    }
    if (Array.isArray(schema.type)) {
      const types = (schema.type as readonly string[]).filter((type) => type !== "null")
      const members = types.map((type) => this.#typed({ ...schema, type }, here, inner))
      const code = members.length === 1 ? members[0]! : listCode("union", members)
      return types.length === schema.type.length
        ? code
        : members.length === 0
          ? "v.literal(null)"
          : `${code}.nullable()`
    }
    return this.#typed(schema, here, inner)
  }

  #refer({ $ref = "", ...others }: JsonSchema, here: Here): string {
    this.#leaveOthers(others, here, [])
    const target = lookUp($ref, this.#root)
    if (typeof target !== "object" || target === null) throw new SchemaUnreadable(`The reference ${$ref} leads nowhere`)
    const name = this.add($ref === "#" ? "Root" : $ref.split("/").at(-1)!, target, $ref)
    if (!this.#open.has(name)) return name
    this.#isRecursive = true
    return `v.lazy((): AnySchema => ${name})`
  }

  #only(values: readonly unknown[], schema: JsonSchema, here: Here): string {
    this.#leaveOthers(schema, here, ["const", "enum", "type"])
    const scalars = values.filter((value) => value === null || /^(?:string|number|boolean)$/.test(typeof value))
    if (scalars.length < values.length || values.length === 0) {
      this.#leave(here, "enum")
      return "v.unknown()"
    }
    const words = scalars.map((value) => (typeof value === "string" ? text(value) : String(value)))
    if (words.length === 1) return `v.literal(${words[0]})`
    const isEnum = scalars.every((value) => typeof value === "string" || typeof value === "number")
    return isEnum
      ? `v.enum([${words.join(", ")}])`
      : `v.union([${words.map((word) => `v.literal(${word})`).join(", ")}])`
  }

  #typed(schema: JsonSchema, here: Here, inner: (sub: Sub, step: string | number) => string): string {
    switch (schema.type ?? impliedType(schema)) {
      case "string":
        return this.#string(schema, here)
      case "number":
      case "integer":
        return this.#number(schema, here)
      case "boolean":
      case "null":
        this.#leaveOthers(schema, here, ["type"])
        return schema.type === "null" ? "v.literal(null)" : "v.boolean()"
      case "array":
        return this.#array(schema, here, inner)
      case "object":
        return this.#object(schema, here, inner)
      default:
        this.#leaveOthers(schema, here, ["type"])
        return "v.unknown()"
    }
  }

  #string(schema: JsonSchema, here: Here): string {
    const { minLength, maxLength, format, pattern } = schema
    this.#leaveOthers(schema, here, ["type", "minLength", "maxLength", "format", "pattern"])
    if (format === "binary") return "v.file()"
    let code = `v.string()${call("min", minLength)}${call("max", maxLength)}`
    if (format === "uri") code += ".url()"
    else if (format !== undefined && Object.hasOwn(FORMATS, format)) code += `.${FORMATS[format]}()`
    else if (format !== undefined) this.#leave(here, `format ${format}`)
    if (pattern === undefined) return code
    if (isPattern(pattern)) return `${code}.regex(new RegExp(${text(pattern)}, "u"))`
    this.#leave(here, "pattern")
    return code
  }

  #number(schema: JsonSchema, here: Here): string {
    const { minimum, maximum, exclusiveMinimum: above, exclusiveMaximum: below, multipleOf } = schema
    this.#leaveOthers(schema, here, [
      "type",
      "format",
      "minimum",
      "maximum",
      "exclusiveMinimum",
      "exclusiveMaximum",
      "multipleOf",
    ])
    // In OpenAPI 3.0 these two say of the other two that they are out of bounds themselves.
    const lower = above === true ? call("above", minimum) : call("min", minimum) + call("above", above)
    const upper = below === true ? call("below", maximum) : call("max", maximum) + call("below", below)
    return `v.${schema.type === "integer" ? "integer" : "number"}()${lower}${upper}${call("multipleOf", multipleOf)}`
  }

  #array(schema: JsonSchema, here: Here, inner: (sub: Sub, step: string | number) => string): string {
    const { prefixItems, items, minItems, maxItems, uniqueItems } = schema
    this.#leaveOthers(schema, here, ["type", "items", "prefixItems", "minItems", "maxItems", "uniqueItems"])
    if (prefixItems === undefined)
      return `v.array(${inner(items, "items")})${call("min", minItems)}${call("max", maxItems)}${uniqueItems === true ? ".unique()" : ""}`
    if ((minItems ?? 0) < prefixItems.length) this.#leave(here, "prefixItems (all of them must be there)")
    const tuple = listCode(
      "tuple",
      prefixItems.map((one, at) => inner(one, `prefixItems/${at}`)),
    )
    const isClosed = items === false || maxItems === prefixItems.length
    return isClosed ? tuple : `${tuple}.rest(${inner(items, "items")})`
  }

  #object(schema: JsonSchema, here: Here, inner: (sub: Sub, step: string | number) => string): string {
    const { properties = {}, required = [], additionalProperties: others } = schema
    this.#leaveOthers(schema, here, ["type", "properties", "required", "additionalProperties"])
    const names = Object.keys(properties)
    const absent = required.filter((name) => !Object.hasOwn(properties, name))
    if (absent.length > 0) this.#leave(here, `required ${absent.join(", ")}`)
    if (names.length === 0 && others !== false) return `v.record(v.string(), ${inner(others, "additionalProperties")})`
    if (typeof others === "object") this.#leave(here, "additionalProperties (they are taken unchecked)")
    const fields = names.map((name) => {
      const property = properties[name]!
      const code = inner(property, `properties/${name}`) + this.#absence(property, required.includes(name))
      return `  ${name === "__proto__" ? '["__proto__"]' : key(name)}: ${code.replaceAll("\n", "\n  ")},`
    })
    return `v.object({${names.length === 0 ? "" : `\n${fields.join("\n")}\n`}})${others === false ? "" : ".passthrough()"}`
  }

  #absence(property: Sub, isRequired: boolean): string {
    const given = typeof property === "object" ? property.default : undefined
    if (given !== undefined) return `.default(${literal(given)})`
    return isRequired ? "" : ".optional()"
  }

  #leave({ at }: Here, keyword: string): undefined {
    this.unsaid.push({ at, keyword })
  }

  #leaveOthers(schema: JsonSchema, here: Here, said: readonly string[]): undefined {
    for (const word of Object.keys(schema))
      if (!said.includes(word) && !NOTES.has(word) && !word.startsWith("x-")) this.#leave(here, word)
  }
}

function impliedType({ properties, additionalProperties, items, prefixItems }: JsonSchema): string | undefined {
  if (properties !== undefined || additionalProperties !== undefined) return "object"
  return items !== undefined || prefixItems !== undefined ? "array" : undefined
}

function call(method: string, bound: unknown): string {
  return typeof bound === "number" ? `.${method}(${bound})` : ""
}

function listCode(method: string, members: readonly string[]): string {
  const line = members.join(", ")
  if (line.length < 80 && !line.includes("\n")) return `v.${method}([${line}])`
  return `v.${method}([\n${members.map((one) => `  ${one.replaceAll("\n", "\n  ")},`).join("\n")}\n])`
}

/** Whether it is an expression with the flag that JSON Schema means. */
function isPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern, "u") instanceof RegExp
  } catch {
    return false
  }
}

/** Text, or any JSON, as a literal. Line separators would end a line of comment, and are escaped everywhere. */
export function literal(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029")
    .replaceAll('"__proto__":', '["__proto__"]:')
}

function text(value: string): string {
  return literal(value)
}
