import type { RequestContext } from "../context/request-context.ts"
import { findCookie, parseCookies } from "../cookies/cookie-header.ts"
import { toJsonSchema } from "../routes/json-schema.ts"
import type { AnySchema } from "../schema.ts"

/**
 * What the schemas of headers and cookies are given. Every request has headers that no route asks for, and a strict schema
 * would refuse them: one that names its members is given those, any other (a record, a union) all there are.
 */

/** Reads the headers that a schema names, in the case in which it does; lines of one name joined with `, `. */
export function headersReader(schema: AnySchema): (ctx: RequestContext) => unknown {
  const names = namesIn(schema)
  if (names === undefined) return (ctx) => Object.fromEntries(ctx.headers)
  return ({ headers }) => picked(names, (name) => headers.get(name) ?? undefined)
}

/** Reads the cookies that a schema names, as they are on the wire; the first where a name repeats. */
export function cookiesReader(schema: AnySchema): (ctx: RequestContext) => unknown {
  const names = namesIn(schema)
  const headerOf = ({ headers }: RequestContext): string => headers.get("cookie") ?? ""
  if (names === undefined) return (ctx) => ({ ...parseCookies(headerOf(ctx)) })
  return (ctx) => {
    const header = headerOf(ctx)
    return picked(names, (name) => findCookie(header, name))
  }
}

/** Only what was sent is there: an absent member is absent. */
function picked(names: readonly string[], find: (name: string) => string | undefined): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = find(name)
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

function namesIn(schema: AnySchema): readonly string[] | undefined {
  const { properties } = toJsonSchema(schema, "input")
  return typeof properties === "object" && properties !== null ? Object.keys(properties) : undefined
}
