import type { KnownClient } from "../clients/client.ts"
import { isRegistered } from "../clients/redirect-uri.ts"
import type { Parts } from "../parts.ts"
import { hashOf, Records } from "../store/records.ts"
import { Parameters, parseScopes, type Parameters as RequestParameters } from "../wire/parameters.ts"
import { type OAuthErrorCode, Refusal } from "../wire/refusal.ts"
import { parseClaims, type RequestedClaims } from "./requested-claims.ts"

/** What a client asks of a person, checked. */
export interface AuthorizationRequest {
  readonly clientId: string
  readonly redirectUri: string
  readonly responseMode: "query" | "form_post"
  readonly state: string | null
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  readonly nonce: string | null
  readonly challenge: string
  readonly jkt: string | null
  readonly prompt: readonly string[]
  readonly maxAgeSeconds: number | null
  readonly loginHint: string | null
  readonly idTokenHint: string | null
  readonly acrValues: readonly string[]
  readonly uiLocales: string | null
  readonly claims: RequestedClaims
}

/** Where an answer may be sent, known to be the client's. */
export type AnswerAddress = Pick<AuthorizationRequest, "redirectUri" | "responseMode" | "state">

/** A request that is refused at the client's own address. */
export class RefusedAtClient extends Refusal {
  readonly address: AnswerAddress

  constructor(error: OAuthErrorCode, description: string, address: AnswerAddress) {
    super(error, description)
    this.address = address
  }
}

export interface PushedRequest {
  readonly clientId: string
  readonly parameters: Readonly<Record<string, string | readonly string[]>>
}

const REQUEST_URI = "urn:ietf:params:oauth:request_uri:"
const PROMPTS: readonly string[] = ["none", "login", "consent", "select_account"]
/** As it goes back in a URL. */
const MAX_STATE = 2_048
const MAX_SHORT = 512
/** SHA-256 in base64url. */
const CHALLENGE = /^[A-Za-z0-9_-]{43}$/

export function toRequestUri(token: string): string {
  return `${REQUEST_URI}${token}`
}

/**
 * Reads and checks a request. Whose it is and where answers go comes first: what is wrong with that is told to the person, never to an
 * address that may be somebody else's.
 *
 * @throws {OAUTH_REFUSED} {@link RefusedAtClient} once the address is known to be the client's.
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1 section 4.1.1
 */
export async function readAuthorizationRequest(parts: Parts, given: RequestParameters): Promise<AuthorizationRequest> {
  const client = await parts.clients.get(given.require("client_id"))
  if (client === undefined) throw new Refusal("invalid_request", "No client has this id.")
  const pushed = await takePushed(parts, client, given)
  if (pushed === undefined && (parts.settings.requirePushedRequests || client.requirePushedRequests))
    throw new Refusal("invalid_request", "This client must push its authorization requests.")
  return checkRequest(parts, client, pushed ?? given)
}

/** The checks alone, as for a request that is pushed. @throws {OAUTH_REFUSED} */
export function checkRequest(parts: Parts, client: KnownClient, given: RequestParameters): AuthorizationRequest {
  const redirectUri = given.require("redirect_uri")
  if (!isRegistered(redirectUri, client.redirectUris, client.authMethod === "none"))
    throw new Refusal("invalid_request", "The redirect_uri is none of this client's.")
  const state = given.get("state") ?? null
  if (state !== null && state.length > MAX_STATE) throw new Refusal("invalid_request", "The state is too long.")
  const mode = given.get("response_mode") ?? "query"
  const address: AnswerAddress = { redirectUri, responseMode: mode === "form_post" ? mode : "query", state }
  if (mode !== "query" && mode !== "form_post")
    throw new RefusedAtClient("invalid_request", "Expected response_mode to be query or form_post.", address)
  try {
    return { ...address, ...checkRest(parts, client, given) }
  } catch (error) {
    if (error instanceof Refusal) throw new RefusedAtClient(error.error, error.message, address)
    throw error
  }
}

function checkRest(
  parts: Parts,
  client: KnownClient,
  given: RequestParameters,
): Omit<AuthorizationRequest, keyof AnswerAddress> {
  if (!client.grants.includes("authorization_code"))
    throw new Refusal("unauthorized_client", "The client may not use the authorization code.")
  if (given.has("request")) throw new Refusal("request_not_supported", "Push the request in place of signing it.")
  if (given.has("registration")) throw new Refusal("registration_not_supported", "Register before.")
  if (given.require("response_type") !== "code")
    throw new Refusal("unsupported_response_type", "Expected response_type to be code.")
  const challenge = given.get("code_challenge")
  if (challenge === undefined || given.get("code_challenge_method") !== "S256" || !CHALLENGE.test(challenge))
    throw new Refusal("invalid_request", "Expected code_challenge, and code_challenge_method S256 (PKCE).")
  const prompt = [...new Set((given.get("prompt") ?? "").split(" ").filter((one) => one !== ""))]
  if (prompt.some((one) => !PROMPTS.includes(one)) || (prompt.includes("none") && prompt.length > 1))
    throw new Refusal("invalid_request", `Expected prompt to be some of ${PROMPTS.join(", ")}, and none alone.`)
  const maxAge = given.get("max_age")
  if (maxAge !== undefined && !/^\d{1,9}$/.test(maxAge))
    throw new Refusal("invalid_request", "Expected max_age to be seconds.")
  const jkt = given.get("dpop_jkt") ?? null
  if (jkt !== null && !CHALLENGE.test(jkt))
    throw new Refusal("invalid_request", "Expected dpop_jkt to be a thumbprint.")
  for (const name of ["nonce", "login_hint", "acr_values", "ui_locales"])
    if ((given.get(name)?.length ?? 0) > MAX_SHORT) throw new Refusal("invalid_request", `The ${name} is too long.`)
  return {
    clientId: client.id,
    scopes: scopesFor(parts, client, given.get("scope")),
    resources: resourcesFor(parts, client, given.all("resource")),
    nonce: given.get("nonce") ?? null,
    challenge,
    jkt,
    prompt,
    maxAgeSeconds: maxAge === undefined ? null : Number(maxAge),
    loginHint: given.get("login_hint") ?? null,
    idTokenHint: given.get("id_token_hint") ?? null,
    acrValues: (given.get("acr_values") ?? "").split(" ").filter((one) => one !== ""),
    uiLocales: given.get("ui_locales") ?? null,
    claims: parseClaims(given.get("claims")),
  }
}

/**
 * The scopes that are asked for. What nobody knows is left out, as OpenID Connect says; what the client may not ask for is refused.
 * @throws {OAUTH_REFUSED} `invalid_scope`
 */
export function scopesFor({ settings }: Parts, client: KnownClient, text: string | undefined): readonly string[] {
  const asked = parseScopes(text)
  const known = asked.filter((scope) => settings.scopes.has(scope))
  if (asked.length > 0 && known.length === 0) throw new Refusal("invalid_scope", "None of the scopes is known.")
  if (client.scopes !== null && known.some((scope) => !client.scopes?.includes(scope)))
    throw new Refusal("invalid_scope", "The client may not ask for one of the scopes.")
  return known
}

/** @throws {OAUTH_REFUSED} `invalid_target` */
export function resourcesFor({ settings }: Parts, client: KnownClient, asked: readonly string[]): readonly string[] {
  const resources = [...new Set(asked)]
  for (const uri of resources)
    if (!settings.resources.has(uri) || (client.resources !== null && !client.resources.includes(uri)))
      throw new Refusal("invalid_target", "One of the resources is not known, or not for this client.")
  return resources
}

/** What was pushed before, once. @see https://www.rfc-editor.org/rfc/rfc9126#section-4 */
async function takePushed(
  parts: Parts,
  client: KnownClient,
  given: RequestParameters,
): Promise<RequestParameters | undefined> {
  const uri = given.get("request_uri")
  if (uri === undefined) return undefined
  if (!uri.startsWith(REQUEST_URI))
    throw new Refusal("request_uri_not_supported", "Only pushed requests have a URI here.")
  const records = new Records<PushedRequest>(parts.store, "par")
  const kept = await records.get(hashOf(uri.slice(REQUEST_URI.length)))
  const isTaken = kept !== undefined && kept.value.clientId === client.id && (await records.remove(kept.id))
  if (!isTaken)
    throw new Refusal("invalid_request_uri", "The pushed request is over, was used, or is another client's.")
  return new Parameters(kept.value.parameters)
}
