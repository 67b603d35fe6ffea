import { type DeviceRecord, Devices } from "../device/device-records.ts"
import { hashOf, type Kept, randomToken } from "../store/records.ts"
import { Refusal } from "../wire/refusal.ts"
import { idTokenFor, issueRefreshToken } from "./code-grant.ts"
import { claimsOf, issueAccessToken, type TokenAnswer } from "./issue.ts"
import type { TokenRequest } from "./token-endpoint.ts"

const SLOWER_MS = 5_000
/** Networks are not exact. */
const EARLY_MS = 500

/** Asks whether the person has decided. @see https://www.rfc-editor.org/rfc/rfc8628#section-3.5 */
export async function deviceGrant(request: TokenRequest): Promise<TokenAnswer> {
  const { parts, client, form, jkt } = request
  const { devices } = new Devices(parts.store)
  const kept = await devices.get(hashOf(form.require("device_code")))
  if (kept === undefined || kept.value.clientId !== client.id || kept.value.state === "used")
    throw new Refusal("invalid_grant", "The device code is not known, was used, or is another client's.")
  const { value } = kept
  const nowMs = parts.now()
  if (nowMs >= value.untilMs) throw new Refusal("expired_token", "The device code is over. Begin again.")
  const change = async (to: Partial<DeviceRecord>): Promise<boolean> =>
    await devices.change(kept, { ...value, ...to }, value.untilMs + 60_000)
  if (value.state === "denied") throw new Refusal("access_denied", "The person did not allow it.")
  if (value.state === "waiting" || value.grant === null) {
    const isEarly = nowMs < value.lastPollMs + value.intervalMs - EARLY_MS
    await change({ lastPollMs: nowMs, ...(isEarly && { intervalMs: value.intervalMs + SLOWER_MS }) })
    if (isEarly) throw new Refusal("slow_down", "Ask less often.")
    throw new Refusal("authorization_pending", "The person has not decided yet.")
  }
  if (!(await change({ state: "used" }))) throw new Refusal("invalid_grant", "The device code was used.")
  return await giveTokens(request, kept, jkt)
}

async function giveTokens(
  { parts, client }: TokenRequest,
  { value: { grant, resources } }: Kept<DeviceRecord>,
  jkt: string | null,
): Promise<TokenAnswer> {
  if (grant === null) throw new Refusal("authorization_pending", "The person has not decided yet.")
  const { applications, grants, settings } = parts
  await claimsOf(parts, grant.sub, { scopes: [], names: [], clientId: client.id })
  const { refreshSeconds, accessTokenSeconds } = settings.lifetimes
  const refreshes = client.grants.includes("refresh_token")
  const grantId = randomToken()
  const familyUntilMs = parts.now() + refreshSeconds * 1000
  await applications.note(grant.sub, client.id, { id: grantId, nowMs: parts.now() })
  await grants.grants.add(grantId, grant, (refreshes ? familyUntilMs : parts.now()) + accessTokenSeconds * 1000)
  const base = { client, sub: grant.sub, scopes: grant.scopes, resources, jkt }
  const answer = await issueAccessToken(parts, { ...base, grant: { id: grantId, value: grant } })
  const bound = client.authMethod === "none" ? jkt : null
  return {
    ...answer,
    ...(refreshes && {
      refresh_token: await issueRefreshToken(parts, { grantId, clientId: client.id, familyUntilMs, jkt: bound }),
    }),
    ...(await idTokenFor({ parts, client }, grant, answer.access_token)),
  }
}
