import type { DeclaredBy } from "@ashlar/core"
import { type Layer, layer, type NeedsCarrier } from "@ashlar/http"
import { OAuthOptionInvalid, OAuthScopeMissing } from "../../errors.ts"
import { isScope } from "../wire/parameters.ts"
import type { BearerErrors, BearerProvides } from "./bearer-layer.ts"
import { problemAnswer } from "./problem-answer.ts"

/** What one route takes of a token. */
export type ScopesLayer = Layer<unknown, DeclaredBy<typeof OAuthScopeMissing>> & NeedsCarrier<BearerProvides>

/**
 * Lets requests pass whose token was granted all of these scopes. It stands after a `bearer` layer, and shows in OpenAPI.
 *
 * @throws {OAUTH_OPTION_INVALID} for no scope, or what cannot be one.
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3.1
 * @example
 * const api = bearer({ issuer: "https://id.example.com", audience: "https://api.example.com" })
 * app.scope("/books", [api], (books) => {
 *   books.get("/", { layers: [requireScopes(api, "books:read")] }, () => shelf)
 * })
 */
export function requireScopes(
  bearer: Layer<BearerProvides, BearerErrors>,
  ...scopes: readonly [string, ...string[]]
): ScopesLayer {
  if (scopes.length === 0 || scopes.some((scope) => typeof scope !== "string" || !isScope(scope)))
    throw new OAuthOptionInvalid("Expected one or more scopes of printable ASCII characters.")
  const scheme = bearer.security?.oauth
  if (scheme === undefined || !("type" in scheme) || scheme.type === "none")
    throw new OAuthOptionInvalid("Expected a layer that bearer made.")
  return layer({
    name: "requireScopes",
    needs: [bearer],
    errors: [OAuthScopeMissing],
    security: { oauth: { scheme, scopes } },
    before: (ctx) => {
      if (scopes.every((scope) => ctx.oauth.scopes.has(scope))) return undefined
      const kind = ctx.oauth.claims.cnf === undefined ? "Bearer" : "DPoP"
      return problemAnswer(ctx, new OAuthScopeMissing(undefined, { details: { scopes } }), {
        "www-authenticate": `${kind} error="insufficient_scope", scope="${scopes.join(" ")}"`,
      })
    },
  }) as unknown as ScopesLayer
}
