import { OAuthIssuerAway, OAuthOptionInvalid } from "../../errors.ts"
import type { AccessClaims } from "../tokens/grants.ts"
import type { BearerOptions } from "./bearer.ts"

/** Who asks the issuer about tokens: a client of its own, which is registered for the resource by name. */
export interface IntrospectionOptions {
  readonly clientId: string
  readonly clientSecret: string
  /** Where to ask. Default: what the issuer's metadata says. */
  readonly endpoint?: string
}

const TIMEOUT_MS = 5_000
const MAX_ANSWER = 64 * 1024

/**
 * Asks the issuer about each token, so that one that was revoked is refused at once.
 * @see https://www.rfc-editor.org/rfc/rfc7662
 */
export function introspection(
  {
    issuer,
    fetch: get = fetch,
    clock,
  }: Pick<BearerOptions, "issuer" | "fetch"> & { readonly clock: { now(): number } },
  { clientId, clientSecret, endpoint }: IntrospectionOptions,
  find: () => Promise<Readonly<Record<string, unknown>>>,
): (token: string) => Promise<AccessClaims | undefined> {
  if (clientId === "" || clientSecret === "")
    throw new OAuthOptionInvalid("Expected introspect to have the id and the secret of a client.")
  const encode = (text: string): string => encodeURIComponent(text).replaceAll("%20", "+")
  const authorization = `Basic ${Buffer.from(`${encode(clientId)}:${encode(clientSecret)}`).toString("base64")}`
  return async (token) => {
    const url = endpoint ?? (await find()).introspection_endpoint
    if (typeof url !== "string") throw new OAuthIssuerAway("The issuer does not say where it tells of tokens.")
    const answer = await get(url, {
      method: "POST",
      headers: { authorization, accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ token, token_type_hint: "access_token" }).toString(),
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const text = await answer.text()
    if (!answer.ok || text.length > MAX_ANSWER)
      throw new OAuthIssuerAway(`The issuer answered ${answer.status} of a token.`)
    return toClaims(JSON.parse(text) as Readonly<Record<string, unknown>>, issuer, clock.now() / 1000)
  }
}

function toClaims(
  said: Readonly<Record<string, unknown>>,
  issuer: string,
  nowSeconds: number,
): AccessClaims | undefined {
  const { active, sub, client_id: clientId, exp, iss = issuer, scope = "" } = said
  const isGood = active === true && typeof exp === "number" && exp > nowSeconds && iss === issuer
  if (!isGood || typeof sub !== "string" || typeof clientId !== "string" || typeof scope !== "string") return undefined
  const { aud } = said
  const isAudience = typeof aud === "string" || (Array.isArray(aud) && aud.every((one) => typeof one === "string"))
  if (!isAudience) return undefined
  const { active: _, ...claims } = said
  return { jti: "", iat: 0, ...claims, iss: issuer, sub, aud, client_id: clientId, exp, scope }
}
