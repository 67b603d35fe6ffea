import { resourcesFor, scopesFor } from "../authorize/authorization-request.ts"
import { Refusal } from "../wire/refusal.ts"
import { type AccessClaims, audienceOf } from "./grants.ts"
import { type GoodToken, inspectAccessToken } from "./inspect.ts"
import { issueAccessToken, type TokenAnswer } from "./issue.ts"
import { narrowScopes } from "./narrow.ts"
import type { TokenRequest } from "./token-endpoint.ts"

/** What a client asks to exchange. */
export interface ExchangeRequest {
  readonly clientId: string
  /** What the token says that it has. */
  readonly subject: AccessClaims
  /** What the token of the actor says, where there is one. */
  readonly actor: AccessClaims | undefined
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
}
export type ExchangePolicy = (request: ExchangeRequest) => boolean | Promise<boolean>

const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
const TYPES: readonly string[] = [ACCESS_TOKEN, "urn:ietf:params:oauth:token-type:jwt"]
/** Services that act for services: beyond this many something goes in circles. */
const MAX_ACTORS = 5

/**
 * Changes an access token for one for less, or for another resource. It lives no longer than the first, allows nothing more, ends with the
 * same grant, and says who acts.
 * @see https://www.rfc-editor.org/rfc/rfc8693
 */
export async function exchangeGrant(request: TokenRequest): Promise<TokenAnswer> {
  const { parts, client, form, jkt } = request
  const wanted = form.get("requested_token_type") ?? ACCESS_TOKEN
  if (!TYPES.includes(wanted)) throw new Refusal("invalid_request", "Only access tokens can be had by exchange.")
  if (form.has("audience")) throw new Refusal("invalid_target", "Say resource, with a URI, in place of audience.")
  const subject = await read(request, "subject")
  if (subject === undefined) throw new Refusal("invalid_request", "The parameter subject_token is missing.")
  const actor = await read(request, "actor")
  const granted = subject.claims.scope.split(" ").filter((scope) => scope !== "")
  const scopes = narrowScopes(granted, scopesFor(parts, client, form.get("scope")))
  const asked = form.all("resource")
  const own = audienceOf(subject.claims).filter((uri) => uri !== parts.settings.issuer)
  const resources = resourcesFor(parts, client, asked.length > 0 ? asked : own)
  const policy = parts.exchange ?? ((one: ExchangeRequest) => isForLess(one, parts.settings.issuer))
  const isAllowed = await policy({
    clientId: client.id,
    subject: subject.claims,
    actor: actor?.claims,
    scopes,
    resources,
  })
  if (!isAllowed) throw new Refusal("unauthorized_client", "The client may not exchange this token for that.")
  const before = subject.claims.act
  const act = {
    sub: actor?.claims.sub ?? client.id,
    ...(actor !== undefined && { client_id: actor.claims.client_id }),
    ...(before !== undefined && { act: before }),
  }
  if (depthOf(act) > MAX_ACTORS) throw new Refusal("invalid_request", "Too many act for each other.")
  const { grant, claims } = subject
  const answer = await issueAccessToken(parts, {
    client,
    sub: claims.sub,
    scopes,
    resources,
    jkt,
    ...(grant !== undefined && { grant }),
    act,
    notAfter: claims.exp,
  })
  return { ...answer, issued_token_type: ACCESS_TOKEN }
}

/** A client's own token, or one that was sent to it, for nothing more than it has. */
function isForLess({ clientId, subject, actor, resources }: ExchangeRequest, issuer: string): boolean {
  const audience = audienceOf(subject)
  const isWithin = resources.length === 0 ? audience.includes(issuer) : resources.every((uri) => audience.includes(uri))
  return subject.client_id === clientId && actor === undefined && isWithin
}

async function read({ parts, form }: TokenRequest, whose: "subject" | "actor"): Promise<GoodToken | undefined> {
  const token = form.get(`${whose}_token`)
  const type = form.get(`${whose}_token_type`)
  if ((token === undefined) !== (type === undefined))
    throw new Refusal("invalid_request", `Expected ${whose}_token and ${whose}_token_type together.`)
  if (token === undefined || type === undefined) return undefined
  if (!TYPES.includes(type)) throw new Refusal("invalid_request", `Expected ${whose}_token to be an access token.`)
  const good = await inspectAccessToken(parts, token)
  if (good === undefined)
    throw new Refusal("invalid_request", `The ${whose}_token is over, revoked, or none of this server's.`)
  return good
}

function depthOf(act: Readonly<Record<string, unknown>>): number {
  let depth = 0
  for (let one: unknown = act; typeof one === "object" && one !== null && depth <= MAX_ACTORS; depth++)
    one = (one as { readonly act?: unknown }).act
  return depth
}
