import type { AnySchema, RouteRecord, RouteTable, SecurityScheme } from "@ashlar/http"
import { defined, type Json } from "../json.ts"
import { includedIn, type OpenApiOptions } from "../openapi.ts"
import { addressesOf, parameterName } from "../operations/address.ts"
import { derivedName } from "../operations/operation.ts"
import { constraintOf, nameOf } from "../operations/parameters.ts"
import { notesOf } from "../operations/route-notes.ts"
import { SecuritySchemes } from "../operations/security.ts"
import { Components } from "../schemas/components.ts"
import { toAsyncScheme } from "./async-scheme.ts"

export interface AsyncApiOptions
  extends Pick<
    OpenApiOptions,
    "title" | "version" | "description" | "license" | "contact" | "tags" | "apiVersion" | "includes" | "undescribed"
  > {
  /** Where the app is reached, by a name for each: `{ live: { host: "api.shop.dev", protocol: "wss" } }`. */
  readonly servers?: Readonly<Record<string, { readonly host: string; readonly protocol: string }>>
  /** Security schemes by name, beside those of layers. */
  readonly securitySchemes?: Readonly<Record<string, SecurityScheme>>
  /** What the app sends or takes besides its routes, such as events on a bus, by a name for each. */
  readonly channels?: Readonly<Record<string, EventChannel>>
}

/** Messages that go by something else than a route. */
export interface EventChannel {
  /** Its address there: a topic, a subject, a queue. Default: its name. */
  readonly address?: string
  readonly title?: string
  readonly description?: string
  /** Whether the app sends the messages, which is the default, or receives them. */
  readonly action?: "send" | "receive"
  /** What each carries, by the message's name. */
  readonly messages: Readonly<Record<string, AnySchema>>
}

/** One way through a channel, as the app sees it. */
interface Flow {
  readonly action: "send" | "receive"
  readonly messages: Json
  readonly summary?: string | undefined
}

/**
 * Writes the AsyncAPI 3 document of a frozen table: its WebSocket routes, its streams of server-sent events, and the
 * channels that the options name. Pure: the same table gives the same document.
 * @throws {OPENAPI_SCHEMA_UNDESCRIBED} @throws {OPENAPI_SECURITY_CONFLICT} @throws {OPENAPI_OPTION_INVALID}
 * @see https://www.asyncapi.com/docs/reference/specification/v3.0.0
 */
export function createAsyncApi(table: RouteTable, options: AsyncApiOptions): Json {
  const { title, version, description, license, contact, servers, tags = {} } = options
  const document = new Document(options)
  for (const record of includedIn(table, options)) document.addRoute(record)
  for (const [name, channel] of Object.entries(options.channels ?? {})) document.addChannel(name, channel)
  const { schemas, channels, operations, securitySchemes } = document
  const described = Object.entries(tags).map(([name, text]) => ({ name, description: text }))
  return defined({
    asyncapi: "3.0.0",
    info: defined({
      title,
      version,
      description,
      license: license && defined({ name: license.name, url: license.url }),
      contact,
      tags: described.length === 0 ? undefined : described,
    }),
    defaultContentType: "application/json",
    servers,
    channels,
    operations,
    components: defined({ schemas, securitySchemes }),
  })
}

const TAKES_SCOPES: ReadonlySet<string> = new Set(["oauth2", "openIdConnect"])

class Document {
  readonly channels: Record<string, Json> = {}
  readonly operations: Record<string, Json> = {}
  readonly #components: Components
  readonly #security: SecuritySchemes

  constructor({ undescribed = "note", securitySchemes }: AsyncApiOptions) {
    this.#components = new Components(undescribed)
    this.#security = new SecuritySchemes(securitySchemes)
  }

  get schemas(): Json {
    return this.#components.schemas
  }
  get securitySchemes(): Json | undefined {
    const schemes = this.#security.schemes as Readonly<Record<string, SecurityScheme>> | undefined
    if (schemes === undefined) return undefined
    return Object.fromEntries(Object.entries(schemes).map(([name, scheme]) => [name, toAsyncScheme(scheme)]))
  }

  /** Routes that answer once are none of a channel. */
  addRoute(record: RouteRecord): void {
    const flows = [...this.#webSocketFlows(record), ...this.#eventFlows(record)]
    if (flows.length === 0) return
    const id = this.#freeId(record.name ?? derivedName(record.method, record.segments))
    const { summary, description, tags } = record.documentation
    const [{ template, segments }] = addressesOf(record) as [ReturnType<typeof addressesOf>[number]]
    const parameters = segments.flatMap((segment) =>
      segment.kind === "static" ? [] : [[parameterName(segment), this.#parameter(record, segment)] as const],
    )
    this.#add(id, flows, {
      channel: defined({
        address: template,
        title: summary ?? nameOf(record),
        description,
        tags: tags?.map((name) => ({ name })),
        parameters: parameters.length === 0 ? undefined : Object.fromEntries(parameters),
        bindings: record.websocket === undefined ? undefined : { ws: this.#webSocketBinding(record) },
      }),
      operation: defined({
        security: this.#ways(record),
        bindings: record.websocket === undefined ? { http: { method: record.method } } : undefined,
      }),
    })
  }

  addChannel(name: string, { address = name, title, description, action = "send", messages }: EventChannel): void {
    const written = this.#messages(messages, `channel ${name}`)
    this.#add(this.#freeId(name), [{ action, messages: written }], {
      channel: defined({ address, title, description }),
      operation: {},
    })
  }

  #add(id: string, flows: readonly Flow[], parts: { readonly channel: Json; readonly operation: Json }): void {
    const messages = Object.assign({}, ...flows.map((flow) => flow.messages)) as Json
    this.channels[id] = { ...parts.channel, messages }
    for (const flow of flows) {
      const pointer = `#/channels/${pointed(id)}`
      this.operations[`${id}.${flow.action}`] = defined({
        action: flow.action,
        channel: { $ref: pointer },
        summary: flow.summary,
        messages: Object.keys(flow.messages).map((name) => ({ $ref: `${pointer}/messages/${pointed(name)}` })),
        ...parts.operation,
      })
    }
  }

  *#webSocketFlows(record: RouteRecord): Generator<Flow> {
    if (record.websocket === undefined) return
    const { messages } = (record.meta.websocket ?? {}) as { messages?: { in?: AnySchema; out?: AnySchema } }
    const message = (name: string, schema: AnySchema | undefined): Json => {
      if (messages === undefined) return { [name]: { name, contentType: "application/octet-stream", payload: {} } }
      return schema === undefined
        ? { [name]: { name, payload: {} } }
        : this.#messages({ [name]: schema }, nameOf(record))
    }
    yield { action: "receive", messages: message("received", messages?.in), summary: "What clients send" }
    yield { action: "send", messages: message("sent", messages?.out), summary: "What clients are sent" }
  }

  *#eventFlows(record: RouteRecord): Generator<Flow> {
    const { events } = notesOf(record)
    if (events === undefined) return
    yield { action: "send", messages: this.#messages(events, nameOf(record)), summary: "Server-sent events" }
  }

  #messages(schemas: Readonly<Record<string, AnySchema>>, place: string): Json {
    return Object.fromEntries(
      Object.entries(schemas).map(([name, schema]) => [
        name,
        {
          name,
          payload: this.#components.schema(schema, name === "received" ? "input" : "output", `${place} ${name}`),
        },
      ]),
    )
  }

  #parameter(record: RouteRecord, segment: Parameters<typeof constraintOf>[0]): Json {
    const { enum: values, description } = constraintOf(segment, record, this.#components)
    return defined({ enum: values, description })
  }

  /** What a handshake says besides its path. */
  #webSocketBinding({ method, path, input }: RouteRecord): Json {
    const written = (schema: AnySchema | undefined): Json | undefined =>
      schema && this.#components.schema(schema, "input", `${method} ${path}`)
    return defined({ method, query: written(input.query), headers: written(input.headers), bindingVersion: "0.1.0" })
  }

  /** AsyncAPI lists alternatives; schemes that go together cannot be said, so each of them is listed. */
  #ways(record: RouteRecord): readonly Json[] | undefined {
    const scopes = new Map<string, readonly string[]>()
    for (const way of this.#security.requirementsOf(record))
      for (const [name, some] of Object.entries(way)) if (!scopes.has(name)) scopes.set(name, some)
    if (scopes.size === 0) return undefined
    const schemes = this.securitySchemes as Readonly<Record<string, Json>>
    // Scopes are part of the scheme there, and so of one that is written out.
    return [...scopes].map(([name, some]) =>
      some.length > 0 && TAKES_SCOPES.has(String(schemes[name]!.type))
        ? { ...schemes[name], scopes: some }
        : { $ref: `#/components/securitySchemes/${pointed(name)}` },
    )
  }

  #freeId(wanted: string): string {
    let free = wanted
    for (let number = 2; Object.hasOwn(this.channels, free); number++) free = `${wanted}${number}`
    return free
  }
}

function pointed(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1")
}
