import type { Clock } from "@ashlar/core"
import { errors, jwtVerify, SignJWT } from "jose"
import { TokenRefused } from "./errors.ts"
import type { SigningKeys } from "./signing-keys.ts"

const ALGORITHM = "EdDSA"
/** RFC 9068. A token of another purpose signed by the same keys is no access token. */
const TYPE = "at+jwt"
const MAX_TOKEN_CHARACTERS = 4096

export interface AccessClaims {
  readonly userId: string
  readonly sessionId: string
}

/** Short-lived proofs of a session that anyone with the public keys can check. */
export interface AccessTokens {
  /** @param more What the token says of its holder besides. It is taken from the account, and believed of no token. */
  issue(
    claims: AccessClaims,
    more?: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly token: string; readonly expiresAtMs: number }>
  /** @throws {IDENTITY_TOKEN_REFUSED} with `details.reason` "expired" or "invalid" */
  verify(token: string): Promise<AccessClaims>
}

interface AccessTokensOptions {
  readonly keys: SigningKeys
  readonly clock: Clock
  readonly issuer: string
  readonly audience: string
  readonly lifetimeMs: number
}

export function createAccessTokens(options: AccessTokensOptions): AccessTokens {
  const { keys, clock, issuer, audience, lifetimeMs } = options
  return {
    async issue({ userId, sessionId }, more = {}) {
      const { kid, privateKey } = await keys.current()
      const issuedAtSeconds = Math.floor(clock.now() / 1000)
      const expiresAtSeconds = issuedAtSeconds + Math.floor(lifetimeMs / 1000)
      const token = await new SignJWT({ ...more, sid: sessionId })
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid })
        .setSubject(userId)
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt(issuedAtSeconds)
        .setExpirationTime(expiresAtSeconds)
        .sign(privateKey)
      return { token, expiresAtMs: expiresAtSeconds * 1000 }
    },
    async verify(token) {
      if (token.length > MAX_TOKEN_CHARACTERS) throw refusal("invalid")
      try {
        // The key is chosen from our own by `kid`, and the algorithm is ours, never the token's word.
        const { payload } = await jwtVerify<{ sid: unknown }>(token, ({ kid }) => findKey(keys, kid), {
          algorithms: [ALGORITHM],
          typ: TYPE,
          issuer,
          audience,
          currentDate: new Date(clock.now()),
          requiredClaims: ["sub", "sid", "iat", "exp"],
        })
        if (typeof payload.sub !== "string" || typeof payload.sid !== "string") throw refusal("invalid")
        return { userId: payload.sub, sessionId: payload.sid }
      } catch (error) {
        if (error instanceof TokenRefused) throw error
        throw refusal(error instanceof errors.JWTExpired ? "expired" : "invalid", error)
      }
    },
  }
}

function findKey(keys: SigningKeys, kid: string | undefined): CryptoKey {
  const key = kid === undefined ? undefined : keys.verifier(kid)
  if (!key) throw refusal("invalid")
  return key
}

function refusal(reason: "expired" | "invalid", cause?: unknown): InstanceType<typeof TokenRefused> {
  return reason === "expired"
    ? new TokenRefused("This access token is expired. Refresh it, or sign in again.", { details: { reason }, cause })
    : new TokenRefused(undefined, { details: { reason }, cause })
}
