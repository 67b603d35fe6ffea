import type { BaseContext } from "@ashlar/http"
import type { KnownClient } from "../clients/client.ts"
import { authenticateClient } from "../clients/client-auth.ts"
import type { Parts } from "../parts.ts"
import { hashOf } from "../store/records.ts"
import { formOf } from "../wire/parameters.ts"
import { Refusal } from "../wire/refusal.ts"
import { audienceOf } from "./grants.ts"
import { inspectAccessToken } from "./inspect.ts"

/**
 * `POST /oauth/introspect`: what a token is good for. Only confidential clients may ask, of tokens of their own and of those for
 * resources that they are registered for by name.
 * @see https://www.rfc-editor.org/rfc/rfc7662
 */
export async function introspect(parts: Parts, ctx: BaseContext): Promise<unknown> {
  const form = await formOf(ctx)
  const client = await authenticateClient(parts, ctx, form)
  if (client.authMethod === "none")
    throw new Refusal("unauthorized_client", "A public client may not ask.", { status: 403 })
  const answer = await describe(parts, client, form.require("token"))
  return ctx.json(answer ?? { active: false }).withHeaders({ "cache-control": "no-store" })
}

async function describe(parts: Parts, client: KnownClient, token: string): Promise<object | undefined> {
  const access = await inspectAccessToken(parts, token)
  if (access !== undefined) {
    const { gid: _, ...claims } = access.claims
    const audience = audienceOf(claims)
    if (claims.client_id !== client.id && !audience.some((uri) => client.resources?.includes(uri))) return undefined
    return { active: true, token_type: claims.cnf === undefined ? "Bearer" : "DPoP", ...claims }
  }
  const refresh = await parts.grants.refreshes.get(hashOf(token))
  if (refresh === undefined || refresh.value.clientId !== client.id || refresh.value.usedMs !== null) return undefined
  const grant = await parts.grants.grants.get(refresh.value.grantId)
  if (grant === undefined) return undefined
  const { sub, scopes, atMs } = grant.value
  return {
    active: true,
    iss: parts.settings.issuer,
    sub,
    client_id: client.id,
    scope: scopes.join(" "),
    iat: Math.floor(atMs / 1000),
    exp: Math.floor(refresh.value.familyUntilMs / 1000),
  }
}

/**
 * `POST /oauth/revoke`: ends a token. With a refresh token all that was granted with it ends.
 * @see https://www.rfc-editor.org/rfc/rfc7009
 */
export async function revoke(parts: Parts, ctx: BaseContext): Promise<unknown> {
  const form = await formOf(ctx)
  const client = await authenticateClient(parts, ctx, form)
  const { grants } = parts
  const token = form.require("token")
  const refresh = await grants.refreshes.get(hashOf(token))
  if (refresh !== undefined) {
    if (refresh.value.clientId === client.id) await grants.grants.remove(refresh.value.grantId)
  } else {
    const access = await inspectAccessToken(parts, token)
    if (access !== undefined && access.claims.client_id === client.id) {
      const { jti, exp } = access.claims
      if (token.includes(".")) await grants.revoked.add(hashOf(jti), true, exp * 1000)
      else await grants.accesses.remove(hashOf(token))
    }
  }
  // The same for a token that never was: nobody can try which are.
  return ctx.empty(200).withHeaders({ "cache-control": "no-store" })
}
