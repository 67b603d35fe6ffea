import type { RouteRecord, RouteTable } from "../table.ts"
import { type JsonSchema, toJsonSchema } from "./json-schema.ts"

/** One route, in JSON. Members that do not apply are absent. */
export interface RouteDescription {
  /** A method, or `*` for all that the same path does not declare. */
  readonly method: string
  readonly path: string
  /** The host or host pattern it answers for; absent: any. */
  readonly host?: string
  readonly version?: string
  readonly name?: string
  /** The constraints of the path's parameters, by parameter: `number`, `uuid`, `in a|b`, an expression. */
  readonly where?: Readonly<Record<string, string>>
  readonly input: {
    readonly params?: JsonSchema
    readonly query?: JsonSchema
    readonly headers?: JsonSchema
    readonly body?: JsonSchema
  }
  /** The body's schema for each declared status; `null`: no body. Empty when the route declares none. */
  readonly output: Readonly<Record<string, JsonSchema | null>>
  /** What the route and its layers may answer with, by status and code. */
  readonly errors: readonly { readonly code: string; readonly status: number }[]
  /** The names of its layers, outermost first. */
  readonly layers: readonly string[]
  readonly maxBodyBytes: number
  readonly timeoutMs?: number
  readonly summary?: string
  readonly description?: string
  readonly tags?: readonly string[]
  readonly deprecated?: boolean
  /** What of the route's `meta` has a JSON form. */
  readonly meta?: Readonly<Record<string, unknown>>
  /** `file:line` */
  readonly declaredAt: string
}

/** A frozen table in JSON, to be written to a file, shown, and compared with another build's. */
export interface TableDescription {
  /** Goes up when a reader of the old form could not read the new one. */
  readonly format: 1
  /** In the order of paths, hosts, versions and methods, whatever the order of declaration. */
  readonly routes: readonly RouteDescription[]
}

/**
 * Describes a frozen table in plain JSON. Pure: the same table gives the same description, byte for byte.
 * @example
 * writeFileSync("routes.json", JSON.stringify(describeTable(app.table()), null, 2))
 */
export function describeTable(table: RouteTable): TableDescription {
  const routes = table.records.map(describeRoute)
  return { format: 1, routes: routes.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1)) }
}

function sortKey({ path, host = "", version = "", method, where = {} }: RouteDescription): string {
  return [path, host, version, method, ...Object.values(where)].join("\n")
}

function describeRoute(record: RouteRecord): RouteDescription {
  const { method, path, host, version, name, layers, maxBodyBytes, timeoutMs, documentation, declaredAt } = record
  const where = constraintsOf(record)
  const meta = jsonOf(record.meta)
  return {
    method,
    path,
    ...(host !== undefined && { host }),
    ...(version !== undefined && { version }),
    ...(name !== undefined && { name }),
    ...(Object.keys(where).length > 0 && { where }),
    input: Object.fromEntries(
      Object.entries(record.input).map(([part, schema]) => [part, toJsonSchema(schema, "input")]),
    ),
    output: Object.fromEntries(
      [...record.output].map(([status, schema]) => [status, schema && toJsonSchema(schema, "output")]),
    ),
    errors: record.errors.map(({ code, status }) => ({ code, status })),
    layers: layers.map((layer) => layer.name),
    maxBodyBytes,
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...documentation,
    ...(Object.keys(meta).length > 0 && { meta }),
    declaredAt,
  }
}

function constraintsOf({ segments }: RouteRecord): Record<string, string> {
  const constrained = segments.flatMap((segment) =>
    segment.kind === "param" && segment.constraint !== undefined
      ? [[segment.name, segment.constraint.name] as const]
      : [],
  )
  return Object.fromEntries(constrained)
}

/** What survives JSON: a function in the `meta`, or what refers to itself, is for readers in this process only. */
function jsonOf(meta: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(meta)) {
    try {
      const text = JSON.stringify(value) as string | undefined
      if (text !== undefined) kept[name] = JSON.parse(text)
    } catch {
      // It has no JSON form.
    }
  }
  return kept
}
