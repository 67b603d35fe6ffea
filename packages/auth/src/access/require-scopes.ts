import type { DeclaredBy } from "@ashlar/core"
import {
  fail,
  type Layer,
  layer,
  type NeedsCarrier,
  type ScopedScheme,
  type Security,
  type SecurityScheme,
} from "@ashlar/http"
import { AuthSetupInvalid, ScopeMissing } from "../errors.ts"
import { challengeText } from "../guards/challenge.ts"
import { type Guard, isOAuth } from "../guards/guard.ts"
import type { AnyPrincipal } from "../principal.ts"

/** @see https://www.rfc-editor.org/rfc/rfc6749#section-3.3 */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/**
 * A layer that lets only those pass whose credentials were granted all of these scopes: 403 with what is missing, as RFC 6750 says.
 * Who is limited by no scopes, as a session is, passes. It stands inside of the guard, and OpenAPI tells the scopes of its schemes.
 *
 * @throws {AUTH_SETUP_INVALID}
 * @example app.post("/books", { layers: [apiKey, requireScopes(apiKey, "books:write")] }, create)
 */
export function requireScopes<P extends AnyPrincipal>(
  inner: Guard<P>,
  ...scopes: readonly [string, ...string[]]
): Layer<unknown, DeclaredBy<typeof ScopeMissing>> & NeedsCarrier<{ readonly principal: P }> {
  const odd = scopes.find((scope) => !SCOPE.test(scope))
  if (odd !== undefined)
    throw new AuthSetupInvalid(`Expected scopes without spaces and quotes, got ${JSON.stringify(odd)}.`)
  const text = inner.sources
    .filter(({ challenge }) => isOAuth(challenge.scheme))
    .map(({ challenge: { scheme, params } }) =>
      challengeText({ scheme, params: { ...params, error: "insufficient_scope", scope: scopes.join(" ") } }),
    )
    .join(", ")
  return layer({
    name: `requireScopes(${scopes.join(" ")})`,
    needs: [inner],
    errors: [ScopeMissing],
    security: scopedBy(inner, scopes),
    before: (ctx) => {
      const granted = ctx.principal.scopes
      if (granted === undefined) return undefined
      const missing = scopes.filter((scope) => !granted.includes(scope))
      if (missing.length === 0) return undefined
      if (text !== "") ctx.set("www-authenticate", text)
      return fail(ScopeMissing, `The credentials lack the scope ${missing.join(", ")}.`, { scopes: missing })
    },
  })
}

function scopedBy({ sources }: Guard<AnyPrincipal>, scopes: readonly string[]): Security {
  const all: [string, ScopedScheme | { readonly type: "none" }][] = sources.flatMap(({ security }) =>
    Object.entries(security).map(([name, asked]): [string, ScopedScheme | { readonly type: "none" }] => {
      if ("type" in asked && asked.type === "none") return [name, asked]
      if ("scopes" in asked) return [name, { scheme: asked.scheme, scopes: [...asked.scopes, ...scopes] }]
      return [name, { scheme: asked as SecurityScheme, scopes }]
    }),
  )
  return Object.fromEntries(all)
}
