import type { JWK } from "jose"
import { OAuthOptionInvalid } from "../../errors.ts"
import type { SigningAlgorithm } from "../keys/key-ring.ts"
import type { Settings } from "../settings.ts"
import { Refusal } from "../wire/refusal.ts"
import { type ClientAuthMethod, type GrantType, type KnownClient, type OAuthClient, toKnownClient } from "./client.ts"
import { problemOfServerUri } from "./client-outbound.ts"
import { problemOfRedirectUri } from "./redirect-uri.ts"

/** What a client says of itself, checked, in the words of the protocol. @see https://www.rfc-editor.org/rfc/rfc7591#section-2 */
export interface ClientMetadata {
  readonly id: string
  readonly secret: string | undefined
  readonly method: ClientAuthMethod
  readonly said: Readonly<Record<string, unknown>>
}

const METHODS: readonly string[] = ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"]
const ALGORITHMS: readonly string[] = ["RS256", "PS256", "ES256", "EdDSA"]
/** What is not understood: taken for granted it would be a promise. */
const REFUSED: readonly string[] = ["sector_identifier_uri", "software_statement", "request_uris"]
const MAX_ITEMS = 50

/** How a client says that it shows who it is. */
export function methodOf(said: Readonly<Record<string, unknown>>): ClientAuthMethod {
  const method = textOf(said, "token_endpoint_auth_method") ?? "client_secret_basic"
  if (!METHODS.includes(method)) throw bad("token_endpoint_auth_method is not known")
  return method as ClientAuthMethod
}

/** @throws {OAUTH_REFUSED} `invalid_client_metadata`, `invalid_redirect_uri` */
export function toClient(settings: Settings, { id, secret, method, said }: ClientMetadata): KnownClient {
  const { registration } = settings
  if (registration === undefined) throw bad("nobody can register")
  for (const name of REFUSED) if (said[name] !== undefined) throw bad(`${name} is not supported`)
  const redirectUris = listOf(said, "redirect_uris") ?? []
  for (const uri of [...redirectUris, ...(listOf(said, "post_logout_redirect_uris") ?? [])]) {
    const problem = problemOfRedirectUri(uri)
    if (problem !== undefined) throw new Refusal("invalid_redirect_uri", `A redirect URI ${problem.split(":")[0]}.`)
  }
  const grants = listOf(said, "grant_types") ?? ["authorization_code"]
  if (grants.some((grant) => !registration.grants.includes(grant as GrantType)))
    throw bad("grant_types are not allowed")
  const isForCodes = grants.includes("authorization_code")
  const responses = listOf(said, "response_types") ?? (isForCodes ? ["code"] : [])
  if (responses.some((one) => one !== "code") || responses.includes("code") !== isForCodes)
    throw bad("response_types do not fit the grant_types")
  const scopes = (textOf(said, "scope") ?? registration.scopes.join(" ")).split(" ").filter((scope) => scope !== "")
  if (scopes.some((scope) => !registration.scopes.includes(scope) || !settings.scopes.has(scope)))
    throw bad("scope holds what is not allowed")
  const algorithm = textOf(said, "id_token_signed_response_alg")
  if (
    algorithm !== undefined &&
    !(ALGORITHMS.includes(algorithm) && settings.keys.algorithms.includes(algorithm as SigningAlgorithm))
  )
    throw bad("id_token_signed_response_alg is not supported")
  const name = textOf(said, "client_name")
  const logoutUri = textOf(said, "backchannel_logout_uri")
  try {
    return toKnownClient({
      id,
      ...(name !== undefined && { name }),
      authMethod: method,
      ...(secret !== undefined && { secret }),
      ...(method === "private_key_jwt" && keysOf(said)),
      redirectUris,
      grants: grants as GrantType[],
      scopes,
      postLogoutRedirectUris: listOf(said, "post_logout_redirect_uris") ?? [],
      ...(logoutUri !== undefined && { backChannelLogoutUri: publicUri("backchannel_logout_uri", logoutUri) }),
      requirePushedRequests: said.require_pushed_authorization_requests === true,
      requireDpop: said.dpop_bound_access_tokens === true,
      ...(algorithm !== undefined && { idTokenAlgorithm: algorithm as SigningAlgorithm }),
    })
  } catch (error) {
    if (error instanceof OAuthOptionInvalid) throw bad("the name, the keys, or what goes together does not fit")
    throw error
  }
}

/** What is registered, in the words of the protocol. */
export function describeClient(client: KnownClient): Readonly<Record<string, unknown>> {
  return {
    client_id: client.id,
    client_id_issued_at: Math.floor((client.registration?.atMs ?? 0) / 1000),
    client_name: client.name,
    redirect_uris: client.redirectUris,
    post_logout_redirect_uris: client.postLogoutRedirectUris,
    grant_types: client.grants,
    response_types: client.grants.includes("authorization_code") ? ["code"] : [],
    token_endpoint_auth_method: client.authMethod,
    scope: (client.scopes ?? []).join(" "),
    ...(client.jwks.length > 0 && { jwks: { keys: client.jwks } }),
    ...(client.jwksUri !== null && { jwks_uri: client.jwksUri }),
    ...(client.backChannelLogoutUri !== null && { backchannel_logout_uri: client.backChannelLogoutUri }),
    ...(client.idTokenAlgorithm !== null && { id_token_signed_response_alg: client.idTokenAlgorithm }),
    require_pushed_authorization_requests: client.requirePushedRequests,
    dpop_bound_access_tokens: client.requireDpop,
  }
}

function textOf(said: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = Object.hasOwn(said, name) ? said[name] : undefined
  if (value === undefined || (typeof value === "string" && value.length <= 2_048)) return value
  throw bad(`${name} is no text, or too long`)
}
function listOf(said: Readonly<Record<string, unknown>>, name: string): string[] | undefined {
  const value: unknown = Object.hasOwn(said, name) ? said[name] : undefined
  if (value === undefined) return undefined
  if (Array.isArray(value) && value.length <= MAX_ITEMS && value.every((one) => typeof one === "string"))
    return [...new Set<string>(value)]
  throw bad(`${name} is no list of texts, or too long`)
}
/** Its keys, or where they are. */
function keysOf(said: Readonly<Record<string, unknown>>): Pick<OAuthClient, "jwks" | "jwksUri"> {
  const uri = textOf(said, "jwks_uri")
  if (uri === undefined) return { jwks: jwksOf(said) }
  if (said.jwks !== undefined) throw bad("jwks and jwks_uri are both there")
  return { jwksUri: publicUri("jwks_uri", uri) }
}
/** Whoever registers is a stranger: what they name is never this machine. That it is no private address is seen when it is asked. */
function publicUri(name: string, uri: string): string {
  if (problemOfServerUri(uri) !== undefined || !uri.startsWith("https:")) throw bad(`${name} is no https URL`)
  return uri
}
function jwksOf({ jwks }: Readonly<Record<string, unknown>>): { readonly keys: readonly JWK[] } {
  const keys = typeof jwks === "object" && jwks !== null && "keys" in jwks ? jwks.keys : undefined
  const isList = Array.isArray(keys) && keys.every((key) => typeof key === "object" && key !== null)
  if (!isList || JSON.stringify(keys).length > 16_384) throw bad("jwks holds no keys, or too many")
  return { keys: keys as JWK[] }
}
function bad(what: string): Refusal {
  return new Refusal("invalid_client_metadata", `The metadata cannot be taken: ${what}.`)
}
