import type { ErrorClass } from "@ashlar/core"
import { arrangeLayers, membersOf } from "./arrange-layers.ts"
import { LayerUnmet, PathInvalid, RouteDuplicate, UpgradeInvalid, VersioningInvalid } from "./errors.ts"
import { hostShape } from "./host.ts"
import { type Layer, toLayer } from "./layer.ts"
import { checkLimit } from "./limit.ts"
import { parsePath, type Segment } from "./path.ts"
import type { AnyRoute } from "./route.ts"
import { expand } from "./router.ts"
import type { AnySchema } from "./schema.ts"
import { isChosen, policyOf } from "./versioning/side-by-side.ts"
import { type WebSocketLimits, webSocketLimits } from "./websocket/limits.ts"

/** One row of the frozen table: a plain record that every reader reads and nobody changes. */
export interface RouteRecord {
  /** A method, or `*` for all that the same path does not declare. */
  readonly method: string
  readonly path: string
  readonly segments: readonly Segment[]
  readonly name: string | undefined
  /** Its dotted place in the record of routes that it was added in, by which a typed client calls it. */
  readonly key: string | undefined
  readonly input: {
    readonly params?: AnySchema
    readonly query?: AnySchema
    readonly headers?: AnySchema
    readonly cookies?: AnySchema
    readonly body?: AnySchema
  }
  /** The body's schema for each status; `null`: no body. Empty when the route declares none. */
  readonly output: ReadonlyMap<number, AnySchema | null>
  /** What the route and its layers may answer with, each kind once, by status. */
  readonly errors: readonly ErrorClass[]
  /** In onion order, outermost first, each layer once. */
  readonly layers: readonly Layer<unknown, unknown>[]
  readonly maxBodyBytes: number
  /** How long an answer may take before 503, in milliseconds; undefined: as long as it takes. */
  readonly timeoutMs: number | undefined
  /** Present on a route that upgrades to WebSocket: what one connection may use. */
  readonly websocket: WebSocketLimits | undefined
  /** The host it answers for: `api.example.com`, `:tenant.example.com`. Undefined: any. */
  readonly host: string | undefined
  /** The API version it belongs to; undefined: none in particular. */
  readonly version: string | undefined
  readonly meta: Readonly<Record<string, unknown>>
  readonly documentation: {
    readonly summary?: string
    readonly description?: string
    readonly tags?: readonly string[]
    readonly deprecated?: boolean
  }
  readonly handler: (ctx: never) => unknown
  readonly declaredAt: string
}

/** The one frozen table that the router, OpenAPI, clients and authorization matrices read. */
export interface RouteTable {
  readonly records: readonly RouteRecord[]
  /** The record of this name, if any. Where several versions have it: that of `version`, else of the default one. */
  named(name: string, version?: string): RouteRecord | undefined
  /** The records of a declared route: one for each place where it was added. */
  of(route: AnyRoute): readonly RouteRecord[]
}

/** A declared route together with the scope it stands in. */
export interface PlacedRoute {
  readonly route: AnyRoute
  readonly path: string
  readonly name: string | undefined
  readonly key: string | undefined
  readonly host: string | undefined
  readonly layers: readonly Layer<unknown, unknown>[]
}

/** What routes take that say nothing else. */
export type RouteDefaults = Pick<RouteRecord, "maxBodyBytes" | "timeoutMs">

/**
 * Freezes declared routes into the table, after the boot checks.
 * @throws {HTTP_PATH_INVALID} @throws {HTTP_ROUTE_DUPLICATE} @throws {HTTP_LAYER_UNMET} @throws {HTTP_UPGRADE_INVALID}
 */
export function freezeTable(placed: readonly PlacedRoute[], defaults: RouteDefaults): RouteTable {
  const places = new Places()
  const byName = new Map<string, RouteRecord[]>()
  const byRoute = new Map<AnyRoute, RouteRecord[]>()
  for (const entry of placed) {
    const record = toRecord(entry, defaults)
    for (const segments of expand(record.segments))
      places.take(`${record.method} ${hostShape(record.host ?? "")}/${segments.map(shape).join("/")}`, record)
    byRoute.set(entry.route, [...(byRoute.get(entry.route) ?? []), record])
    if (record.name === undefined) continue
    const others = byName.get(record.name) ?? []
    const same = others.find(
      (one) => one.version === record.version || one.version === undefined || record.version === undefined,
    )
    refuseSecond(same, record, `the name "${record.name}"`)
    byName.set(record.name, [...others, record])
  }
  const { records } = places
  const named = (name: string, version?: string): RouteRecord | undefined => {
    const found = byName.get(name) ?? []
    return found.find((one) => one.version === (version ?? policyOf(one)?.default)) ?? found[0]
  }
  return Object.freeze({ records, named, of: (route: AnyRoute) => byRoute.get(route) ?? [] })
}

/** Who stands where. Versions that a request chooses from share a place, and nobody else does. */
class Places {
  readonly #alone = new Map<string, RouteRecord>()
  readonly #versions = new Map<string, Map<string, RouteRecord>>()
  readonly #all = new Set<RouteRecord>()

  get records(): readonly RouteRecord[] {
    return Object.freeze([...this.#all])
  }

  take(place: string, record: RouteRecord): void {
    const versions = this.#versions.get(place) ?? new Map<string, RouteRecord>()
    const isOneOfMany = isChosen(record)
    const [one] = versions.values()
    // Two ways to tell versions apart cannot both decide.
    const rival = one !== undefined && policyOf(one) !== policyOf(record) ? one : undefined
    const first = this.#alone.get(place) ?? rival ?? (isOneOfMany ? versions.get(record.version!) : one)
    refuseSecond(first, record, `${record.method} ${record.host ?? ""}${record.path}`)
    if (isOneOfMany) this.#versions.set(place, versions.set(record.version!, record))
    else this.#alone.set(place, record)
    this.#all.add(record)
  }
}

/** Parameters match whatever their name, so two paths that differ only in names are the same place. */
function shape(segment: Segment): string {
  if (segment.kind === "static") return segment.text
  return segment.kind === "rest" ? "*" : `:${segment.constraint?.name ?? ""}`
}

function refuseSecond(first: RouteRecord | undefined, second: RouteRecord, what: string): void {
  if (first === undefined) return
  const [one, other] = [first, second].map(({ host = "", path }) => host + path)
  const same = one === other ? "" : ` (as ${one} and ${other})`
  throw new RouteDuplicate(`Two routes take ${what}${same}: ${first.declaredAt} and ${second.declaredAt}. Remove one.`)
}

function toRecord({ route, path, host, name, key, layers: placed }: PlacedRoute, defaults: RouteDefaults): RouteRecord {
  const { definition } = route
  checkLayers(placed, route)
  const layers = arrangeLayers(placed)
  const { params, query, headers, cookies, body, summary, description, tags } = definition
  const meta: Record<string, unknown> = Object.assign({}, ...layers.map((one) => one.meta), definition.meta)
  const deprecated = definition.deprecated ?? (meta.deprecated === true ? true : undefined)
  return Object.freeze({
    method: route.method,
    path,
    segments: segmentsOf(route, path),
    host,
    name,
    key,
    version: versionOf(layers, route),
    input: { ...pick({ params, query, headers, cookies, body }) },
    output: outputOf(definition.response),
    errors: [...new Set([...layers.flatMap((one) => one.errors), ...(definition.errors ?? [])])].sort(
      (a, b) => a.status - b.status || a.code.localeCompare(b.code),
    ),
    layers,
    maxBodyBytes: checkLimit(
      definition.maxBodyBytes ?? largestBody(layers) ?? defaults.maxBodyBytes,
      `\`maxBodyBytes\` of ${route.method} ${path} (${route.declaredAt})`,
    ),
    timeoutMs: timeLimit(
      definition.timeoutMs ?? defaults.timeoutMs,
      `\`timeoutMs\` of ${route.method} ${path} (${route.declaredAt})`,
    ),
    websocket: webSocketOf(route, path),
    meta,
    documentation: { ...pick({ summary, description, tags, deprecated }) },
    handler: route.handler,
    declaredAt: route.declaredAt,
  })
}

function segmentsOf({ definition, declaredAt }: AnyRoute, path: string): readonly Segment[] {
  try {
    return parsePath(path, definition.where)
  } catch (error) {
    throw error instanceof PathInvalid ? new PathInvalid(`${error.message} (${declaredAt})`) : error
  }
}

/** Timers know no longer time than 24 days, and would take it for none at all: then there is no limit. */
function timeLimit(timeoutMs: number | undefined, what: string): number | undefined {
  return timeoutMs === undefined || checkLimit(timeoutMs, what, 1) >= 2 ** 31 ? undefined : timeoutMs
}

function webSocketOf({ method, definition, declaredAt }: AnyRoute, path: string): WebSocketLimits | undefined {
  if (definition.websocket === undefined) return undefined
  if (method === "GET") return webSocketLimits(definition.websocket, `${method} ${path} (${declaredAt})`)
  throw new UpgradeInvalid(`A WebSocket begins with GET, but ${method} ${path} says \`websocket\` (${declaredAt})`)
}

function versionOf(
  layers: readonly Layer<unknown, unknown>[],
  { method, path, declaredAt }: AnyRoute,
): string | undefined {
  const [first, second] = layers.flatMap(({ version }) => version?.name ?? [])
  if (second === undefined) return first
  throw new VersioningInvalid(`${method} ${path} is in version ${first} and in version ${second} (${declaredAt})`)
}

/** What layers that read a body say about its size. */
function largestBody(layers: readonly Layer<unknown, unknown>[]): number | undefined {
  const sizes = layers.flatMap(({ maxBodyBytes }) => maxBodyBytes ?? [])
  return sizes.length === 0 ? undefined : Math.max(...sizes)
}

function outputOf(response: AnyRoute["definition"]["response"]): ReadonlyMap<number, AnySchema | null> {
  if (response === undefined) return new Map()
  if ("~standard" in response) return new Map([[200, response as AnySchema]])
  return new Map(Object.entries(response).map(([status, schema]) => [Number(status), schema as AnySchema | null]))
}

function checkLayers(layers: readonly Layer<unknown, unknown>[], route: AnyRoute): void {
  const seen = new Set<Layer<unknown, unknown>>()
  for (const one of layers) {
    for (const member of membersOf(one)) {
      for (const need of member.needs.map(toLayer)) {
        if (seen.has(need)) continue
        throw new LayerUnmet(
          `The layer "${member.name}" needs "${need.name}" before it on ${route.method} ${route.path} (${route.declaredAt})`,
        )
      }
    }
    for (const member of membersOf(one)) seen.add(member)
  }
}

function pick<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}
