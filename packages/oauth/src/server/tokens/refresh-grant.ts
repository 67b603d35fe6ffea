import type { Kept } from "../store/records.ts"
import { hashOf } from "../store/records.ts"
import { parseScopes } from "../wire/parameters.ts"
import { Refusal } from "../wire/refusal.ts"
import { idTokenFor, issueRefreshToken } from "./code-grant.ts"
import type { RefreshRecord } from "./grants.ts"
import { claimsOf, issueAccessToken, type TokenAnswer } from "./issue.ts"
import { narrowResources, narrowScopes } from "./narrow.ts"
import type { TokenRequest } from "./token-endpoint.ts"

/** How often a used token gives another while its grace lasts. */
const MAX_AGAIN = 3

/**
 * Changes a refresh token for new tokens. One that was used before is in two hands, and its whole family ends (RFC 9700, section 4.14),
 * unless it is within the grace.
 */
export async function refreshGrant(request: TokenRequest): Promise<TokenAnswer> {
  const { parts, client, form, jkt } = request
  const { grants } = parts
  const kept = await grants.refreshes.get(hashOf(form.require("refresh_token")))
  if (kept === undefined || kept.value.clientId !== client.id) throw badToken()
  const { grantId, familyUntilMs } = kept.value
  const grant = await grants.grants.get(grantId)
  if (grant === undefined || (kept.value.jkt !== null && kept.value.jkt !== jkt)) throw badToken()
  const { value } = grant
  // What cannot be had must not use the token up.
  const scopes = narrowScopes(value.scopes, parseScopes(form.get("scope")))
  const resources = narrowResources(value.resources, form.all("resource"))
  await claimsOf(parts, value.sub, { scopes: [], names: [], clientId: client.id })
  if (!(await use(request, kept))) {
    await grants.grants.remove(grantId)
    throw badToken()
  }
  const refreshToken = await issueRefreshToken(parts, {
    grantId,
    clientId: client.id,
    familyUntilMs,
    jkt: kept.value.jkt,
  })
  const base = { client, sub: value.sub, scopes, resources, jkt }
  const answer = await issueAccessToken(parts, { ...base, grant: { id: grantId, value } })
  const isOpen = scopes.includes("openid")
  return {
    ...answer,
    refresh_token: refreshToken,
    // The nonce was for the first one.
    ...(isOpen && (await idTokenFor(request, { ...value, nonce: null }, answer.access_token))),
  }
}

/** Marks the token as used. @returns whether it may give others: of all who ask at once one may, and with a grace a few. */
async function use({ parts }: TokenRequest, first: Kept<RefreshRecord>): Promise<boolean> {
  const { grants, settings } = parts
  const keepUntilMs = (record: RefreshRecord): number => record.familyUntilMs
  for (
    let kept: Kept<RefreshRecord> | undefined = first;
    kept !== undefined;
    kept = await grants.refreshes.get(first.id)
  ) {
    const { value } = kept
    const nowMs = parts.now()
    if (value.usedMs === null) {
      if (await grants.refreshes.change(kept, { ...value, usedMs: nowMs }, keepUntilMs(value))) return true
      continue
    }
    const isInGrace = nowMs - value.usedMs < settings.refreshGraceMs && value.again < MAX_AGAIN
    if (!isInGrace) return false
    if (await grants.refreshes.change(kept, { ...value, again: value.again + 1 }, keepUntilMs(value))) return true
  }
  return false
}

function badToken(): Refusal {
  return new Refusal("invalid_grant", "The refresh token is over, revoked, was used before, or is not this client's.")
}
