import { resourcesFor, scopesFor } from "../authorize/authorization-request.ts"
import { STANDARD_SCOPES } from "../settings.ts"
import { Refusal } from "../wire/refusal.ts"
import { issueAccessToken, type TokenAnswer } from "./issue.ts"
import type { TokenRequest } from "./token-endpoint.ts"

/** A token for the client itself. No person granted it, so it says nothing of one, and cannot be refreshed. */
export async function clientGrant({ parts, client, form, jkt }: TokenRequest): Promise<TokenAnswer> {
  const scopes = scopesFor(parts, client, form.get("scope"))
  if (scopes.some((scope) => STANDARD_SCOPES.includes(scope)))
    throw new Refusal("invalid_scope", "The scopes of OpenID Connect are of people, and there is none here.")
  const resources = resourcesFor(parts, client, form.all("resource"))
  return await issueAccessToken(parts, { client, sub: client.id, scopes, resources, jkt })
}
