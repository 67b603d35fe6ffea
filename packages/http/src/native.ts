import type { Endpoint } from "./endpoint.ts"
import type { Segment } from "./path.ts"
import { expand } from "./router.ts"

/** A path that a runtime's own router may dispatch, in the syntax that Bun's has: `/users/:id`. */
export interface NativePath {
  readonly path: string
  readonly methods: ReadonlyMap<string, Endpoint>
}

/**
 * The routes of plain segments and parameters, which a native router can match as we would. One is left out where a
 * route that only we can match (constrained, optional, for every method) might win over it.
 */
export function nativeRoutes(endpoints: readonly Endpoint[]): readonly NativePath[] {
  if (endpoints.some(({ record }) => record.host !== undefined)) return [] // no native router looks at the host
  const foreign = endpoints.filter((endpoint) => !isNative(endpoint))
  const shapes = foreign.flatMap(({ record }) => expand(record.segments))
  const byPath = new Map<string, Map<string, Endpoint>>()
  for (const endpoint of endpoints) {
    const { path, method, segments } = endpoint.record
    if (foreign.includes(endpoint) || shapes.some((shape) => winsOver(shape, segments))) continue
    const methods = byPath.get(path) ?? new Map<string, Endpoint>()
    byPath.set(path, methods.set(method, endpoint))
  }
  return [...byPath].map(([path, methods]) => ({ path, methods }))
}

/** Whether these paths are all that the endpoints stand at. */
export function isWhole(native: readonly NativePath[], endpoints: readonly Endpoint[]): boolean {
  return endpoints.length === native.reduce((sum, { methods }) => sum + methods.size, 0)
}

function isNative({ record, isOurs }: Endpoint): boolean {
  return isOurs !== true && record.method !== "*" && record.segments.every(isPlain)
}

function isPlain(segment: Segment): boolean {
  if (segment.kind === "static") return !segment.text.includes("%")
  return segment.kind === "param" && !segment.optional && segment.constraint === undefined
}

/** Whether some path would be taken by `one` although `other` matches it too: the first difference decides. */
function winsOver(one: readonly Segment[], other: readonly Segment[]): boolean {
  for (const [index, mine] of one.entries()) {
    const theirs = other[index]
    if (theirs === undefined || mine.kind === "rest") return false
    if (mine.kind === "static" && theirs.kind === "static") {
      if (mine.text !== theirs.text) return false
    } else if (mine.kind === "static") return true
    else if (theirs.kind === "static") return false
    else if (mine.constraint !== undefined) return true
  }
  return false
}
