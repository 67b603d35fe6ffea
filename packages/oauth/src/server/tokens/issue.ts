import { createHash } from "node:crypto"
import { pickClaims } from "../authorize/requested-claims.ts"
import type { KnownClient } from "../clients/client.ts"
import type { SigningAlgorithm } from "../keys/key-ring.ts"
import type { Parts } from "../parts.ts"
import { hashOf, randomToken } from "../store/records.ts"
import { Refusal } from "../wire/refusal.ts"
import type { AccessClaims, Grant } from "./grants.ts"
import { signToken } from "./sign-token.ts"

/** What the token endpoint answers. */
export interface TokenAnswer {
  readonly access_token: string
  readonly token_type: "Bearer" | "DPoP"
  readonly expires_in: number
  readonly scope: string
  readonly refresh_token?: string
  readonly id_token?: string
  readonly issued_token_type?: string
}

export interface AccessRequest {
  readonly client: KnownClient
  readonly sub: string
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  /** The key that the token is bound to. */
  readonly jkt: string | null
  readonly grant?: { readonly id: string; readonly value: Grant }
  readonly act?: Readonly<Record<string, unknown>>
  /** The token lives no longer, in seconds since 1970. */
  readonly notAfter?: number
}

/** An access token, as the resources that it is for want it. @see https://www.rfc-editor.org/rfc/rfc9068 */
export async function issueAccessToken(parts: Parts, request: AccessRequest): Promise<TokenAnswer> {
  const { settings } = parts
  const { client, jkt, grant, act } = request
  const { resources: asked } = request
  const uris = asked.length > 0 || settings.defaultResource === undefined ? asked : [settings.defaultResource]
  // Who asked for no resource may still ask who the person is.
  const isForServer = asked.length === 0 && (uris.length === 0 || request.scopes.includes("openid"))
  const audience = [...uris, ...(isForServer ? [settings.issuer] : [])]
  const resources = uris.map((uri) => settings.resources.get(uri) ?? {})
  const scopes = request.scopes.filter((scope) =>
    resources.every(
      ({ scopes: own }) => own === undefined || own.includes(scope) || (isForServer && scope === "openid"),
    ),
  )
  const seconds = Math.min(
    ...resources.map((one) => one.accessTokenSeconds ?? settings.lifetimes.accessTokenSeconds),
    settings.lifetimes.accessTokenSeconds,
  )
  const iat = Math.floor(parts.now() / 1000)
  const exp = Math.min(iat + seconds, request.notAfter ?? Number.POSITIVE_INFINITY)
  const { authTimeMs, acr, amr } = grant?.value ?? {}
  const claims: AccessClaims = {
    iss: settings.issuer,
    sub: request.sub,
    aud: audience.length === 1 ? audience[0]! : audience,
    client_id: client.id,
    scope: scopes.join(" "),
    iat,
    exp,
    jti: randomToken(),
    ...(grant !== undefined && { gid: grant.id }),
    ...(authTimeMs !== undefined && { auth_time: Math.floor(authTimeMs / 1000) }),
    ...(acr !== undefined && acr !== null && { acr }),
    ...(amr !== undefined && amr.length > 0 && { amr }),
    ...(jkt !== null && { cnf: { jkt } }),
    ...(act !== undefined && { act }),
  }
  const isOpaque = resources.some((one) => one.tokens === "opaque")
  return {
    access_token: isOpaque
      ? await keepOpaque(parts, claims)
      : await signToken(parts.keys, settings.keys.algorithms[0]!, "at+jwt", { ...claims }),
    token_type: jkt === null ? "Bearer" : "DPoP",
    expires_in: exp - iat,
    scope: claims.scope,
  }
}

async function keepOpaque(parts: Parts, claims: AccessClaims): Promise<string> {
  const token = randomToken()
  await parts.grants.accesses.add(hashOf(token), claims, claims.exp * 1000)
  return token
}

/** @see https://openid.net/specs/openid-connect-core-1_0.html#IDToken */
export async function issueIdToken(
  parts: Parts,
  client: KnownClient,
  { grant, accessToken }: { readonly grant: Grant; readonly accessToken: string },
): Promise<string> {
  const { settings } = parts
  const algorithm = client.idTokenAlgorithm ?? settings.keys.algorithms[0]!
  const names = grant.claims.idToken
  const known = names.length === 0 ? {} : await claimsOf(parts, grant.sub, { scopes: [], names, clientId: client.id })
  const iat = Math.floor(parts.now() / 1000)
  return await signToken(parts.keys, algorithm, "JWT", {
    ...pickClaims(known, [], names),
    iss: settings.issuer,
    sub: grant.sub,
    aud: client.id,
    iat,
    exp: iat + settings.lifetimes.idTokenSeconds,
    auth_time: Math.floor(grant.authTimeMs / 1000),
    at_hash: atHash(accessToken, algorithm),
    ...(grant.nonce !== null && { nonce: grant.nonce }),
    ...(grant.acr !== null && { acr: grant.acr }),
    ...(grant.amr.length > 0 && { amr: grant.amr }),
    ...(grant.sid !== null && { sid: grant.sid }),
  })
}

/** What the app knows of a person. @throws {OAUTH_REFUSED} `invalid_grant` for one who is no more. */
export async function claimsOf(
  parts: Parts,
  sub: string,
  request: { readonly scopes: readonly string[]; readonly names: readonly string[]; readonly clientId: string },
): Promise<Readonly<Record<string, unknown>>> {
  if (parts.people.claims === undefined) return {}
  const claims = await parts.people.claims(sub, request)
  if (claims === undefined) throw new Refusal("invalid_grant", "The person is no more.")
  return claims
}

/** The left half of the hash that the signature uses. */
function atHash(accessToken: string, algorithm: SigningAlgorithm): string {
  const digest = createHash(algorithm === "EdDSA" ? "sha512" : "sha256")
    .update(accessToken)
    .digest()
  return digest.subarray(0, digest.length / 2).toString("base64url")
}
