import { BadRequest } from "./errors.ts"
import { decodeSegment } from "./path.ts"
import { checkHeader } from "./reply/header.ts"
import type { RouteRecord } from "./table.ts"

/** Runs one request through its layers to a result. It never throws: what goes wrong comes back as a reply. */
export type Run = (ctx: never) => unknown

/** A route, compiled: its record, how to run it, and what never changes about its answers. */
export interface Endpoint {
  readonly record: RouteRecord
  readonly run: Run
  /** The headers that every answer has unless it says otherwise: name, value, name, value … */
  readonly constantHeaders: readonly string[]
  /** The path's parameters, decoded. @throws {HTTP_BAD_REQUEST} when a percent escape is malformed. */
  paramsOf(values: readonly string[]): Readonly<Record<string, string | undefined>>
  /** The runtime's own form of the constant parts; made by the adapter at the route's first answer. */
  prepared: unknown
}

export function createEndpoint(record: RouteRecord, run: Run): Endpoint {
  const named = record.segments.filter((segment) => segment.kind !== "static")
  const paramsOf: Endpoint["paramsOf"] = (values) => {
    const params: Record<string, string | undefined> = {}
    for (let index = 0; index < values.length; index++) {
      const { kind, name } = named[index]!
      params[name] = kind === "rest" ? decodeRest(values[index]!) : decoded(values[index]!)
    }
    return params
  }
  const constant = Object.entries(Object.assign({}, ...record.layers.map((one) => one.headers)) as object)
  for (const [name, value] of constant) checkHeader(name, String(value))
  const constantHeaders = constant.flatMap(([name, value]) => [name.toLowerCase(), String(value)])
  return { record, run, constantHeaders, paramsOf, prepared: undefined }
}

function decodeRest(text: string): string {
  return text.includes("%") ? text.split("/").map(decoded).join("/") : text
}

function decoded(text: string): string {
  const plain = decodeSegment(text)
  if (plain === undefined) throw new BadRequest("The path holds a malformed percent escape")
  return plain
}
