import { type Operation, readOperations } from "./openapi-document.ts"
import { PYTHON_PRELUDE } from "./python-prelude.ts"
import { type Type, TypeReader, toTypeName, unionOf } from "./type-model.ts"

/**
 * Writes a client for Python 3.11 and later that needs the standard library only: a class with a method for each operation,
 * and a `TypedDict` for each object.
 * @throws {CODEGEN_DOCUMENT_INVALID} @throws {CODEGEN_SCHEMA_UNREADABLE}
 */
export function writePythonClient(document: unknown): string {
  const reader = new TypeReader(document)
  const types = new PythonTypes()
  const names = new Set<string>()
  const methods = readOperations(document).map((operation) => writeMethod(operation, { reader, types, names }))
  for (const [name, type] of reader.named) types.define(name, type)
  return [
    PYTHON_PRELUDE,
    ...types.lines,
    "",
    "",
    "class Client(_Caller):",
    ...(methods.length ? methods : ["    pass"]),
    "",
  ].join("\n")
}

interface Writing {
  readonly reader: TypeReader
  readonly types: PythonTypes
  readonly names: Set<string>
}

function writeMethod(operation: Operation, { reader, types, names }: Writing): string {
  const { method, path, parameters, body, results, summary } = operation
  const base = identifier(operation.name)
  let name = base
  for (let count = 2; names.has(name); count++) name = `${base}_${count}`
  names.add(name)
  const hint = toTypeName(operation.name)
  const given = parameters.map((one) => ({ ...one, variable: identifier(one.name) }))
  const sorted = [...given].sort((a, b) => Number(b.isRequired) - Number(a.isRequired))
  const argument = (variable: string, type: string, isRequired: boolean): string =>
    isRequired ? `${variable}: ${type}` : `${variable}: ${type} | None = None`
  const args = sorted.map(({ variable, schema, isRequired, name: own }) =>
    argument(variable, types.write(reader.read(schema), `${hint}${toTypeName(own)}`), isRequired),
  )
  const bodyType = body && types.write(reader.read(body.schema), `${hint}Body`)
  const result = Object.values(results).map((one): Type => (one === null ? { kind: "null" } : reader.read(one)))
  const returns = result.length === 0 ? "Any" : types.write(unionOf(result), `${hint}Result`)
  const all = [
    "self",
    ...(args.length || body ? ["*"] : []),
    ...(bodyType ? [argument("body", bodyType, body.isRequired)] : []),
    ...args,
  ]
  const record = (place: string): string =>
    `{${given
      .filter((one) => one.in === place)
      .map(({ name: own, variable }) => `${JSON.stringify(own)}: ${variable}`)
      .join(", ")}}`
  return [
    `    def ${name}(${all.join(", ")}) -> ${JSON.stringify(returns)}:`,
    `        ${JSON.stringify(summary ?? `${method} ${path}`)}`,
    `        return self._call(${JSON.stringify(method)}, ${JSON.stringify(path)}, ${record("path")}, ${record("query")}, ${record("header")}, ${body ? "body" : "None"})`,
    "",
  ].join("\n")
}

/** The types that the client names, in the order in which they are defined. */
class PythonTypes {
  readonly lines: string[] = []
  readonly #names = new Set<string>()

  define(name: string, type: Type): void {
    this.#names.add(name)
    if (type.kind === "object") this.#object(name, type)
    else this.lines.push(`${name}: TypeAlias = ${JSON.stringify(this.write(type, `${name}Item`))}`)
  }

  /** How Python writes a type. Objects get a name, which begins with `hint`. */
  write(type: Type, hint: string): string {
    switch (type.kind) {
      case "string":
        return "str"
      case "number":
        return "float"
      case "integer":
        return "int"
      case "boolean":
        return "bool"
      case "bytes":
        return "bytes"
      case "null":
        return "None"
      case "literal":
        return typeof type.value === "number" ? "float" : `Literal[${literal(type.value)}]`
      case "list":
        return `list[${this.write(type.of, `${hint}Item`)}]`
      case "tuple":
        return `tuple[${type.of.map((one, at) => this.write(one, `${hint}${at + 1}`)).join(", ")}]`
      case "map":
        return `dict[str, ${this.write(type.of, `${hint}Value`)}]`
      case "union":
        return type.of.map((one, at) => this.write(one, `${hint}${at + 1}`)).join(" | ")
      case "named":
        return type.name
      case "object": {
        const name = this.#freeName(hint)
        this.#object(name, type)
        return name
      }
      default:
        return "Any"
    }
  }

  #object(name: string, { fields }: Extract<Type, { kind: "object" }>): void {
    this.#names.add(name)
    const members = fields.map((field) => {
      const text = this.write(field.type, `${name}${toTypeName(field.name)}`)
      // As text, for those that refer to what is defined below.
      return `${JSON.stringify(field.name)}: ${field.isRequired ? JSON.stringify(text) : `NotRequired[${JSON.stringify(text)}]`}`
    })
    this.lines.push(`${name} = TypedDict(${JSON.stringify(name)}, {${members.join(", ")}})`)
  }

  #freeName(hint: string): string {
    let name = hint
    for (let count = 2; this.#names.has(name); count++) name = `${hint}${count}`
    return name
  }
}

function literal(value: string | boolean): string {
  if (typeof value === "string") return JSON.stringify(value)
  return value ? "True" : "False"
}

const KEYWORDS = new Set(
  "False None True and as assert async await body break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return self try while with yield".split(
    " ",
  ),
)

/** `users.show` and `userId` become `users_show` and `user_id`. */
function identifier(text: string): string {
  const snake = text
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .toLowerCase()
  const name = /^[a-z]/.test(snake) ? snake : `n_${snake}`
  return KEYWORDS.has(name) ? `${name}_` : name
}
