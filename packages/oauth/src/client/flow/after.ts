import * as oauth from "oauth4webapi"
import { OAuthAnswerInvalid, OAuthGrantEnded, OAuthProviderFailed } from "../../errors.ts"
import type { Connection } from "../connection.ts"
import { explained, isEnded } from "./explain.ts"
import { conform, type ProviderTokens, toTokens } from "./tokens.ts"

/** New tokens for a refresh token. */
export async function refreshTokens(
  connection: Connection,
  tokens: Pick<ProviderTokens, "refreshToken" | "idToken" | "scopes">,
  nowMs: number,
): Promise<ProviderTokens> {
  const { refreshToken } = tokens
  if (refreshToken === undefined) throw new OAuthGrantEnded("The provider gave no refresh token.")
  return await explained(async () => {
    const { provider, client, http } = connection
    const server = await connection.server()
    const raw = await oauth.refreshTokenGrantRequest(
      server,
      client,
      await connection.authenticate(),
      refreshToken,
      http,
    )
    const answer = await conform(provider, raw)
    const isOfTenant = provider.issuerOf !== undefined && (await hasIdToken(answer))
    const issuing = isOfTenant ? await connection.issuing(server, answer) : server
    const result = await process(issuing, client, answer)
    if (oauth.getValidatedIdTokenClaims(result) !== undefined) await connection.checkSignature(issuing, answer)
    const fresh = toTokens(result, nowMs)
    if (isOther(tokens.idToken, fresh.idToken))
      throw new OAuthAnswerInvalid("Expected the new ID token to be of the same person.")
    return {
      ...fresh,
      refreshToken: fresh.refreshToken ?? refreshToken,
      idToken: fresh.idToken ?? tokens.idToken,
      scopes: fresh.scopes ?? tokens.scopes,
    }
  })
}

async function process(
  server: oauth.AuthorizationServer,
  client: oauth.Client,
  answer: Response,
): Promise<oauth.TokenEndpointResponse> {
  try {
    return await oauth.processRefreshTokenResponse(server, client, answer)
  } catch (error) {
    if (error instanceof oauth.ResponseBodyError && isEnded(error)) throw new OAuthGrantEnded()
    throw error
  }
}

async function hasIdToken(answer: Response): Promise<boolean> {
  const body: unknown = await answer
    .clone()
    .json()
    .catch(() => undefined)
  return typeof (body as { readonly id_token?: unknown } | undefined)?.id_token === "string"
}

/** Both were verified when they came. @see https://openid.net/specs/openid-connect-core-1_0.html#RefreshTokenResponse */
function isOther(before: string | undefined, after: string | undefined): boolean {
  if (before === undefined || after === undefined) return false
  const [old, fresh] = [before, after].map(
    (token) =>
      JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8")) as Record<string, unknown>,
  )
  return old!.sub !== fresh!.sub || old!.iss !== fresh!.iss
}

/** Takes a token back at the provider. @returns whether the provider has a way to. */
export async function revokeToken(connection: Connection, tokens: ProviderTokens): Promise<boolean> {
  return await explained(async () => {
    const { provider, client, http } = connection
    if (provider.revocation !== undefined) {
      const { url, ...request } = await provider.revocation(tokens.accessToken)
      const { status } = await connection.ask(url, request)
      // What is gone already is revoked.
      if (status >= 300 && status !== 404 && status !== 422)
        throw new OAuthProviderFailed(`Expected the provider to take a token back, got the status ${status}.`)
      return true
    }
    const server = await connection.server()
    if (server.revocation_endpoint === undefined) return false
    // The refresh token, where there is one: the others end with it.
    const answer = await oauth.revocationRequest(
      server,
      client,
      await connection.authenticate(),
      tokens.refreshToken ?? tokens.accessToken,
      http,
    )
    await oauth.processRevocationResponse(answer)
    return true
  })
}

/** Where a browser signs out at the provider. @see https://openid.net/specs/openid-connect-rpinitiated-1_0.html */
export async function logoutUrl(
  connection: Connection,
  options: { readonly idToken?: string | undefined; readonly returnTo?: string; readonly state?: string },
): Promise<URL | undefined> {
  const { end_session_endpoint } = await explained(() => connection.server())
  if (end_session_endpoint === undefined) return undefined
  const url = connection.pageOf(end_session_endpoint)
  url.searchParams.set("client_id", connection.provider.clientId)
  if (options.idToken !== undefined) url.searchParams.set("id_token_hint", options.idToken)
  if (options.returnTo !== undefined) url.searchParams.set("post_logout_redirect_uri", options.returnTo)
  if (options.state !== undefined) url.searchParams.set("state", options.state)
  return url
}
