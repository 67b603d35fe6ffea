import { createHash } from "node:crypto"
import type { Clock, IdSource } from "@ashlar/core"
import { jwtVerify, SignJWT } from "jose"
import { ServiceRefused } from "./errors.ts"
import type { Sealer } from "./sealer.ts"

/** What one node asks of another. The proof holds for this request, and for no other. */
export interface ServiceRequest {
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly body?: Uint8Array
}

/** Who asks: another process of the same operator. */
export interface ServiceCaller {
  readonly service: string
}

/**
 * How processes of one operator know each other: by a proof that only holders of the service key can make. It lives half a minute, is for one
 * service and one request, and is taken once. No header or address counts in its place.
 */
export interface ServiceTokens {
  /** @returns the text for `Authorization: Service <text>` */
  issue(request: ServiceRequest & { readonly from: string; readonly to: string }): Promise<string>
  /**
   * @param expected `to`: the service that was asked, which is this one.
   * @throws {IDENTITY_SERVICE_REFUSED} for whatever is not exactly that, and when it was shown here before
   */
  verify(token: string, expected: ServiceRequest & { readonly to: string }): Promise<ServiceCaller>
}

/** HMAC: whoever verifies may also sign, for all of them hold the service key. */
const ALGORITHM = "HS256"
const TYPE = "ashlar-service+jwt"
const LIFETIME_SECONDS = 30
/** Clocks of nodes differ; by more than that they are wrong. */
const TOLERANCE_SECONDS = 5
const MAX_TOKEN_CHARACTERS = 2048
/** Proofs that are remembered until they are over. When there are more at once, the next ones are refused, not forgotten. */
const MAX_SEEN = 100_000

export function createServiceTokens(options: {
  /** Made of the key that the processes share: another installation's tokens are none here. */
  readonly sealer: Sealer
  readonly clock: Clock
  readonly ids: IdSource
}): ServiceTokens {
  const { clock, ids } = options
  const key = options.sealer.deriveKey("service-identity")
  /** Until when each proof that was taken must be remembered. */
  const seen = new Map<string, number>()

  function takeOnce(id: string, expiresAtMs: number): void {
    const nowMs = clock.now()
    for (const [old, untilMs] of seen) {
      if (untilMs > nowMs) break
      seen.delete(old)
    }
    if (seen.has(id) || seen.size >= MAX_SEEN) throw new ServiceRefused()
    seen.set(id, expiresAtMs + TOLERANCE_SECONDS * 1000)
  }

  return {
    async issue({ from, to, ...request }) {
      const issuedAtSeconds = Math.floor(clock.now() / 1000)
      return await new SignJWT({ req: hashRequest(request) })
        .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
        .setIssuer(from)
        .setAudience(to)
        .setJti(ids())
        .setIssuedAt(issuedAtSeconds)
        .setExpirationTime(issuedAtSeconds + LIFETIME_SECONDS)
        .sign(key)
    },

    async verify(token, { to, ...request }) {
      if (token.length > MAX_TOKEN_CHARACTERS) throw new ServiceRefused()
      const verified = await jwtVerify<{ req: unknown }>(token, key, {
        algorithms: [ALGORITHM],
        typ: TYPE,
        audience: to,
        currentDate: new Date(clock.now()),
        clockTolerance: TOLERANCE_SECONDS,
        maxTokenAge: LIFETIME_SECONDS,
        requiredClaims: ["iss", "jti", "iat", "exp", "req"],
      }).catch((cause: unknown) => {
        throw new ServiceRefused(undefined, { cause })
      })
      const { iss: service = "", jti = "", exp = 0, req } = verified.payload
      if (req !== hashRequest(request)) throw new ServiceRefused()
      takeOnce(jti, exp * 1000)
      return { service }
    },
  }
}

function hashRequest({ method, path, body = new Uint8Array() }: ServiceRequest): string {
  const bodyHash = createHash("sha256").update(body).digest("hex")
  return createHash("sha256")
    .update(JSON.stringify([method, path, bodyHash]))
    .digest("base64url")
}
