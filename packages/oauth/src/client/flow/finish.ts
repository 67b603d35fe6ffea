import * as oauth from "oauth4webapi"
import { OAuthAnswerInvalid, OAuthSignInDenied } from "../../errors.ts"
import type { Connection } from "../connection.ts"
import { type ExternalIdentity, toIdentity } from "../identity.ts"
import type { Json, ProfileFacts } from "../providers/provider.ts"
import { explained, wordOf } from "./explain.ts"
import { askProfile, conform, type ProviderTokens, toTokens } from "./tokens.ts"
import type { Transaction } from "./transaction.ts"

export interface Found {
  readonly identity: ExternalIdentity
  readonly tokens: ProviderTokens
  readonly sessionId: string | undefined
}

/**
 * Changes the code of an answer for tokens, and asks who the person is.
 * @throws {OAUTH_SIGN_IN_DENIED} {OAUTH_ANSWER_INVALID} {OAUTH_PROVIDER_FAILED}
 */
export async function whoIs(
  connection: Connection,
  transaction: Transaction,
  answer: { readonly parameters: URLSearchParams; readonly redirectUri: string; readonly nowMs: number },
): Promise<Found> {
  return await explained(async () => {
    const { provider, client } = connection
    const server = await connection.server()
    const { parameters, iss } = splitIssuer(connection, answer.parameters)
    const checked = checkAnswer(server, client, parameters, transaction.state)
    const { tokens, claims, issuer } = await exchange(connection, server, { transaction, checked, ...answer })
    if (iss !== undefined && iss !== issuer)
      throw new OAuthAnswerInvalid("Expected the answer to be of the token's issuer.")
    const userinfo =
      provider.asksUserinfo === true && server.userinfo_endpoint !== undefined && claims !== undefined
        ? await askUserinfo(connection, server, { subject: claims.sub as string, accessToken: tokens.accessToken })
        : undefined
    const answers = await askProfile(connection.ask, provider, tokens.accessToken)
    const facts: ProfileFacts = { claims, userinfo, answers, callback: answer.parameters }
    const identity = toIdentity(provider.name, issuer, provider.profile(facts))
    if (identity === undefined) throw new OAuthAnswerInvalid("Expected the provider to name the person.")
    const sid = claims?.sid
    return { identity, tokens, sessionId: typeof sid === "string" && sid.length <= 255 ? sid : undefined }
  })
}

/** Of many tenants the ID token tells which one it is: until then what an answer says of it must be of the same host. */
function splitIssuer(
  { provider }: Connection,
  parameters: URLSearchParams,
): { readonly parameters: URLSearchParams; readonly iss: string | undefined } {
  const iss = parameters.get("iss")
  if (provider.issuerOf === undefined || iss === null) return { parameters, iss: undefined }
  if (URL.parse(iss)?.origin !== new URL(provider.server.issuer).origin)
    throw new OAuthAnswerInvalid("Expected an answer of the provider's.")
  const rest = new URLSearchParams(parameters)
  rest.delete("iss")
  return { parameters: rest, iss }
}

/** The issuer first: whatever else another one says, an error included, is not for this sign-in (RFC 9207). */
function checkAnswer(
  server: oauth.AuthorizationServer,
  client: oauth.Client,
  parameters: URLSearchParams,
  state: string,
): URLSearchParams {
  try {
    return oauth.validateAuthResponse(server, client, parameters, state)
  } catch (error) {
    if (!(error instanceof oauth.AuthorizationResponseError)) throw error
    throw new OAuthSignInDenied(undefined, { details: { error: wordOf(error.error) } })
  }
}

interface Exchanged {
  readonly tokens: ProviderTokens
  readonly claims: Json | undefined
  readonly issuer: string
}

async function exchange(
  connection: Connection,
  server: oauth.AuthorizationServer,
  sent: {
    readonly transaction: Transaction
    readonly checked: URLSearchParams
    readonly redirectUri: string
    readonly nowMs: number
  },
): Promise<Exchanged> {
  const { provider, client, http } = connection
  const { transaction, checked, redirectUri, nowMs } = sent
  const lacks = new Set(provider.lacks)
  const raw = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    await connection.authenticate(),
    checked,
    redirectUri,
    lacks.has("pkce") ? oauth.nopkce : transaction.verifier,
    http,
  )
  const answer = await conform(provider, raw)
  const issuing = await connection.issuing(server, answer)
  const { maxAgeSeconds } = transaction
  const result = await oauth.processAuthorizationCodeResponse(issuing, client, answer, {
    ...(provider.isOpenId && { requireIdToken: true }),
    ...(provider.isOpenId && !lacks.has("nonce") && { expectedNonce: transaction.nonce }),
    ...(maxAgeSeconds !== undefined && { maxAge: maxAgeSeconds }),
  })
  const claims = provider.isOpenId ? (oauth.getValidatedIdTokenClaims(result) as Json | undefined) : undefined
  if (claims !== undefined) {
    if (claims.sub === "") throw new OAuthAnswerInvalid("Expected an ID token that names the person.")
    await connection.checkSignature(issuing, answer)
    const problem = provider.refuses?.(claims)
    if (problem !== undefined)
      throw new OAuthSignInDenied(`The person is ${problem}.`, { details: { error: "refused" } })
  }
  return { tokens: toTokens(result, nowMs), claims, issuer: issuing.issuer }
}

/** It must be about the subject of the ID token: whose access token it is does not say so. */
async function askUserinfo(
  connection: Connection,
  server: oauth.AuthorizationServer,
  { subject, accessToken }: { readonly subject: string; readonly accessToken: string },
): Promise<Json> {
  const { client, http } = connection
  const answer = await oauth.userInfoRequest(server, client, accessToken, http)
  const info = await oauth.processUserInfoResponse(server, client, subject, answer)
  const isSigned = /^application\/jwt\b/i.test(answer.headers.get("content-type") ?? "")
  if (isSigned) await connection.checkSignature(server, answer)
  return info
}
