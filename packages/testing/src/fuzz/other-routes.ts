import type { RouteRecord, Segment } from "@ashlar/http"

/** Whether a path that was made for one route is another's, or nobody's. */
export function isTakenByOthers(
  record: RouteRecord,
  params: Readonly<Record<string, string>>,
  all: readonly RouteRecord[],
): boolean {
  for (const segment of record.segments)
    if (segment.kind === "param" && segment.constraint?.accepts(params[segment.name] ?? "") === false) return true
  const path = record.segments.flatMap((segment) => {
    if (segment.kind === "static") return [segment.text]
    const value = Object.hasOwn(params, segment.name) ? params[segment.name]! : undefined
    return value === undefined ? [] : segment.kind === "rest" ? value.split("/") : [value]
  })
  return all.some((other) => other.path !== record.path && takes(other, path) && isCloser(other, record))
}

function takes({ segments }: RouteRecord, path: readonly string[]): boolean {
  if (path.length > segments.length && segments.at(-1)?.kind !== "rest") return false
  return segments.every((segment, at) => {
    if (segment.kind === "static") return segment.text === path[at]
    return segment.kind === "rest" || segment.optional || path[at] !== undefined
  })
}

/** What is written out is closer than a parameter, and that closer than all the rest; where they first differ decides. */
function isCloser(one: RouteRecord, other: RouteRecord): boolean {
  for (const [at, segment] of one.segments.entries()) {
    const difference = rank(segment) - rank(other.segments[at])
    if (difference !== 0) return difference < 0
  }
  return one.host !== undefined || one.segments.length === other.segments.length
}

function rank(segment: Segment | undefined): number {
  if (segment === undefined) return 4
  if (segment.kind === "static") return 0
  return segment.kind === "rest" ? 3 : segment.constraint === undefined ? 2 : 1
}
