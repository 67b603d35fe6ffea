import type { BaseContext } from "@ashlar/http"

/**
 * What follows a scheme in `Authorization`; undefined where another scheme is sent, or none. Two headers, which a runtime joins by a
 * comma, are no credentials: who knows which one another reader takes.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-11.6.2
 */
export function authorizationOf(ctx: BaseContext, scheme: string): string | undefined {
  const header = ctx.headers.get("authorization")
  if (header === null || header.length <= scheme.length) return undefined
  if (header.slice(0, scheme.length).toLowerCase() !== scheme) return undefined
  const match = /^ +([A-Za-z0-9._~+/=:-]*)$/.exec(header.slice(scheme.length))
  return match?.[1] ?? (header[scheme.length] === " " ? "" : undefined)
}
