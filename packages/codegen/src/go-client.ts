import { GO_PRELUDE } from "./go-prelude.ts"
import { type Operation, readOperations } from "./openapi-document.ts"
import { type Field, type Type, TypeReader, toTypeName, unionOf } from "./type-model.ts"

/**
 * Writes a client for Go 1.19 and later that needs the standard library only: the package `api`, with a method for each
 * operation and a struct for each object. What Go has no type for, such as a union, is `any`.
 * @throws {CODEGEN_DOCUMENT_INVALID} @throws {CODEGEN_SCHEMA_UNREADABLE}
 */
export function writeGoClient(document: unknown): string {
  const reader = new TypeReader(document)
  const types = new GoTypes()
  const methods = readOperations(document).map((operation) => writeMethod(operation, reader, types))
  for (const [name, type] of reader.named) types.define(name, type)
  return [GO_PRELUDE, ...types.lines, "", ...methods].join("\n")
}

function writeMethod(operation: Operation, reader: TypeReader, types: GoTypes): string {
  const { method, path, parameters, body, results, summary } = operation
  const name = types.freeName(toTypeName(operation.name))
  const fields: (Field & { readonly place: string })[] = parameters.map((one) => ({
    name: one.name,
    type: reader.read(one.schema),
    isRequired: one.isRequired,
    description: undefined,
    place: one.in,
  }))
  if (body !== undefined)
    fields.push({
      name: "body",
      type: reader.read(body.schema),
      isRequired: true,
      description: undefined,
      place: "body",
    })
  const members = types.members(fields, name)
  const input = types.freeName(`${name}Input`)
  types.lines.push(`type ${input} struct {`, ...members.map(({ go, type }) => `\t${go} ${type}`), "}", "")
  const pairs = (place: string): string =>
    `[]pair{${members
      .filter((_, at) => fields[at]!.place === place)
      .map(({ go, json }) => `{${quoted(json)}, in.${go}}`)
      .join(", ")}}`
  const bodies = members.filter((_, at) => fields[at]!.place === "body").map(({ go }) => `in.${go}`)
  const good = Object.values(results).flatMap((one) => (one === null ? [] : [reader.read(one)]))
  const result = good.length === 0 ? undefined : types.write(unionOf(good), `${name}Result`)
  const call = `c.call(ctx, ${quoted(method)}, ${quoted(path)}, ${pairs("path")}, ${pairs("query")}, ${pairs("header")}, ${bodies[0] ?? "nil"}`
  const comment = `// ${name}: ${(summary ?? `${method} ${path}`).replace(/\s+/g, " ")}`
  const head = `func (c *Client) ${name}(ctx context.Context, in ${input})`
  return result === undefined
    ? `${comment}\n${head} error {\n\treturn ${call}, nil)\n}\n`
    : `${comment}\n${head} (out ${result}, err error) {\n\terr = ${call}, &out)\n\treturn\n}\n`
}

/** What JSON calls a member, and what Go does. */
interface Member {
  readonly json: string
  readonly go: string
  readonly type: string
  readonly isRequired: boolean
}

/** The types that the client names, in the order in which they are defined. */
class GoTypes {
  readonly lines: string[] = []
  readonly #names = new Set(["Client", "APIError"])

  define(name: string, type: Type): void {
    if (type.kind === "object") this.#struct(name, type.fields)
    else this.lines.push(`type ${name} = ${this.write(type, `${name}Item`)}`, "")
  }

  /** How Go writes a type. Objects get a name, which begins with `hint`. */
  write(type: Type, hint: string): string {
    switch (type.kind) {
      case "string":
        return "string"
      case "number":
        return "float64"
      case "integer":
        return "int64"
      case "boolean":
        return "bool"
      case "list":
        return `[]${this.write(type.of, `${hint}Item`)}`
      case "map":
        return `map[string]${this.write(type.of, `${hint}Value`)}`
      case "named":
        return type.name
      case "literal":
        return typeof type.value === "string" ? "string" : "any"
      case "union":
        return this.#union(type.of, hint)
      case "object": {
        if (!type.fields.every(({ name }) => TAG.test(name))) return "map[string]any"
        const name = this.freeName(hint)
        this.#struct(name, type.fields)
        return name
      }
      default:
        return "any"
    }
  }

  /** Fields of a struct, each with a name of its own. */
  members(fields: readonly Field[], hint: string): readonly Member[] {
    const taken = new Set<string>()
    return fields.map(({ name, type, isRequired }) => {
      let go = toTypeName(name)
      while (taken.has(go)) go += "_"
      taken.add(go)
      const written = this.write(type, `${hint}${go}`)
      const isNilable = /^(?:\*|\[\]|map\[|any$)/.test(written)
      return { json: name, go, type: isRequired || isNilable ? written : `*${written}`, isRequired }
    })
  }

  freeName(hint: string): string {
    let name = hint
    for (let count = 2; this.#names.has(name); count++) name = `${hint}${count}`
    this.#names.add(name)
    return name
  }

  /** One type or null is a pointer; several texts are a text. */
  #union(types: readonly Type[], hint: string): string {
    const rest = types.filter(({ kind }) => kind !== "null")
    const written = [...new Set(rest.map((one) => this.write(one, hint)))]
    const [only] = written
    if (only === undefined || written.length > 1) return "any"
    return rest.length === types.length || /^(?:\*|\[\]|map\[|any$)/.test(only) ? only : `*${only}`
  }

  #struct(name: string, fields: readonly Field[]): void {
    const known = fields.filter((field) => TAG.test(field.name))
    const members = this.members(known, name)
    const lines = members.map(
      ({ json, go, type, isRequired }) =>
        `\t${go} ${type} ${quoted(`json:"${json}${isRequired ? "" : ",omitempty"}"`)}`,
    )
    this.lines.push(`type ${name} struct {`, ...lines, "}", "")
  }
}

/** Names that a struct's tag can hold. */
const TAG = /^[A-Za-z0-9_.$@ :/-]+$/

function quoted(text: string): string {
  return JSON.stringify(text.toWellFormed())
}
