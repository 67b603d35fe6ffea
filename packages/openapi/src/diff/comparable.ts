import { DocumentInvalid } from "../errors.ts"
import { isObject, type Json } from "../json.ts"
import { shapeOf } from "../operations/address.ts"
import { definitionOf, mapReferences, referencesOf } from "../schemas/references.ts"

/** A document as it is compared: references to parts followed, and schemas with what they refer to. */
export class Comparable {
  readonly document: Json
  readonly #definitions: Json

  /** @throws {OPENAPI_DOCUMENT_INVALID} */
  constructor(document: unknown, which: "first" | "second") {
    const { openapi, paths, webhooks } = isObject(document) ? document : {}
    if (typeof openapi !== "string" || !/^3\.\d+\./.test(openapi) || !isObject(paths ?? webhooks))
      throw new DocumentInvalid(
        `Expected the ${which} document to be one of OpenAPI 3, with \`openapi\` and \`paths\`; it is something else`,
      )
    this.document = document as Json
    const { schemas } = (this.document.components ?? {}) as { schemas?: Json }
    this.#definitions = Object.fromEntries(
      Object.entries(schemas ?? {}).map(([name, schema]) => [name, mapReferences(schema, toDefinition)]),
    )
  }

  /** Operations by method and the shape of their path, with the parameters of the path item. */
  operations(kind: "paths" | "webhooks"): ReadonlyMap<string, Operation> {
    const found = new Map<string, Operation>()
    for (const [path, item] of Object.entries((this.document[kind] ?? {}) as Json)) {
      const shared = this.part(item)
      for (const [method, operation] of methodsOf(shared)) {
        const place = kind === "paths" ? shapeOf(path) : path
        const label = kind === "paths" ? `${method} ${path}` : `webhook ${path}`
        const inherited = { parameters: shared.parameters, security: this.document.security }
        found.set(`${method} ${place}`, new Operation(label, { ...inherited, ...this.part(operation) }, this))
      }
    }
    return found
  }

  /** A part of the document, or what it refers to: `#/components/responses/…`. */
  part(value: unknown): Json {
    let found = isObject(value) ? value : {}
    for (let hops = 0; typeof found.$ref === "string" && hops < 16; hops++) found = this.#at(found.$ref)
    return found
  }

  /** A schema that stands for itself: its references lead into `$defs`, which has what it leads to and no more. */
  schema(schema: unknown): Json {
    const json = mapReferences(schema ?? {}, toDefinition) as Json
    const reached = new Set(namesIn(json))
    for (const name of reached) for (const inner of namesIn(this.#definitions[name])) reached.add(inner)
    const $defs = Object.fromEntries([...reached].map((name) => [name, this.#definitions[name] ?? {}]))
    return reached.size === 0 ? json : { ...json, $defs }
  }

  get servers(): readonly string[] {
    return ((this.document.servers ?? []) as readonly Json[]).map(({ url }) => String(url))
  }

  get schemes(): Json {
    return ((this.document.components ?? {}) as { securitySchemes?: Json }).securitySchemes ?? {}
  }

  #at(reference: string): Json {
    let here: unknown = reference.startsWith("#/") ? this.document : undefined
    for (const part of reference.slice(2).split("/")) {
      const name = part.replaceAll("~1", "/").replaceAll("~0", "~")
      here = isObject(here) && Object.hasOwn(here, name) ? here[name] : undefined
    }
    return isObject(here) ? here : {}
  }
}

/** One operation, with all that it refers to. */
export class Operation {
  /** For people: `GET /users/{id}`. */
  readonly label: string
  readonly facts: Json
  readonly #document: Comparable

  constructor(label: string, facts: Json, document: Comparable) {
    this.label = label
    this.facts = facts
    this.#document = document
  }

  /** The parameters of one kind as the schema of an object; those of the path by their place. */
  parameters(kind: string): Json {
    const own = ((this.facts.parameters ?? []) as unknown[]).map((one) => this.#document.part(one))
    const ofKind = own.filter((parameter) => parameter.in === kind)
    const named = ofKind.map((one, index) => [kind === "path" ? String(index + 1) : keyOf(kind, one), one] as const)
    return this.#document.schema({
      type: "object",
      properties: Object.fromEntries(named.map(([name, { schema }]) => [name, schema ?? {}])),
      required: named.filter(([, { required }]) => required === true).map(([name]) => name),
      additionalProperties: false,
    })
  }

  get body(): { readonly required: boolean; readonly content: Json } | undefined {
    if (this.facts.requestBody === undefined) return undefined
    const { required, content } = this.#document.part(this.facts.requestBody)
    return { required: required === true, content: (content ?? {}) as Json }
  }

  get responses(): ReadonlyMap<string, { readonly headers: Json; readonly content: Json }> {
    return new Map(
      Object.entries((this.facts.responses ?? {}) as Json).map(([status, one]) => {
        const { headers, content } = this.#document.part(one)
        return [status, { headers: (headers ?? {}) as Json, content: (content ?? {}) as Json }]
      }),
    )
  }

  /** The schema of a content of one type. */
  schemaOf(content: Json, type: string): Json {
    return this.#document.schema((content[type] as Json | undefined)?.schema)
  }

  /** The codes of errors that a content is told apart by. */
  codesOf(content: Json): readonly string[] {
    const schema = (content["application/problem+json"] as Json | undefined)?.schema
    const choices = ((schema as Json | undefined)?.oneOf ?? [schema]) as readonly unknown[]
    return choices.flatMap((one) => {
      const { code } = (this.#document.part(one).properties ?? {}) as { code?: { const?: unknown } }
      return typeof code?.const === "string" ? [code.const] : []
    })
  }

  /** Alternatives, each the names of schemes that go together, and of their scopes. None: nobody is asked. */
  get security(): readonly (readonly string[])[] {
    return ((this.facts.security ?? []) as readonly Json[]).map((way) =>
      Object.entries(way).flatMap(([name, scopes]) => [name, ...listOf(scopes).map((scope) => `${name}:${scope}`)]),
    )
  }
}

/** Headers are one name in whatever case. */
function keyOf(kind: string, { name }: Json): string {
  return kind === "header" ? String(name).toLowerCase() : String(name)
}

const METHODS: ReadonlySet<string> = new Set([
  "get",
  "put",
  "post",
  "delete",
  "options",
  "head",
  "patch",
  "trace",
  "query",
])

function methodsOf(item: Json): readonly (readonly [string, unknown])[] {
  const others = (item["x-additionalOperations"] ?? item.additionalOperations ?? {}) as Json
  return [
    ...Object.entries(item).flatMap(([name, one]) => (METHODS.has(name) ? [[name.toUpperCase(), one] as const] : [])),
    ...Object.entries(others),
  ]
}

function namesIn(schema: unknown): readonly string[] {
  return [...referencesOf(schema)].flatMap((reference) => definitionOf(reference)?.name ?? [])
}

function toDefinition(reference: string): string {
  return reference.replace(/^#\/components\/schemas\//, "#/$defs/")
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
