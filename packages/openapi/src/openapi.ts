import type { AnySchema, RouteRecord, RouteTable, SecurityScheme } from "@ashlar/http"
import { OptionInvalid } from "./errors.ts"
import { defined, type Json } from "./json.ts"
import { type Address, addressesOf, shapeOf } from "./operations/address.ts"
import { eitherOf } from "./operations/alternatives.ts"
import { derivedName, operationOf } from "./operations/operation.ts"
import type { AnswerErrors } from "./operations/problems.ts"
import { notesOf } from "./operations/route-notes.ts"
import { type Requirement, SecuritySchemes } from "./operations/security.ts"
import { Components, type Undescribed } from "./schemas/components.ts"

export interface OpenApiOptions {
  readonly title: string
  /** The version of the document, as its author counts. */
  readonly version: string
  readonly description?: string
  readonly license?: { readonly name: string; readonly identifier?: string; readonly url?: string }
  readonly contact?: { readonly name?: string; readonly url?: string; readonly email?: string }
  /** Default: the address that the document came from. */
  readonly servers?: readonly { readonly url: string; readonly description?: string }[]
  /** What is to be said of tags, by name. Tags that routes have besides are listed too. */
  readonly tags?: Readonly<Record<string, string>>
  /** Security schemes by name, beside those of layers. */
  readonly securitySchemes?: Readonly<Record<string, SecurityScheme>>
  /**
   * Which schemes a route takes, in place of what its layers say: alternatives, each a scheme's name. Empty: anonymous
   * callers too.
   */
  readonly securityOf?: (record: RouteRecord) => readonly string[] | undefined
  /** What the app sends to others, by name: the body of each, and what it expects as the answer. */
  readonly webhooks?: Readonly<Record<string, Webhook>>
  /**
   * The version of the API that the document is of: routes of other versions are left out, routes of none are in it.
   * Without it, what several versions answer at one place stands there as alternatives.
   */
  readonly apiVersion?: string
  /** What says whether a route belongs in the document. Default: every route that its notes do not hide. */
  readonly includes?: (record: RouteRecord) => boolean
  /**
   * How errors are told, where a layer of the app (`onError`) answers for them: the schema of that answer, and its status
   * where it is another. Default, and for undefined: as problem documents.
   * @example answerErrors: () => ({ schema: v.object({ error: v.string() }) })
   */
  readonly answerErrors?: AnswerErrors
  /** What to do about a schema that its library cannot say in JSON Schema. Default `note`: the document says so there. */
  readonly undescribed?: Undescribed
}

export interface Webhook {
  readonly summary?: string
  readonly description?: string
  readonly tags?: readonly string[]
  /** What is sent, as JSON. */
  readonly body: AnySchema
  /** What a receiver is to answer. Default: any status of success. */
  readonly responses?: Readonly<Record<number, string>>
}

/**
 * Writes the OpenAPI 3.1 document of a frozen table. Pure: the same table gives the same document.
 * @throws {OPENAPI_SCHEMA_UNDESCRIBED} with `undescribed: "refuse"`. @throws {OPENAPI_SECURITY_CONFLICT}
 * @throws {OPENAPI_OPTION_INVALID} for a version that no route is of.
 * @see https://spec.openapis.org/oas/v3.1.1
 */
export function createOpenApi(table: RouteTable, options: OpenApiOptions): Json {
  const { title, version, description, license, contact, servers = [{ url: "/" }], answerErrors } = options
  const components = new Components(options.undescribed ?? "note")
  const security = new SecuritySchemes(options.securitySchemes)
  const records = includedIn(table, options)
  const paths = new Paths()
  for (const record of records) {
    const ways = waysInto(record, options, security)
    for (const address of addressesOf(record))
      paths.add(record, address, operationOf(record, address.segments, { components, security: ways, answerErrors }))
  }
  const tags = tagsOf(records, options.tags)
  return defined({
    openapi: "3.1.1",
    info: defined({ title, version, description, license, contact }),
    servers,
    tags: tags.length === 0 ? undefined : tags,
    paths: paths.written(),
    webhooks: options.webhooks && webhooksOf(options.webhooks, components),
    components: defined({ schemas: components.schemas, securitySchemes: security.schemes }),
  })
}

/** The routes that belong in a document. */
export function includedIn(
  table: RouteTable,
  { apiVersion, includes = () => true }: Pick<OpenApiOptions, "apiVersion" | "includes">,
): readonly RouteRecord[] {
  const versions = new Set(table.records.flatMap(({ version }) => version ?? []))
  if (apiVersion !== undefined && !versions.has(apiVersion))
    throw new OptionInvalid(`No route is of version "${apiVersion}". Versions: ${[...versions].join(", ") || "none"}`)
  return table.records.filter((record) => {
    const isOfOther = apiVersion !== undefined && record.version !== undefined && record.version !== apiVersion
    return !isOfOther && notesOf(record).hidden !== true && includes(record)
  })
}

function waysInto(
  record: RouteRecord,
  { securityOf }: OpenApiOptions,
  security: SecuritySchemes,
): readonly Requirement[] {
  const given = securityOf?.(record)
  return given === undefined ? security.requirementsOf(record) : given.map((name) => ({ [name]: [] }))
}

/** The methods that a path item of OpenAPI 3.1 has a place for; others stand under an extension. */
const METHODS: readonly string[] = ["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"]
/** Those that a route of every method is shown as. */
const USUAL: readonly string[] = ["GET", "PUT", "POST", "PATCH", "DELETE"]

interface Placed {
  readonly name: string
  operation: Json
}

/** Operations by path and method. */
class Paths {
  /** By the shape of the path: the template that it was first met with, and its operations. */
  readonly #items = new Map<string, { readonly template: string; readonly operations: Map<string, Placed> }>()

  add(record: RouteRecord, { template, segments }: Address, own: Json): void {
    const item = this.#items.get(shapeOf(template)) ?? { template, operations: new Map<string, Placed>() }
    this.#items.set(shapeOf(template), item)
    const operation = item.template === template ? own : renamed(own, item.template)
    const placed = item.operations.get(record.method)
    if (placed !== undefined) placed.operation = eitherOf(placed.operation, operation)
    else item.operations.set(record.method, { name: record.name ?? derivedName(record.method, segments), operation })
  }

  written(): Json {
    const taken = new Set<string>()
    const name = (wanted: string): string => {
      let free = wanted
      for (let number = 2; taken.has(free); number++) free = `${wanted}${number}`
      taken.add(free)
      return free
    }
    return Object.fromEntries(
      [...this.#items.values()].map(({ template, operations }) => [template, pathItem(operations, name)]),
    )
  }
}

/** The operation with the parameters of its path as a template names them. */
function renamed(operation: Json, template: string): Json {
  const names = [...template.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name!)
  const parameters = (operation.parameters as readonly Json[]).map((one) =>
    one.in === "path" ? { ...one, name: names.shift() } : one,
  )
  return { ...operation, parameters }
}

function pathItem(operations: ReadonlyMap<string, Placed>, name: (wanted: string) => string): Json {
  const item: Record<string, Json> = {}
  const others: Record<string, Json> = {}
  for (const [method, placed] of operations) {
    const methods = method === "*" ? USUAL.filter((one) => !operations.has(one)) : [method]
    for (const one of methods) {
      const wanted = method === "*" ? `${placed.name}.${one.toLowerCase()}` : placed.name
      const operation = { operationId: name(wanted), ...placed.operation }
      if (METHODS.includes(one)) item[one.toLowerCase()] = operation
      else others[one] = operation
    }
  }
  return Object.keys(others).length === 0 ? item : { ...item, "x-additionalOperations": others }
}

function tagsOf(records: readonly RouteRecord[], described: Readonly<Record<string, string>> = {}): readonly Json[] {
  const names = new Set([
    ...Object.keys(described),
    ...records.flatMap(({ documentation }) => documentation.tags ?? []),
  ])
  return [...names].map((name) => ({ name, ...(Object.hasOwn(described, name) && { description: described[name] }) }))
}

function webhooksOf(webhooks: Readonly<Record<string, Webhook>>, components: Components): Json {
  return Object.fromEntries(
    Object.entries(webhooks).map(([name, { summary = name, description, tags, body, responses }]) => {
      const answers = Object.entries(responses ?? { 200: "Any status of success says that it has arrived" })
      const post = defined({
        operationId: `webhook.${name}`,
        summary,
        description,
        tags,
        requestBody: {
          required: true,
          content: { "application/json": { schema: components.schema(body, "output", `webhook ${name}`) } },
        },
        responses: Object.fromEntries(answers.map(([status, text]) => [status, { description: text }])),
        security: [],
      })
      return [name, { post }]
    }),
  )
}
