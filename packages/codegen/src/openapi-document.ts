import { DocumentInvalid } from "./errors.ts"
import type { JsonSchema } from "./json-schema.ts"

/** One operation of an OpenAPI document, with references to parameters, bodies and responses followed. */
export interface Operation {
  /** `operationId`, or made of the method and the path. */
  readonly name: string
  readonly method: string
  /** With its parameters in braces. */
  readonly path: string
  readonly summary: string | undefined
  readonly parameters: readonly Parameter[]
  readonly body: { readonly schema: JsonSchema; readonly isRequired: boolean } | undefined
  /** The schema of each good status; `null`: no body. */
  readonly results: Readonly<Record<string, JsonSchema | null>>
}

export interface Parameter {
  readonly name: string
  readonly in: "path" | "query" | "header"
  readonly schema: JsonSchema
  readonly isRequired: boolean
}

type Fields = Readonly<Record<string, unknown>>

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "query"]
const MAX_OPERATIONS = 10_000

/** Reads the operations of a document. @throws {CODEGEN_DOCUMENT_INVALID} */
export function readOperations(document: unknown): readonly Operation[] {
  const root = fieldsOf(document)
  if (typeof root.openapi !== "string" || !root.openapi.startsWith("3."))
    throw new DocumentInvalid(`Expected an OpenAPI document of version 3, got ${JSON.stringify(root.openapi ?? null)}`)
  const operations = Object.entries(fieldsOf(root.paths)).flatMap(([path, item]) => {
    const shared = fieldsOf(follow(item, root))
    return METHODS.filter((method) => Object.hasOwn(shared, method)).map((method) =>
      readOperation(method, path, { shared, own: fieldsOf(shared[method]), root }),
    )
  })
  if (operations.length > MAX_OPERATIONS)
    throw new DocumentInvalid(`The document has ${operations.length} operations, at most ${MAX_OPERATIONS} are read`)
  return operations
}

interface Reading {
  readonly shared: Fields
  readonly own: Fields
  readonly root: Fields
}

function readOperation(method: string, path: string, { shared, own, root }: Reading): Operation {
  const listed = [...listOf(shared.parameters), ...listOf(own.parameters)].map((one) => fieldsOf(follow(one, root)))
  // An operation's own parameter takes the place of one that all of its path have.
  const parameters = [...new Map(listed.map((one) => [`${one.in} ${one.name}`, one])).values()].flatMap(toParameter)
  const body = own.requestBody === undefined ? undefined : fieldsOf(follow(own.requestBody, root))
  const results = Object.entries(fieldsOf(own.responses))
    .filter(([status]) => status.startsWith("2"))
    .map(([status, response]): [string, JsonSchema | null] => [
      status,
      jsonOf(fieldsOf(follow(response, root))) ?? null,
    ])
  return {
    name: typeof own.operationId === "string" ? own.operationId : `${method}${path}`,
    method: method.toUpperCase(),
    path,
    summary: typeof own.summary === "string" ? own.summary : undefined,
    parameters,
    body: body && { schema: jsonOf(body) ?? {}, isRequired: body.required === true },
    results: Object.fromEntries(results),
  }
}

function toParameter({ name, in: place, schema, required }: Fields): Parameter[] {
  if (typeof name !== "string" || (place !== "path" && place !== "query" && place !== "header")) return []
  return [{ name, in: place, schema: fieldsOf(schema), isRequired: place === "path" || required === true }]
}

function jsonOf({ content }: Fields): JsonSchema | undefined {
  const found = Object.entries(fieldsOf(content)).find(([type]) => /[/+]json$/.test(type))
  return found && fieldsOf(fieldsOf(found[1]).schema)
}

/** What a reference inside the document leads to; own properties only. */
function follow(value: unknown, root: Fields, depth = 0): unknown {
  const { $ref } = fieldsOf(value)
  if (typeof $ref !== "string") return value
  let target: unknown = root
  for (const part of $ref.split("/").slice(1)) {
    const fields = fieldsOf(target)
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~")
    target = Object.hasOwn(fields, key) ? fields[key] : undefined
  }
  if (target === undefined || depth > 8) throw new DocumentInvalid(`The reference ${$ref} leads nowhere`)
  return follow(target, root, depth + 1)
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
