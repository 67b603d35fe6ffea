import type { BaseContext } from "@ashlar/http"
import { TokenInvalid } from "../errors.ts"
import { authorizationOf } from "../guards/authorization.ts"
import { type Guard, guard, type Identified, refused } from "../guards/guard.ts"
import type { Actor, AnyPrincipal, Principal } from "../principal.ts"
import { isTokenLike } from "./inspect-token.ts"
import type { JwtClaims, JwtVerifier } from "./jwt-verifier.ts"

export interface JwtGuardOptions<P extends AnyPrincipal> {
  readonly verifier: JwtVerifier
  /** Default `jwt`. */
  readonly name?: string
  /**
   * Makes the principal of what the token says; `undefined` refuses it, as when it was revoked. Default: {@link principalOfClaims}.
   */
  readonly toPrincipal?: (claims: JwtClaims, ctx: BaseContext) => P | undefined | Promise<P | undefined>
}

/**
 * A guard for tokens in `Authorization: Bearer`. What has not the form of a token is left to other guards.
 * @see https://www.rfc-editor.org/rfc/rfc6750
 * @example const bearer = jwtGuard({ verifier: createJwtVerifier({ keys, issuer, audience }) })
 */
export function jwtGuard<P extends AnyPrincipal = Principal>({
  verifier,
  name = "jwt",
  toPrincipal,
}: JwtGuardOptions<P>): Guard<P> {
  const make = toPrincipal ?? ((claims: JwtClaims) => principalOfClaims(claims, name) as unknown as P)
  const identify = async (ctx: BaseContext, token: string): Promise<Identified<P>> => {
    try {
      return (await make(await verifier.verify(token), ctx)) ?? refused()
    } catch (error) {
      if (error instanceof TokenInvalid) return refused()
      throw error
    }
  }
  return guard<P>({
    name,
    security: { [name]: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
    challenge: { scheme: "Bearer" },
    identify(ctx) {
      const token = authorizationOf(ctx, "bearer")
      return token === undefined || !isTokenLike(token) ? undefined : identify(ctx, token)
    },
  })
}

/**
 * The principal of an access token: `sub`, `roles`, `scope`, `amr`, `acr`, `auth_time`, `sid` and `act`, in the words of RFC 9068 and
 * RFC 8693. A token without `scope` was granted none: it passes no `requireScopes`. All that it says is in `claims`.
 */
export function principalOfClaims(claims: JwtClaims, method = "jwt"): Principal<JwtClaims> {
  const { acr, auth_time: authTime, sid } = claims
  const actor = actorOf(claims.act)
  return {
    id: claims.sub,
    kind: claims.client_id === claims.sub ? "service" : "user",
    method,
    roles: texts(claims.roles),
    permissions: [],
    scopes: typeof claims.scope === "string" ? claims.scope.split(" ").filter((one) => one !== "") : texts(claims.scp),
    claims,
    amr: texts(claims.amr),
    ...(typeof acr === "string" && { acr }),
    ...(typeof authTime === "number" && { authTimeMs: authTime * 1_000 }),
    ...(typeof sid === "string" && { sessionId: sid }),
    ...(actor !== undefined && { actor }),
  }
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : []
}

function actorOf(act: unknown): Actor | undefined {
  if (typeof act !== "object" || act === null) return undefined
  const { sub } = act as { readonly sub?: unknown }
  // Somebody else acts, even where it is not said well who.
  return { id: typeof sub === "string" ? sub : "unknown", kind: "user" }
}
