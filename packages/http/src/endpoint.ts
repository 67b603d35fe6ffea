import { BadRequest } from "./errors.ts"
import { decodeSegment } from "./path.ts"
import { checkHeader } from "./reply/header.ts"
import type { Reply } from "./reply/reply.ts"
import type { ReadingStep } from "./step.ts"
import type { RouteRecord } from "./table.ts"

/** Runs one request through its layers to a result. It never throws: what goes wrong comes back as a reply. */
export type Run = (ctx: never) => unknown

/** Where a request goes. */
export interface Found {
  readonly endpoint: Endpoint
  readonly values: readonly string[]
  /** The whole answer, where no layer, setting or header of the request could change it: that of an unknown path. */
  readonly ready: Reply<number, string> | undefined
}

/** A route, compiled: its record, how to run it, and what never changes about its answers. */
export interface Endpoint {
  readonly record: RouteRecord
  readonly run: Run
  /** The same in two parts, where it begins with the body and nothing stands around it. */
  readonly reading: Pick<ReadingStep, "read" | "rest"> | undefined
  /** The headers that every answer has unless it says otherwise: name, value, name, value … */
  readonly constantHeaders: readonly string[]
  /** The path's parameters, decoded. @throws {HTTP_BAD_REQUEST} when a percent escape is malformed. */
  paramsOf(values: readonly string[]): Readonly<Record<string, string | undefined>>
  /** What is found where the path has no parameters: the same for every request. */
  readonly whole: Found
  /** The constant parts of answers, in the form that {@link toResponse} or Node's adapter likes; made at the first one. */
  webParts: unknown
  nodeParts: unknown
  /** No runtime's own router can stand in for ours: it would give the parameters other names. */
  readonly isOurs?: boolean
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
  const constantHeaders = [...mergedHeaders(record)].flat()
  for (let at = 0; at < constantHeaders.length; at += 2) checkHeader(constantHeaders[at]!, constantHeaders[at + 1]!)
  const whole = { values: [], ready: undefined } as unknown as { -readonly [K in keyof Found]: Found[K] }
  const reading = "read" in run ? (run as unknown as ReadingStep) : undefined
  whole.endpoint = { record, run, reading, constantHeaders, paramsOf, whole, webParts: undefined, nodeParts: undefined }
  return whole.endpoint
}

/** Headers that are lists: what one layer says of them does not undo what another said. */
const LISTS: ReadonlySet<string> = new Set(["link", "vary"])

/** The constant headers of all layers; an inner one replaces an outer one's, adds to its list, or takes it away by an empty text. */
function mergedHeaders({ layers }: RouteRecord): ReadonlyMap<string, string> {
  const merged = new Map<string, string>()
  for (const { headers } of layers) {
    for (const [key, value] of Object.entries(headers)) {
      const name = key.toLowerCase()
      if (value === "") {
        merged.delete(name)
        continue
      }
      const before = LISTS.has(name) ? merged.get(name) : undefined
      merged.set(name, before === undefined ? String(value) : joined(before, String(value)))
    }
  }
  return merged
}

function joined(list: string, more: string): string {
  const known = new Set(list.split(/, */))
  const fresh = more.split(/, */).filter((one) => !known.has(one))
  return [list, ...fresh].join(", ")
}

function decodeRest(text: string): string {
  return text.includes("%") ? text.split("/").map(decoded).join("/") : text
}

function decoded(text: string): string {
  const plain = decodeSegment(text)
  if (plain === undefined) throw new BadRequest("The path holds a malformed percent escape")
  return plain
}
