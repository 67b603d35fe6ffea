import { ROUTES, WIDE_ROUTES } from "../profile.ts"

/** Workloads f and k by hand: the part of the path that tells the routes apart is looked up in a map. */
const PREFIX = "/api/v1/"

function resources(count: number): ReadonlyMap<string, number> {
  return new Map(Array.from({ length: count }, (_, index) => [`resource${index}`, index]))
}

const few = resources(ROUTES)
const many = resources(WIDE_ROUTES)

export function findRoute(path: string): { r: number; id: string } | undefined {
  if (!path.startsWith(PREFIX)) return undefined
  const end = path.indexOf("/", PREFIX.length)
  const r = few.get(path.slice(PREFIX.length, end))
  return r === undefined ? undefined : { r, id: path.slice(end + 1) }
}

export function findWide(path: string): { r: number; a: string; b: string; c: string; d: string } | undefined {
  if (!path.startsWith(PREFIX)) return undefined
  const end = path.indexOf("/", PREFIX.length)
  const r = many.get(path.slice(PREFIX.length, end))
  if (r === undefined) return undefined
  const second = path.indexOf("/", end + 1)
  const third = path.indexOf("/", second + 1)
  const fourth = path.indexOf("/", third + 1)
  return {
    r,
    a: path.slice(end + 1, second),
    b: path.slice(second + 1, third),
    c: path.slice(third + 1, fourth),
    d: path.slice(fourth + 1),
  }
}
