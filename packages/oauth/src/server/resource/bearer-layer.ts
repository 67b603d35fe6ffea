import type { DeclaredBy } from "@ashlar/core"
import { type BaseContext, type Layer, layer, type Reply, type SecurityScheme } from "@ashlar/http"
import { OAuthTokenInvalid } from "../../errors.ts"
import type { DpopProofs } from "../dpop/dpop-proofs.ts"
import { type AccessClaims, audienceOf } from "../tokens/grants.ts"
import { Refusal } from "../wire/refusal.ts"
import { problemAnswer } from "./problem-answer.ts"

/** Who sent a request, and what they may: `ctx.oauth`. */
export interface OAuthPrincipal {
  /** The person; for a token of the client's own, the client. */
  readonly subject: string
  readonly clientId: string
  readonly scopes: ReadonlySet<string>
  /** All that the token says. */
  readonly claims: AccessClaims
}
export interface BearerProvides {
  readonly oauth: OAuthPrincipal
}
export type BearerErrors = DeclaredBy<typeof OAuthTokenInvalid>

export interface BearerFields {
  readonly issuer: string
  readonly audience: string
  readonly origin: string | undefined
  readonly scheme: SecurityScheme
  /** What a token says that is good now. */
  readonly read: (token: string) => Promise<AccessClaims | undefined>
  readonly proofs: () => Promise<DpopProofs>
}

const HEADER = /^(bearer|dpop) +([A-Za-z0-9._~+/-]{1,8192}=*)$/i

/** Refuses what has no token for this resource. A token that is bound to a key passes with a proof of it only (RFC 9449, section 7). */
export function bearerLayer(fields: BearerFields): Layer<BearerProvides, BearerErrors> {
  return layer({
    name: "bearer",
    errors: [OAuthTokenInvalid],
    security: { oauth: fields.scheme },
    before: async (ctx) => {
      const refuse = (kind: "Bearer" | "DPoP", error?: string, more: Readonly<Record<string, string>> = {}): Reply =>
        problemAnswer(ctx, new OAuthTokenInvalid(), {
          "www-authenticate": error === undefined ? kind : `${kind} error="${error}"`,
          ...more,
        })
      const match = HEADER.exec(ctx.headers.get("authorization") ?? "")
      if (match === null) return refuse("Bearer")
      const token = match[2]!
      const kind = match[1]!.toLowerCase() === "dpop" ? "DPoP" : "Bearer"
      const claims = await fields.read(token)
      const audience = claims === undefined ? [] : audienceOf(claims)
      if (claims === undefined || claims.iss !== fields.issuer || !audience.includes(fields.audience))
        return refuse(kind, "invalid_token")
      const bound = claims.cnf?.jkt
      // A bound token without its proof may be a stolen one.
      if ((bound !== undefined) !== (kind === "DPoP"))
        return refuse(bound === undefined ? "Bearer" : "DPoP", "invalid_token")
      if (bound !== undefined) {
        const problem = await problemOfProof(fields, ctx, { token, bound })
        if (problem !== undefined) return refuse("DPoP", problem.error, problem.headers)
      }
      const scopes = new Set(claims.scope.split(" ").filter((scope) => scope !== ""))
      const oauth: OAuthPrincipal = { subject: claims.sub, clientId: claims.client_id, scopes, claims }
      return { oauth }
    },
  })
}

async function problemOfProof(
  { proofs, origin }: BearerFields,
  ctx: BaseContext,
  { token, bound }: { readonly token: string; readonly bound: string },
): Promise<Pick<Refusal, "error" | "headers"> | undefined> {
  const proof = ctx.headers.get("dpop")
  if (proof === null) return { error: "invalid_dpop_proof", headers: {} }
  try {
    const url = `${origin ?? ctx.url.origin}${ctx.url.pathname}`
    const jkt = await (await proofs()).verify({ proof, method: ctx.method, url, accessToken: token })
    return jkt === bound ? undefined : { error: "invalid_dpop_proof", headers: {} }
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}
