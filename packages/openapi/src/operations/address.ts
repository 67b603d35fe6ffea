import type { RouteRecord, Segment } from "@ashlar/http"

/** A path as OpenAPI writes it, and the segments that it has. */
export interface Address {
  readonly template: string
  readonly segments: readonly Segment[]
}

/**
 * The paths that a route answers: OpenAPI knows no optional segments, so a path with such is several, the longest first.
 */
export function addressesOf({ segments }: RouteRecord): readonly Address[] {
  const required = segments.findIndex((segment) => segment.kind === "param" && segment.optional)
  const shortest = required === -1 ? segments.length : required
  const lengths = Array.from({ length: segments.length - shortest + 1 }, (_, index) => segments.length - index)
  return lengths.map((length) => {
    const own = segments.slice(0, length)
    return { template: `/${own.map(textOf).join("/")}`, segments: own }
  })
}

function textOf(segment: Segment): string {
  return segment.kind === "static" ? segment.text : `{${parameterName(segment)}}`
}

export function parameterName(segment: Exclude<Segment, { kind: "static" }>): string {
  return segment.name === "*" ? "rest" : segment.name
}

/** Paths that differ in the names of parameters only are one path to OpenAPI. */
export function shapeOf(template: string): string {
  return template.replace(/\{[^}]*\}/g, "{}")
}
