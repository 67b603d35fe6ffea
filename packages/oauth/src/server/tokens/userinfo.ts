import type { BaseContext } from "@ashlar/http"
import { pickClaims } from "../authorize/requested-claims.ts"
import type { Parts } from "../parts.ts"
import { Refusal } from "../wire/refusal.ts"
import { audienceOf } from "./grants.ts"
import { inspectAccessToken } from "./inspect.ts"

/** `GET` and `POST /oauth/userinfo`. @see https://openid.net/specs/openid-connect-core-1_0.html#UserInfo */
export async function userinfo(parts: Parts, ctx: BaseContext): Promise<unknown> {
  const { settings, people, dpop } = parts
  const match = /^(bearer|dpop) +([A-Za-z0-9._~+/-]+=*)$/i.exec(ctx.headers.get("authorization") ?? "")
  if (match === null) throw challenge("Bearer")
  const [, scheme, token] = match
  const isDpop = scheme!.toLowerCase() === "dpop"
  const kind = isDpop ? "DPoP" : "Bearer"
  const good = await inspectAccessToken(parts, token!)
  const proof = ctx.headers.get("dpop")
  const bound = good?.claims.cnf?.jkt
  if (good === undefined || !audienceOf(good.claims).includes(settings.issuer) || (bound !== undefined) !== isDpop)
    throw challenge(kind, "invalid_token", "The access token is over, revoked, or not for here.")
  if (bound !== undefined) {
    if (proof === null) throw challenge(kind, "invalid_dpop_proof", "The proof is missing.")
    const jkt = await dpop
      .verify({ proof, method: ctx.method, url: settings.endpoints.userinfo, accessToken: token! })
      .catch((error: unknown) => {
        throw error instanceof Refusal ? challenge(kind, error.error, error.message, error.headers) : error
      })
    if (jkt !== bound) throw challenge(kind, "invalid_dpop_proof", "The proof is of another key.")
  }
  const scopes = good.claims.scope.split(" ")
  if (good.grant === undefined || !scopes.includes("openid"))
    throw new Refusal("insufficient_scope", "The access token lacks the scope openid.", {
      status: 403,
      headers: { "www-authenticate": `${kind} error="insufficient_scope", scope="openid"` },
    })
  const { sub, claims: asked, clientId } = good.grant.value
  const names = asked.userinfo
  const known = people.claims === undefined ? {} : await people.claims(sub, { scopes, names, clientId })
  if (known === undefined) throw challenge(kind, "invalid_token", "The person is no more.")
  return ctx.json({ ...pickClaims(known, scopes, names), sub }).withHeaders({ "cache-control": "no-store" })
}

function challenge(
  kind: "Bearer" | "DPoP",
  error?: Refusal["error"],
  description = "An access token is needed.",
  headers: Readonly<Record<string, string>> = {},
): Refusal {
  const text = error === undefined ? kind : `${kind} error="${error}", error_description="${description}"`
  return new Refusal(error ?? "invalid_token", description, {
    status: 401,
    headers: { ...headers, "www-authenticate": text },
  })
}
