import type { Duration } from "@ashlar/cache"
import { type Clock, systemClock } from "@ashlar/core"
import type { BaseContext } from "@ashlar/http"
import { toMs } from "../duration.ts"
import { AuthSetupInvalid, TokenInvalid } from "../errors.ts"
import { authorizationOf } from "../guards/authorization.ts"
import { type Guard, guard, type Identified, refused } from "../guards/guard.ts"
import { createPrincipal, type Principal } from "../principal.ts"
import { inspectToken, isTokenLike } from "./inspect-token.ts"
import type { JwtKeys, TokenKeys } from "./jwt-keys.ts"
import { createJwtSigner } from "./jwt-signer.ts"
import { createJwtVerifier, type JwtVerifier } from "./jwt-verifier.ts"
import { parseStrictObject } from "./strict-json.ts"

/** Another service that may call this one. */
export interface ServicePeer {
  /** Its keys: `createRemoteKeys`, or the public parts of its `createJwtKeys`. */
  readonly keys: TokenKeys
  /** What it may do here. Default: nothing by role. */
  readonly roles?: readonly string[]
}

export interface ServiceIdentityOptions {
  /** What this service is called: 1 to 100 of `a-z0-9.-`. */
  readonly service: string
  /** Its own keys: no other service has them. */
  readonly keys: JwtKeys
  /** Who may call, by name. */
  readonly peers: Readonly<Record<string, ServicePeer>>
  /** How long a token is good: at most `10m`. Default: `1m`. */
  readonly ttl?: Duration
  /** For tests. Default: the machine's. */
  readonly clock?: Clock
}

export interface ServiceIdentity {
  /** A token for one other service, made anew when half of its time is over: `Authorization: Bearer …`. */
  tokenFor(service: string): Promise<string>
  /** Lets those services pass that are peers, each by its own keys, with tokens that are for this service. */
  readonly guard: Guard<Principal<{ readonly tokenId: string }>>
}

const NAME = /^[a-z0-9](?:[a-z0-9.-]{0,98}[a-z0-9])?$/
/** No other kind of token passes for it, and it passes for no other. */
const TYPE = "service+jwt"
const MAX_TTL_MS = 600_000
const MAX_TOKEN_BYTES = 4_096

/**
 * Who a service is among others, whatever network it is called over: signed tokens of a minute, for one receiver each. No header of a
 * network that is thought safe, and no secret that two services share.
 *
 * @throws {AUTH_SETUP_INVALID}
 * @example
 * const identity = createServiceIdentity({ service: "billing", keys, peers: { orders: { keys: ordersKeys, roles: ["charge"] } } })
 * app.post("/charges", { layers: [identity.guard] }, charge)
 * await fetch(url, { headers: { authorization: `Bearer ${await identity.tokenFor("ledger")}` } })
 */
export function createServiceIdentity(options: ServiceIdentityOptions): ServiceIdentity {
  const { service, keys, ttl = "1m", clock = systemClock } = options
  for (const name of [service, ...Object.keys(options.peers)])
    if (!NAME.test(name))
      throw new AuthSetupInvalid(`Expected services of a-z, 0-9, . and -, got ${JSON.stringify(name)}.`)
  const ttlMs = toMs(ttl, "ttl", 1_000)
  if (ttlMs > MAX_TTL_MS) throw new AuthSetupInvalid("Expected ttl to be at most 10m.")
  return {
    tokenFor: tokensOf(createJwtSigner({ keys, issuer: service, audience: service, ttl, type: TYPE, clock }), {
      service,
      ttlMs,
      clock,
    }),
    guard: guardOfPeers(options, clock),
  }
}

interface TokenFrame {
  readonly service: string
  readonly ttlMs: number
  readonly clock: Clock
}

function tokensOf(
  signer: ReturnType<typeof createJwtSigner>,
  { service, ttlMs, clock }: TokenFrame,
): ServiceIdentity["tokenFor"] {
  const made = new Map<string, { readonly token: Promise<string>; readonly untilMs: number }>()
  return async (audience) => {
    if (!NAME.test(audience)) throw new AuthSetupInvalid("Expected the name of a service.")
    const nowMs = clock.now()
    const known = made.get(audience)
    if (known !== undefined && nowMs < known.untilMs) return await known.token
    const token = signer.sign({ sub: service }, { audience })
    if (made.size >= 1_000) made.clear()
    made.set(audience, { token, untilMs: nowMs + ttlMs / 2 })
    token.catch(() => made.delete(audience)) // the next use tries again
    return await token
  }
}

function guardOfPeers({ service, peers }: ServiceIdentityOptions, clock: Clock): ServiceIdentity["guard"] {
  const known = new Map<string, ServicePeer & { readonly verifier: JwtVerifier }>()
  for (const [issuer, peer] of Object.entries(peers)) {
    const settings = {
      issuer,
      audience: service,
      type: TYPE,
      maxAge: "10m",
      maxTokenBytes: MAX_TOKEN_BYTES,
      clock,
    } as const
    known.set(issuer, { ...peer, verifier: createJwtVerifier({ keys: peer.keys, ...settings }) })
  }
  const identify = async (token: string): Promise<Identified<Principal<{ readonly tokenId: string }>>> => {
    try {
      // Whose it says to be only chooses the keys: those of one peer verify nothing of another.
      const { iss } = parseStrictObject(inspectToken(token, MAX_TOKEN_BYTES).payload) ?? {}
      const peer = typeof iss === "string" ? known.get(iss) : undefined
      if (peer === undefined) return refused()
      const { sub, jti = "" } = await peer.verifier.verify(token)
      if (sub !== iss) return refused()
      return createPrincipal({
        id: sub,
        kind: "service",
        method: "service",
        roles: peer.roles ?? [],
        claims: { tokenId: jti },
      })
    } catch (error) {
      if (error instanceof TokenInvalid) return refused()
      throw error
    }
  }
  return guard({
    name: "service",
    security: { service: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
    challenge: { scheme: "Bearer" },
    identify(ctx: BaseContext) {
      const token = authorizationOf(ctx, "bearer")
      return token === undefined || !isTokenLike(token) ? undefined : identify(token)
    },
  })
}
