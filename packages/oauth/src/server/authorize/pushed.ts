import type { BaseContext } from "@ashlar/http"
import { authenticateClient, limitPublic } from "../clients/client-auth.ts"
import type { Parts } from "../parts.ts"
import { hashOf, Records, randomToken } from "../store/records.ts"
import { proofOf } from "../tokens/token-endpoint.ts"
import { formOf, Parameters } from "../wire/parameters.ts"
import { Refusal } from "../wire/refusal.ts"
import { checkRequest, type PushedRequest, toRequestUri } from "./authorization-request.ts"

const SECONDS = 60
/** How the client showed who it is, which is no part of the request. */
const OWN: readonly string[] = ["client_secret", "client_assertion", "client_assertion_type"]

/** `POST /oauth/par`: takes an authorization request from the client itself. @see https://www.rfc-editor.org/rfc/rfc9126 */
export async function pushRequest(parts: Parts, ctx: BaseContext): Promise<unknown> {
  const form = await formOf(ctx)
  const client = await authenticateClient(parts, ctx, form)
  await limitPublic(parts, ctx, client)
  if (form.has("request_uri")) throw new Refusal("invalid_request", "A pushed request cannot be another one.")
  const all = Object.entries(form.toRecord()).filter(([name]) => !OWN.includes(name))
  const jkt = await proofOf(parts, ctx, parts.settings.endpoints.pushed)
  const named = form.get("dpop_jkt")
  if (jkt !== null && named !== undefined && named !== jkt)
    throw new Refusal("invalid_dpop_proof", "The proof is of another key than dpop_jkt.")
  const parameters = { ...Object.fromEntries(all), client_id: client.id, ...(jkt !== null && { dpop_jkt: jkt }) }
  checkRequest(parts, client, new Parameters(parameters))
  const token = randomToken()
  const value: PushedRequest = { clientId: client.id, parameters }
  await new Records<PushedRequest>(parts.store, "par").add(hashOf(token), value, parts.now() + SECONDS * 1000)
  return ctx
    .json({ request_uri: toRequestUri(token), expires_in: SECONDS }, 201)
    .withHeaders({ "cache-control": "no-store" })
}
