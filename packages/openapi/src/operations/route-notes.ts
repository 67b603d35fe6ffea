import type { AnySchema, RouteRecord } from "@ashlar/http"
import type { Json } from "../json.ts"

/** What documents say of a route beyond its schemas. Every member is optional, and none is checked when requests come. */
export interface RouteNotes {
  /** Leave the route out of the documents. */
  readonly hidden?: boolean
  readonly externalDocs?: { readonly url: string; readonly description?: string }
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
 * Notes for the documents, as the `meta` of a route or layer.
 * @example
 * app.get("/report", { meta: describeRoute({ responses: { 200: { content: { "text/csv": v.string() } } } }) }, report)
 */
export function describeRoute(notes: RouteNotes): { readonly openapi: RouteNotes } {
  return { openapi: notes }
}

export function notesOf({ meta }: RouteRecord): RouteNotes {
  return (meta.openapi ?? {}) as RouteNotes
}

export function isSchema(value: AnySchema | Json): value is AnySchema {
  return typeof value["~standard" as keyof typeof value] === "object"
}
