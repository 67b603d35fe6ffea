import type { Constraint } from "./constraint.ts"
import { PathInvalid, RouteUnknown } from "./errors.ts"

/**
 * Path patterns: `/users/:id`, `/files/*path`, `/docs/:lang?`. A parameter is a whole segment; `?` makes the last
 * segments optional; `*name` (or `*`) takes the rest, and is last.
 */

type Raw<P extends string> = P extends `${string}:${infer R}`
  ? R extends `${infer N}/${infer T}`
    ? N | Raw<T>
    : R
  : never
type Star<P extends string> = P extends `${string}*${infer N}` ? (N extends "" ? "*" : N) : never
type Required<N extends string> = N extends `${string}?` ? never : N
type Optional<N extends string> = N extends `${infer K}?` ? K : never
type Named<P extends string> = P extends `${infer H}*${string}` ? Raw<H> : Raw<P>
type Flat<T> = { [K in keyof T]: T[K] } & {}

/** The parameters of a path pattern: `Params<"/users/:id">` is `{ id: string }`. */
export type Params<P extends string> = string extends P
  ? Record<string, string>
  : P extends `${string}?${string}`
    ? Flat<{ [K in Required<Named<P>> | Star<P>]: string } & { [K in Optional<Named<P>>]?: string }>
    : { [K in Named<P> | Star<P>]: string }

export type Segment =
  | {
      readonly kind: "static"
      /** As it is on the wire: `caf%C3%A9` for `café`. */
      readonly text: string
    }
  | {
      readonly kind: "param"
      readonly name: string
      readonly optional: boolean
      /** What the value must look like for this route to be taken. */
      readonly constraint: Constraint | undefined
    }
  | { readonly kind: "rest"; readonly name: string }

/**
 * Reads a path pattern.
 * @throws {HTTP_PATH_INVALID} when it does not start with `/`, repeats a name, mixes text and a parameter in one
 * segment, or goes on after `*` or an optional segment.
 */
export function parsePath(pattern: string, where: Readonly<Record<string, Constraint>> = {}): readonly Segment[] {
  if (!pattern.startsWith("/")) throw new PathInvalid(`Expected a path that starts with "/", got "${pattern}"`)
  if (pattern === "/") return []
  const seen = new Set<string>()
  const segments = pattern
    .slice(1)
    .split("/")
    .map((text): Segment => parseSegment(pattern, text, where))
  segments.forEach((segment, index) => {
    if (segment.kind !== "static") {
      if (seen.has(segment.name)) throw new PathInvalid(`"${pattern}" names the parameter "${segment.name}" twice`)
      seen.add(segment.name)
    }
    const after = segments[index + 1]
    if (after === undefined) return
    if (segment.kind === "rest") throw new PathInvalid(`"*" must be the last segment of "${pattern}"`)
    if (segment.kind === "param" && segment.optional && !(after.kind === "param" && after.optional)) {
      throw new PathInvalid(`Only the last segments of "${pattern}" may be optional`)
    }
  })
  for (const constrained of Object.keys(where)) {
    if (segments.some((segment) => segment.kind === "param" && segment.name === constrained)) continue
    throw new PathInvalid(`"${pattern}" has no parameter "${constrained}" to constrain`)
  }
  return segments
}

/** `__proto__` would be lost where parameters become a record. */
const NAME = /^(?!__proto__$)[A-Za-z_][A-Za-z0-9_]*$/

function parseSegment(pattern: string, text: string, where: Readonly<Record<string, Constraint>>): Segment {
  if (text === "") throw new PathInvalid(`"${pattern}" has an empty segment; write each "/" once, and none at the end`)
  if (text.startsWith("*")) {
    const rest = text.slice(1)
    if (rest !== "" && !NAME.test(rest)) throw new PathInvalid(`"${text}" in "${pattern}" is not a valid name`)
    return { kind: "rest", name: rest === "" ? "*" : rest }
  }
  if (text.startsWith(":")) {
    const optional = text.endsWith("?")
    const param = text.slice(1, optional ? -1 : undefined)
    if (!NAME.test(param)) {
      throw new PathInvalid(`Expected a parameter like ":id" as a whole segment of "${pattern}", got "${text}"`)
    }
    const constraint = Object.hasOwn(where, param) ? where[param] : undefined
    return { kind: "param", name: param, optional, constraint }
  }
  if (/[:*?#]/.test(text)) throw new PathInvalid(`"${text}" in "${pattern}" mixes text with one of : * ? #`)
  if (/^(?:\.|%2e){1,2}$/i.test(text)) throw new PathInvalid(`No request has the segment "${text}" of "${pattern}"`)
  return { kind: "static", text: wireText(text) }
}

/** A segment as clients send it: escapes as they are, and what may not be there as it is escaped. */
function wireText(text: string): string {
  return text.replaceAll(/%[0-9a-f]{2}|[\w\-.~!$&'()+,;=@]+|./gisu, (part) => {
    if (part.length === 3 && part.startsWith("%")) return part.toUpperCase()
    return /^[\w\-.~!$&'()+,;=@]/.test(part) ? part : encodeURIComponent(part.toWellFormed())
  })
}

/** Joins a scope's prefix and a route's path: `joinPaths("/admin", "/")` is `/admin`. */
export function joinPaths(prefix: string, path: string): string {
  if (prefix === "/" || prefix === "") return path
  return path === "/" ? prefix : `${prefix}${path}`
}

/** What a path is filled with. */
export type PathValues = Readonly<Record<string, string | number | undefined>>

/** The same for a pattern: what it needs, and whatever the scopes around it need. */
export type PathValuesOf<P extends string> = PathValues & {
  readonly [K in keyof Params<P>]: Params<P>[K] | number
}

/**
 * Fills a pattern with parameters, each percent-encoded.
 * @throws {HTTP_ROUTE_UNKNOWN} when a required parameter is missing, or when no address would lead back to the values.
 */
export function buildPath(pattern: string, params: PathValues = {}): string {
  return fillPath(pattern, parsePath(pattern), params)
}

/** The same where the segments are known, with their constraints. */
export function fillPath(pattern: string, segments: readonly Segment[], params: PathValues = {}): string {
  const parts: string[] = []
  let missing: string | undefined
  for (const segment of segments) {
    if (segment.kind === "static") {
      parts.push(segment.text)
      continue
    }
    const { kind, name } = segment
    const value = Object.hasOwn(params, name) ? String(params[name] ?? "") : ""
    if (value === "") {
      if (kind === "param" && !segment.optional) throw new RouteUnknown(`"${pattern}" needs the parameter "${name}"`)
      missing ??= name
      continue
    }
    // It would move to the place of the one that is not there.
    if (missing !== undefined) throw new RouteUnknown(`"${pattern}" needs "${missing}" where "${name}" is given`)
    const pieces = kind === "rest" ? value.split("/") : [value]
    if (pieces.some((piece) => piece === "." || piece === ".."))
      throw new RouteUnknown(`"${name}" of "${pattern}" may not be "${value}": every client takes dots out of a path`)
    if (kind === "param" && segment.constraint?.accepts(value) === false)
      throw new RouteUnknown(`"${pattern}" is not served with "${value}" as "${name}"`)
    parts.push(...pieces.map((piece) => encodeURIComponent(piece.toWellFormed())))
  }
  return `/${parts.join("/")}`
}

/** Decodes one segment of a request's path; undefined when a percent escape in it is malformed. */
export function decodeSegment(text: string): string | undefined {
  if (!text.includes("%")) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
