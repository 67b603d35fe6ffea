import { type JwtAlgorithm, TokenKeysAway } from "@ashlar/auth"
import { AshlarError } from "@ashlar/core"
import { decodeJwt, errors, type JWTPayload, jwtVerify } from "jose"
import { OAuthAnswerInvalid, OAuthProviderFailed } from "../../errors.ts"
import { hashOf } from "../../server/store/records.ts"
import type { Connection } from "../connection.ts"
import { explained } from "./explain.ts"

/** What a provider says is over. One of `subject` and `sessionId` is there. */
export interface EndedSession {
  readonly issuer: string
  /** Whose. Without `sessionId`: all their sessions. */
  readonly subject: string | undefined
  /** Which: the `sessionId` of the sign-in. */
  readonly sessionId: string | undefined
}

export interface VerifiedLogout extends EndedSession {
  /** Names the token, which is good once. */
  readonly id: string
  readonly expiresAtMs: number
}

const EVENT = "http://schemas.openid.net/event/backchannel-logout"
const MAX_TOKEN = 8_192
/** No token is good for longer after it was made, whatever it says. */
const MAX_AGE_SECONDS = 600
const TYPES: readonly (string | undefined)[] = ["logout+jwt", "application/logout+jwt", "jwt", undefined]

/**
 * Checks a logout token, which came from who knows where.
 * @throws {OAUTH_ANSWER_INVALID} {OAUTH_PROVIDER_FAILED}
 * @see https://openid.net/specs/openid-connect-backchannel-1_0.html#Validation
 */
export async function verifyLogout(
  connection: Connection,
  token: string,
  options: { readonly nowMs: number; readonly toleranceSeconds: number },
): Promise<VerifiedLogout> {
  const { provider } = connection
  const { nowMs, toleranceSeconds } = options
  try {
    if (token.length > MAX_TOKEN) throw invalid()
    const issuer = provider.issuerOf === undefined ? provider.server.issuer : provider.issuerOf(decodeJwt(token))
    if (issuer === undefined) throw invalid()
    const keys = await explained(() => connection.keys())
    const { payload, protectedHeader } = await jwtVerify(
      token,
      async ({ alg, kid }) => await keys.keyFor({ alg: alg as JwtAlgorithm, ...(typeof kid === "string" && { kid }) }),
      {
        issuer,
        audience: provider.clientId,
        algorithms: [...keys.algorithms],
        requiredClaims: ["iat", "exp", "jti"],
        maxTokenAge: MAX_AGE_SECONDS,
        clockTolerance: toleranceSeconds,
        currentDate: new Date(nowMs),
      },
    )
    if (!TYPES.includes(protectedHeader.typ?.toLowerCase())) throw invalid()
    return { issuer, ...endedBy(payload), ...onceOf(payload, { provider: provider.name, toleranceSeconds }) }
  } catch (error) {
    if (error instanceof TokenKeysAway) throw new OAuthProviderFailed("The provider's keys cannot be had.")
    if (error instanceof OAuthProviderFailed) throw error
    // What jose and the keys say of it is for nobody: whoever sent it may be anybody.
    if (error instanceof errors.JOSEError || error instanceof TypeError || error instanceof AshlarError) throw invalid()
    throw error
  }
}

function endedBy(claims: JWTPayload): Pick<EndedSession, "subject" | "sessionId"> {
  const { sub, sid, events, nonce } = claims
  const isLogout = typeof events === "object" && events !== null && Object.hasOwn(events, EVENT)
  const event = isLogout ? (events as Readonly<Record<string, unknown>>)[EVENT] : undefined
  // With a nonce it is an ID token, or would pass for one.
  if (typeof event !== "object" || event === null || nonce !== undefined) throw invalid()
  if (![sub, sid].every((one) => one === undefined || (typeof one === "string" && one !== "" && one.length <= 255)))
    throw invalid()
  if (sub === undefined && sid === undefined) throw invalid()
  return { subject: sub, sessionId: sid as string | undefined }
}

function onceOf(
  { jti = "", exp = 0 }: JWTPayload,
  { provider, toleranceSeconds }: { readonly provider: string; readonly toleranceSeconds: number },
): Pick<VerifiedLogout, "id" | "expiresAtMs"> {
  if (jti === "" || jti.length > 256) throw invalid()
  return { id: hashOf("logout", provider, jti), expiresAtMs: (exp + toleranceSeconds) * 1000 + 1 }
}

function invalid(): InstanceType<typeof OAuthAnswerInvalid> {
  return new OAuthAnswerInvalid("Expected a logout token of the provider's, for this app, that was not used.")
}
