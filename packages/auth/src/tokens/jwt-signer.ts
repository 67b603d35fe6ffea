import type { Duration } from "@ashlar/cache"
import { type Clock, systemClock } from "@ashlar/core"
import { toMs } from "../duration.ts"
import { AuthSetupInvalid } from "../errors.ts"
import type { JwtKeys } from "./jwt-keys.ts"

export interface JwtSignerOptions {
  readonly keys: JwtKeys
  /** Who vouches: a URL that verifiers compare. */
  readonly issuer: string
  /** Whom tokens are for, where a call says nothing else. */
  readonly audience: string | readonly string[]
  /** How long a token is good. Default: `5m`. */
  readonly ttl?: Duration
  /** The kind of token, in its header. Default: `at+jwt`, an access token (RFC 9068). */
  readonly type?: string
  /** For tests. Default: the machine's. */
  readonly clock?: Clock
}

/** What a token says: `sub` is whose it is. Times, issuer and audience are the signer's. */
export interface SignClaims {
  readonly sub: string
  readonly [name: string]: unknown
}

export interface SignOptions {
  readonly audience?: string | readonly string[]
  readonly ttl?: Duration
}

export interface JwtSigner {
  /** A signed token, with an id of its own. @throws {AUTH_SETUP_INVALID} */
  sign(claims: SignClaims, options?: SignOptions): Promise<string>
}

/** Claims that the signer writes itself. */
const OWN: readonly string[] = ["iss", "aud", "iat", "exp", "nbf"]

/**
 * Signs tokens with the key that signs now.
 * @throws {AUTH_SETUP_INVALID}
 * @example
 * const signer = createJwtSigner({ keys, issuer: "https://id.example.com", audience: "https://api.example.com" })
 * const token = await signer.sign({ sub: user.id, scope: "books:read", amr: ["pwd"] })
 */
export function createJwtSigner(options: JwtSignerOptions): JwtSigner {
  const { keys, issuer, type = "at+jwt", clock = systemClock, ttl = "5m" } = options
  if (issuer === "") throw new AuthSetupInvalid("Expected issuer to be a text.")
  toMs(ttl, "ttl", 1_000)
  return {
    async sign(claims, { audience = options.audience, ttl: own = ttl } = {}) {
      const odd = OWN.find((name) => Object.hasOwn(claims, name))
      if (odd !== undefined) throw new AuthSetupInvalid(`Expected no ${odd} in the claims: the signer says it.`)
      if (typeof claims.sub !== "string" || claims.sub === "") throw new AuthSetupInvalid("Expected sub to be a text.")
      const { SignJWT } = await import("jose")
      const { kid, alg, key } = await keys.signingKey()
      const nowSeconds = Math.floor(clock.now() / 1_000)
      return await new SignJWT({ jti: crypto.randomUUID(), ...claims })
        .setProtectedHeader({ alg, kid, typ: type })
        .setIssuer(issuer)
        .setAudience(typeof audience === "string" ? audience : [...audience])
        .setIssuedAt(nowSeconds)
        .setExpirationTime(nowSeconds + Math.ceil(toMs(own, "ttl", 1_000) / 1_000))
        .sign(key)
    },
  }
}
