import { createOAuthServer, type OAuthClient, type OAuthServer } from "@ashlar/oauth/server"
import { SCOPES } from "./access.ts"
import type { Parts } from "./parts.ts"
import { entranceOf, principalOf } from "./sign-in-routes.ts"

export interface ProviderOptions {
  readonly store: string
  readonly clients: readonly OAuthClient[]
}

/** Other apps sign people in here: OpenID Connect, on the pages and sessions of this app. */
export function createProvider(parts: Parts, { store, clients }: ProviderOptions): OAuthServer {
  const { origin, people, sealer, signedIn } = parts
  return createOAuthServer({
    issuer: origin,
    store,
    clients,
    scopes: { "profile:read": SCOPES["profile:read"], "profile:write": SCOPES["profile:write"] },
    resources: { [parts.apiAudience]: { scopes: ["profile:read", "profile:write"], accessTokenSeconds: 300 } },
    keys: { sealer },
    people: {
      async current(ctx) {
        const principal = await principalOf(ctx, parts)
        if (principal === undefined) return undefined
        const { id, amr, acr, authTimeMs, sessionId } = principal
        if (authTimeMs === undefined) return undefined
        return { id, amr, authTimeMs, ...(acr !== undefined && { acr }), ...(sessionId !== undefined && { sessionId }) }
      },
      signIn: async (ctx, { returnTo }) => ctx.redirect(await entranceOf(ctx, parts, returnTo)),
      signOut: async (ctx) => void (await signedIn.signOut(ctx)),
      async claims(id) {
        const person = await people.find(id)
        if (person === undefined) return undefined
        const { name, email, username, is_verified } = person
        return {
          name,
          email,
          email_verified: is_verified === 1,
          ...(username !== null && { preferred_username: username }),
        }
      },
    },
  })
}
