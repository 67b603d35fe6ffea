import type { AnySchema, RouteRecord } from "@ashlar/http"
import { defined, type Json } from "../json.ts"

/** What documents say of a route beyond its schemas. Every member is optional, and none is checked when requests come. */
export interface RouteNotes {
  /** Leave the route out of the documents. */
  readonly hidden?: boolean
  readonly externalDocs?: { readonly url: string; readonly description?: string }
  /** Parameters that are read without a schema of the route: each may be left out. */
  readonly query?: Readonly<Record<string, AnySchema | Json>>
  readonly headers?: Readonly<Record<string, AnySchema | Json>>
  /** Of the body that the route's schema describes, or the handler reads by itself. */
  readonly body?: BodyNotes
  /** Of an answer, by its status; `default` is any other one. */
  readonly responses?: Readonly<Partial<Record<number | "default", ResponseNotes>>>
  /** The answer is a stream of server-sent events: what the data of each is, by the event's name. */
  readonly events?: Readonly<Record<string, AnySchema>>
}

export interface BodyNotes {
  readonly description?: string
  /** Default: whether the schema refuses `undefined`. */
  readonly required?: boolean
  /** By content type, in place of what a schema of JSON and forms is taken as. */
  readonly content?: Readonly<Record<string, AnySchema | Json>>
  /** Bodies that may be sent, by a name for each. */
  readonly examples?: Readonly<Record<string, unknown>>
}

export interface ResponseNotes {
  readonly description?: string
  /** Headers of the answer, by name. */
  readonly headers?: Readonly<Record<string, AnySchema | Json>>
  /** By content type, in place of JSON: `{ "text/csv": v.string() }`, `{ "image/png": {} }`. */
  readonly content?: Readonly<Record<string, AnySchema | Json>>
  /** Answers that may come, by a name for each. */
  readonly examples?: Readonly<Record<string, unknown>>
}

/**
 * Notes for the documents, as the `meta` of a route, or of a layer for all that it covers; a layer may make them of each
 * route. What a route says goes before what its layers say.
 * @example
 * app.get("/report", { meta: describeRoute({ responses: { 200: { content: { "text/csv": v.string() } } } }) }, report)
 */
export function describeRoute(notes: RouteNotes | ((record: RouteRecord) => RouteNotes)): {
  readonly openapi: unknown
} {
  return { openapi: notes }
}

export function notesOf(record: RouteRecord): RouteNotes {
  const said = [...record.layers.map(({ meta }) => meta.openapi), record.meta.openapi]
  return said
    .filter((notes) => notes !== undefined)
    .map((notes) => (typeof notes === "function" ? (notes(record) as RouteNotes) : (notes as RouteNotes)))
    .reduce(together, {})
}

function together(outer: RouteNotes, inner: RouteNotes): RouteNotes {
  return defined({
    ...outer,
    ...inner,
    query: both(outer.query, inner.query),
    headers: both(outer.headers, inner.headers),
    responses: both(outer.responses, inner.responses),
    events: both(outer.events, inner.events),
  }) as RouteNotes
}

function both<T extends object>(outer: T | undefined, inner: T | undefined): T | undefined {
  return outer === undefined || inner === undefined ? (inner ?? outer) : { ...outer, ...inner }
}

export function isSchema(value: AnySchema | Json): value is AnySchema {
  return typeof value["~standard" as keyof typeof value] === "object"
}
