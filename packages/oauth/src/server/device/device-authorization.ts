import type { BaseContext } from "@ashlar/http"
import { resourcesFor, scopesFor } from "../authorize/authorization-request.ts"
import { authenticateClient, limitPublic } from "../clients/client-auth.ts"
import type { Parts } from "../parts.ts"
import { hashOf, randomToken } from "../store/records.ts"
import { formOf } from "../wire/parameters.ts"
import { Refusal } from "../wire/refusal.ts"
import { Devices, randomUserCode, userCodeId } from "./device-records.ts"

const INTERVAL_SECONDS = 5

/** `POST /oauth/device_authorization`. @see https://www.rfc-editor.org/rfc/rfc8628#section-3.1 */
export async function authorizeDevice(parts: Parts, ctx: BaseContext): Promise<unknown> {
  const form = await formOf(ctx)
  const client = await authenticateClient(parts, ctx, form)
  await limitPublic(parts, ctx, client)
  if (!client.grants.includes("urn:ietf:params:oauth:grant-type:device_code"))
    throw new Refusal("unauthorized_client", "The client may not use device codes.")
  const { endpoints, lifetimes } = parts.settings
  const scopes = scopesFor(parts, client, form.get("scope"))
  const resources = resourcesFor(parts, client, form.all("resource"))
  const { devices, userCodes } = new Devices(parts.store)
  const untilMs = parts.now() + lifetimes.deviceCodeSeconds * 1000
  const deviceCode = randomToken()
  const id = hashOf(deviceCode)
  let userCode = randomUserCode()
  // Two that wait at once never share a code.
  while (!(await userCodes.add(userCodeId(userCode), id, untilMs))) userCode = randomUserCode()
  await devices.add(
    id,
    {
      clientId: client.id,
      scopes,
      resources,
      userCode,
      untilMs,
      intervalMs: INTERVAL_SECONDS * 1000,
      lastPollMs: 0,
      state: "waiting",
      grant: null,
    },
    untilMs + 60_000,
  )
  const answer = {
    device_code: deviceCode,
    user_code: userCode,
    verification_uri: endpoints.device,
    verification_uri_complete: `${endpoints.device}?user_code=${userCode}`,
    expires_in: lifetimes.deviceCodeSeconds,
    interval: INTERVAL_SECONDS,
  }
  return ctx.json(answer).withHeaders({ "cache-control": "no-store" })
}
