import { createHash, timingSafeEqual } from "node:crypto"
import { hashOf, randomToken } from "../store/records.ts"
import { Refusal } from "../wire/refusal.ts"
import type { Grant } from "./grants.ts"
import { claimsOf, issueAccessToken, issueIdToken, type TokenAnswer } from "./issue.ts"
import { narrowResources } from "./narrow.ts"
import type { TokenRequest } from "./token-endpoint.ts"

const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/

/** Changes a code for tokens, once. A second use ends all that the first one gave (RFC 9700, section 2.1.1). */
export async function codeGrant({ parts, client, form, jkt }: TokenRequest): Promise<TokenAnswer> {
  const { grants, settings } = parts
  const verifier = form.require("code_verifier")
  const kept = await grants.codes.get(hashOf(form.require("code")))
  // Another client's code stays good: who asks here cannot have it, nor take it away.
  if (kept === undefined || kept.value.clientId !== client.id) throw badCode()
  const code = kept.value
  const redirectUri = form.get("redirect_uri")
  const grant = await grants.grants.get(code.grantId)
  if (code.used) {
    await grants.grants.remove(code.grantId)
    throw badCode()
  }
  const nowMs = parts.now()
  const { refreshSeconds, accessTokenSeconds } = settings.lifetimes
  const refreshes = client.grants.includes("refresh_token")
  const untilMs = nowMs + (refreshes ? refreshSeconds + accessTokenSeconds : accessTokenSeconds) * 1000
  // Remembered as long as what it gives: one of all who ask at once goes on, the others end it.
  if (!(await grants.codes.change(kept, { ...code, used: true }, nowMs + accessTokenSeconds * 1000))) {
    await grants.grants.remove(code.grantId)
    throw badCode()
  }
  const isRight =
    grant !== undefined &&
    VERIFIER.test(verifier) &&
    isChallengeOf(verifier, code.challenge) &&
    (redirectUri === undefined || redirectUri === code.redirectUri) &&
    (code.jkt === null || code.jkt === jkt)
  if (!isRight || !(await grants.extend(grant, untilMs))) {
    await grants.grants.remove(code.grantId)
    throw badCode()
  }
  const { value } = grant
  if (!(await noteSession({ parts, client }, value))) {
    await grants.grants.remove(code.grantId)
    throw badCode()
  }
  await claimsOf(parts, value.sub, { scopes: [], names: [], clientId: client.id })
  const resources = narrowResources(value.resources, form.all("resource"))
  const base = { client, sub: value.sub, scopes: value.scopes, resources, jkt }
  const answer = await issueAccessToken(parts, { ...base, grant: { id: grant.id, value } })
  const familyUntilMs = nowMs + refreshSeconds * 1000
  return {
    ...answer,
    ...(refreshes && {
      refresh_token: await issueRefreshToken(parts, {
        grantId: grant.id,
        clientId: client.id,
        familyUntilMs,
        jkt: client.authMethod === "none" ? jkt : null,
      }),
    }),
    ...(await idTokenFor({ parts, client }, value, answer.access_token)),
  }
}

/** So that the client is told when the session is over. @returns false where it is already. */
async function noteSession({ parts, client }: Pick<TokenRequest, "parts" | "client">, grant: Grant): Promise<boolean> {
  if (client.backChannelLogoutUri === null || !grant.scopes.includes("openid")) return true
  const session = { id: grant.sub, ...(grant.sid !== null && { sessionId: grant.sid }) }
  const untilMs = parts.now() + parts.settings.lifetimes.sessionSeconds * 1000
  return await parts.backChannel.sessions.note(session, client.id, untilMs)
}

export async function idTokenFor(
  { parts, client }: Pick<TokenRequest, "parts" | "client">,
  grant: Grant,
  accessToken: string,
): Promise<{ readonly id_token?: string }> {
  return grant.scopes.includes("openid") ? { id_token: await issueIdToken(parts, client, { grant, accessToken }) } : {}
}

export async function issueRefreshToken(
  { grants, settings, now }: TokenRequest["parts"],
  family: {
    readonly grantId: string
    readonly clientId: string
    readonly familyUntilMs: number
    readonly jkt: string | null
  },
): Promise<string> {
  const token = randomToken()
  const untilMs = Math.min(now() + settings.lifetimes.refreshIdleSeconds * 1000, family.familyUntilMs)
  await grants.refreshes.add(hashOf(token), { ...family, usedMs: null, again: 0 }, untilMs)
  return token
}

function isChallengeOf(verifier: string, challenge: string): boolean {
  const made = createHash("sha256").update(verifier).digest("base64url")
  return made.length === challenge.length && timingSafeEqual(Buffer.from(made), Buffer.from(challenge))
}

function badCode(): Refusal {
  return new Refusal(
    "invalid_grant",
    "The code is over, was used, or is not for this client, address, verifier or key.",
  )
}
