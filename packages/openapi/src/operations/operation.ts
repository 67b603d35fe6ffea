import type { RouteRecord, Segment } from "@ashlar/http"
import { defined, type Json } from "../json.ts"
import type { Components } from "../schemas/components.ts"
import { nameOf, parametersOf } from "./parameters.ts"
import type { AnswerErrors } from "./problems.ts"
import { requestBodyOf } from "./request-body.ts"
import { responsesOf } from "./responses.ts"
import { notesOf } from "./route-notes.ts"
import type { Requirement } from "./security.ts"

/** What an operation is written with, beside its route. */
interface Surroundings {
  readonly components: Components
  readonly security: readonly Requirement[]
  readonly answerErrors: AnswerErrors | undefined
}

/** One route at one of its addresses, without its `operationId`. */
export function operationOf(
  record: RouteRecord,
  segments: readonly Segment[],
  { components, security, answerErrors }: Surroundings,
): Json {
  const { documentation, version, meta, host } = record
  const parameters = parametersOf(record, segments, components)
  return defined({
    summary: documentation.summary ?? nameOf(record),
    description: documentation.description,
    externalDocs: notesOf(record).externalDocs,
    tags: documentation.tags,
    deprecated: documentation.deprecated,
    "x-version": version,
    "x-deprecated-at": meta.deprecatedAt,
    "x-sunset-at": meta.sunsetAt,
    servers: host === undefined ? undefined : [serverOf(host)],
    parameters: parameters.length === 0 ? undefined : parameters,
    requestBody: requestBodyOf(record, components),
    responses: responsesOf(record, components, answerErrors),
    security,
  })
}

/** The host that a route answers for: `:tenant.example.com` is any one of them. */
function serverOf(host: string): Json {
  const names = [...host.matchAll(/:([A-Za-z_]\w*)/g)].map(([, name]) => name!)
  const variables = Object.fromEntries(names.map((name) => [name, { default: name }]))
  return {
    url: `https://${host.replace(/:([A-Za-z_]\w*)/g, "{$1}")}`,
    ...(names.length > 0 && { variables }),
  }
}

/** A name for an operation whose route has none: `getUsersById`. */
export function derivedName(method: string, segments: readonly Segment[]): string {
  const words = segments.map((segment) => {
    if (segment.kind === "static")
      return segment.text
        .split(/[^A-Za-z0-9]+/)
        .map(capital)
        .join("")
    return `By${capital(segment.name === "*" ? "rest" : segment.name)}`
  })
  return method.toLowerCase().replace(/[^a-z0-9]/g, "") + (words.join("") || "Root")
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
