import type { AnySchema, RouteRecord, Segment } from "@ashlar/http"
import { defined, isObject, type Json } from "../json.ts"
import type { Components } from "../schemas/components.ts"
import { dereference } from "../schemas/references.ts"
import { parameterName } from "./address.ts"
import { joinDeepObjects } from "./deep-objects.ts"
import { isSchema, notesOf } from "./route-notes.ts"

type Place = "query" | "header" | "cookie"

/** All the parameters of a route at one of its addresses: of the path, the query, the headers and the cookies. */
export function parametersOf(record: RouteRecord, segments: readonly Segment[], components: Components): Json[] {
  const { query, headers, cookies } = record.input
  const of = (place: Place, schema: AnySchema | undefined): Json[] =>
    schema === undefined ? [] : membersAsParameters(place, schema, record, components)
  return [
    ...pathParameters(record, segments, components),
    ...of("query", query),
    ...of("header", headers),
    ...of("cookie", cookies),
    ...notedParameters(record, components),
    ...versionParameter(record),
  ]
}

function pathParameters(record: RouteRecord, segments: readonly Segment[], components: Components): Json[] {
  const { params } = record.input
  const members = params === undefined ? undefined : membersOf(params, `${nameOf(record)} params`, components)
  return segments.flatMap((segment): Json[] => {
    if (segment.kind === "static") return []
    const { description, ...schema }: Json =
      members?.properties[segment.name] ?? constraintOf(segment, record, components)
    const rest = segment.kind === "rest" ? "The rest of the path, with its slashes." : undefined
    return [
      defined({
        name: parameterName(segment),
        in: "path",
        required: true,
        description: description ?? rest,
        schema,
      }),
    ]
  })
}

/** What the route's own constraint says of a segment. */
export function constraintOf(
  segment: Exclude<Segment, { kind: "static" }>,
  record: RouteRecord,
  components: Components,
): Json {
  const schema = segment.kind === "param" ? segment.constraint?.schema : undefined
  if (schema === undefined) return { type: "string" }
  return isSchema(schema) ? components.schema(schema, "input", `${nameOf(record)} :${segment.name}`) : schema
}

/** Callers may not set these by a parameter: OpenAPI says them elsewhere. */
const ELSEWHERE: ReadonlySet<string> = new Set(["accept", "content-type", "authorization"])

function membersAsParameters(place: Place, schema: AnySchema, record: RouteRecord, components: Components): Json[] {
  const at = `${nameOf(record)} ${place === "header" ? "headers" : place}`
  const members = membersOf(schema, at, components)
  if (members === undefined) {
    // Alternatives, or a record: its members are the parameters, whatever their names are. Only a query can say so.
    const whole = components.schema(schema, "input", at)
    return place === "query" ? [{ name: place, in: place, style: "form", explode: true, schema: whole }] : []
  }
  const parameters = Object.entries(members.properties)
    .filter(([name]) => place !== "header" || !ELSEWHERE.has(name.toLowerCase()))
    .map(([name, { description, deprecated, ...rest }]) =>
      defined({
        name,
        in: place,
        required: members.required.has(name),
        description,
        deprecated,
        schema: rest,
      }),
    )
  return joinDeepObjects(parameters)
}

interface Members {
  readonly properties: Readonly<Record<string, Json>>
  readonly required: ReadonlySet<string>
}

/** The members of an object's schema; undefined for what is none, or has more of them than it names. */
function membersOf(schema: AnySchema, place: string, components: Components): Members | undefined {
  const { json, definitions } = components.describe(schema, "input", place)
  const whole = dereference(json, definitions)
  const parts = [whole, ...((whole.allOf ?? []) as Json[]).map((part) => dereference(part, definitions))]
  if (parts.some(({ anyOf, oneOf }) => anyOf !== undefined || oneOf !== undefined)) return undefined
  if (!parts.some(({ properties }) => isObject(properties))) return undefined
  return {
    properties: Object.fromEntries(
      parts
        .flatMap(({ properties }) => Object.entries((properties ?? {}) as Json))
        .map(([name, one]) => [name, components.hoist(one as Json, definitions, "input")]),
    ),
    required: new Set(parts.flatMap(({ required }) => (required ?? []) as string[])),
  }
}

/** What the notes say that handlers and layers read by themselves. */
function notedParameters(record: RouteRecord, components: Components): Json[] {
  const { query = {}, headers = {} } = notesOf(record)
  const write = (place: Place, parameters: typeof query): Json[] =>
    Object.entries(parameters).map(([name, given]) => {
      const at = `${nameOf(record)} ${name}`
      const { description, ...schema }: Json = isSchema(given) ? components.schema(given, "input", at) : given
      return defined({ name, in: place, required: false, description, schema })
    })
  return [...write("query", query), ...write("header", headers)]
}

/** The header by which a request says the version of the API that it is for. */
function versionParameter({ version, layers }: RouteRecord): Json[] {
  const policy = layers.find((layer) => layer.version !== undefined)?.version?.policy
  if (policy?.header === undefined) return []
  const isDefault = policy.default === version
  const description = `The version of the API${isDefault ? ", which is this one where nothing is said" : ""}.`
  return [
    {
      name: policy.header,
      in: "header",
      required: !isDefault && policy.mediaType === undefined,
      description,
      schema: { type: "string", const: version },
    },
  ]
}

export function nameOf({ method, path }: RouteRecord): string {
  return `${method} ${path}`
}
