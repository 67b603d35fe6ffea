import { VersioningInvalid } from "../errors.ts"
import { type Layer, layer } from "../layer.ts"
import type { RouteRecord } from "../table.ts"

/** What is told of something that should not be used any more. */
export interface DeprecationFacts {
  /** Since when, or from when on: a date, or what `Date` reads. */
  readonly deprecatedAt?: Date | string
  /** When it will stop to answer. Not before `deprecatedAt`. */
  readonly sunsetAt?: Date | string
  /** A page about what to do instead. */
  readonly deprecationUrl?: string
  /** What takes its place. */
  readonly successorUrl?: string
}

/** Told once for each route and process, at the first request for it after it was deprecated. */
export type DeprecationWarning = (message: string, route: RouteRecord) => void

export interface DeprecationOptions extends DeprecationFacts {
  /** Default: `console.warn`. */
  readonly warn?: DeprecationWarning
}

/**
 * Makes a layer that says of its routes that they are deprecated: by the headers `Deprecation` (RFC 9745), `Sunset` (RFC
 * 8594) and `Link`, by a warning in the log, and in OpenAPI.
 * @throws {HTTP_VERSIONING_INVALID} for what is no date or no address, or a sunset before the deprecation.
 * @example
 * const old = deprecation({ deprecatedAt: "2026-03-01", sunsetAt: "2026-09-01", deprecationUrl: "https://example.com/moved" })
 * app.get("/old", { layers: [old] }, handler)
 */
export function deprecation({ warn, ...facts }: DeprecationOptions): Layer {
  const { headers, meta, watch } = deprecationParts(facts, "a route", warn)
  return layer({ name: "deprecation", headers, meta, ...watch })
}

interface DeprecationParts {
  readonly headers: Readonly<Record<string, string>>
  readonly meta: Readonly<Record<string, unknown>>
  /** The hook that warns; none when there is nothing to warn of. */
  readonly watch: { readonly before?: (ctx: { readonly route: RouteRecord }) => undefined }
}

/** What a layer needs to tell the facts. `of` is for messages. */
export function deprecationParts(
  facts: DeprecationFacts,
  of: string,
  warn: DeprecationWarning = (message) => console.warn(message),
): DeprecationParts {
  const [deprecatedAt, sunsetAt] = [readDate(facts.deprecatedAt, of), readDate(facts.sunsetAt, of)]
  if (deprecatedAt !== undefined && sunsetAt !== undefined && sunsetAt < deprecatedAt)
    throw new VersioningInvalid(`Expected the sunset of ${of} after its deprecation, got ${day(sunsetAt)}`)
  const links = [
    ...link(facts.deprecationUrl, "deprecation", of),
    ...link(sunsetAt && facts.deprecationUrl, "sunset", of),
    ...link(facts.successorUrl, "successor-version", of),
  ]
  if (deprecatedAt === undefined && sunsetAt === undefined) return { headers: linkHeader(links), meta: {}, watch: {} }
  return {
    headers: {
      ...(deprecatedAt && { deprecation: `@${Math.floor(deprecatedAt.getTime() / 1000)}` }),
      ...(sunsetAt && { sunset: sunsetAt.toUTCString() }),
      ...linkHeader(links),
    },
    meta: {
      deprecated: true,
      ...(deprecatedAt && { deprecatedAt: deprecatedAt.toISOString() }),
      ...(sunsetAt && { sunsetAt: sunsetAt.toISOString() }),
    },
    watch: { before: warnOnce(deprecatedAt ?? new Date(0), sunsetAt, warn) },
  }
}

function warnOnce(
  since: Date,
  until: Date | undefined,
  warn: DeprecationWarning,
): (ctx: { readonly route: RouteRecord }) => undefined {
  const told = new WeakSet<RouteRecord>()
  return ({ route }) => {
    if (told.has(route) || Date.now() < since.getTime()) return
    told.add(route)
    const version = route.version === undefined ? "" : ` of version ${route.version}`
    const end = until === undefined ? "" : `, until ${day(until)}`
    const start = since.getTime() === 0 ? "" : ` since ${day(since)}`
    warn(`${route.method} ${route.path}${version} is deprecated${start}${end}, and still asked for`, route)
  }
}

function readDate(value: Date | string | undefined, of: string): Date | undefined {
  if (value === undefined) return undefined
  const date = new Date(value)
  if (!Number.isNaN(date.getTime()) && date.getTime() >= 0) return date
  throw new VersioningInvalid(`Expected a date like "2026-03-01" for the deprecation of ${of}, got "${String(value)}"`)
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10)
}

/** @see https://www.rfc-editor.org/rfc/rfc8288#section-3 */
function link(url: string | undefined, relation: string, of: string): string[] {
  if (url === undefined) return []
  // An address may be relative to the request's, but has no character that would end it.
  if (!/^[\x21\x23-\x3b\x3d\x3f-\x7e]+$/.test(url))
    throw new VersioningInvalid(`Expected an address for the deprecation of ${of}, got "${url}"`)
  return [`<${url}>; rel="${relation}"`]
}

function linkHeader(links: readonly string[]): Record<string, string> {
  return links.length === 0 ? {} : { link: links.join(", ") }
}
