import type { BaseContext } from "@ashlar/http"
import type { GrantType, KnownClient } from "../clients/client.ts"
import { authenticateClient } from "../clients/client-auth.ts"
import type { Parts } from "../parts.ts"
import { formOf, type Parameters } from "../wire/parameters.ts"
import { Refusal } from "../wire/refusal.ts"
import { clientGrant } from "./client-grant.ts"
import { codeGrant } from "./code-grant.ts"
import { deviceGrant } from "./device-grant.ts"
import { exchangeGrant } from "./exchange-grant.ts"
import type { TokenAnswer } from "./issue.ts"
import { refreshGrant } from "./refresh-grant.ts"

export interface TokenRequest {
  readonly parts: Parts
  readonly ctx: BaseContext
  readonly client: KnownClient
  readonly form: Parameters
  /** The thumbprint of the key that signed the request. */
  readonly jkt: string | null
}

const GRANTS: Readonly<Record<GrantType, (request: TokenRequest) => Promise<TokenAnswer>>> = {
  authorization_code: codeGrant,
  refresh_token: refreshGrant,
  client_credentials: clientGrant,
  "urn:ietf:params:oauth:grant-type:device_code": deviceGrant,
  "urn:ietf:params:oauth:grant-type:token-exchange": exchangeGrant,
}

/** `POST /oauth/token` */
export async function token(parts: Parts, ctx: BaseContext): Promise<unknown> {
  const form = await formOf(ctx)
  const client = await authenticateClient(parts, ctx, form)
  const type = form.require("grant_type")
  if (!isGrant(type)) throw new Refusal("unsupported_grant_type", "This grant_type is not known.")
  if (!client.grants.includes(type)) throw new Refusal("unauthorized_client", "The client may not use this grant_type.")
  const jkt = await proofOf(parts, ctx, parts.settings.endpoints.token)
  if (jkt === null && client.requireDpop) throw new Refusal("invalid_dpop_proof", "This client must send a DPoP proof.")
  const answer = await GRANTS[type]({ parts, ctx, client, form, jkt })
  const nonce = jkt === null ? undefined : await parts.dpop.freshNonce()
  return ctx.json(answer).withHeaders({
    "cache-control": "no-store",
    ...(nonce !== undefined && { "dpop-nonce": nonce }),
  })
}

/** The key that a request proves to hold; null where it says nothing of one. @throws {OAUTH_REFUSED} */
export async function proofOf({ dpop }: Parts, ctx: BaseContext, url: string): Promise<string | null> {
  const proof = ctx.headers.get("dpop")
  return proof === null ? null : await dpop.verify({ proof, method: ctx.method, url })
}

function isGrant(type: string): type is GrantType {
  return Object.hasOwn(GRANTS, type)
}
