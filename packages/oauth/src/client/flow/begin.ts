import * as oauth from "oauth4webapi"
import { OAuthProviderFailed } from "../../errors.ts"
import type { Connection } from "../connection.ts"
import { explained } from "./explain.ts"
import type { Transaction } from "./transaction.ts"

/** What one sign-in asks for besides. */
export interface BeginOptions {
  /** Where to go on: a path of the app, at most 1,000 characters. Anything else becomes `/`. Default: `/`. */
  readonly next?: string | undefined
  /** Who is signed in already, and asked to connect this provider. */
  readonly connect?: string | undefined
  /** The person must have signed in at the provider within so many seconds; 0: now. OpenID Connect only. */
  readonly maxAgeSeconds?: number | undefined
  /** What the provider may use: `prompt`, `login_hint`. What this package says itself is not changed by it. */
  readonly parameters?: Readonly<Record<string, string>>
}

/** Nobody but this package says them. */
const OWN: ReadonlySet<string> = new Set([
  "client_id",
  "redirect_uri",
  "response_type",
  "response_mode",
  "state",
  "nonce",
  "code_challenge",
  "code_challenge_method",
  "request",
  "request_uri",
  "max_age",
])

/** The address at the provider that a browser is sent to. */
export async function authorizationUrl(
  connection: Connection,
  transaction: Transaction,
  options: { readonly redirectUri: string; readonly parameters?: Readonly<Record<string, string>> | undefined },
): Promise<URL> {
  return await explained(async () => {
    const server = await connection.server()
    const { authorization_endpoint } = server
    if (authorization_endpoint === undefined)
      throw new OAuthProviderFailed("Expected the provider to have an authorization endpoint.")
    const url = connection.pageOf(authorization_endpoint)
    const parameters = await parametersOf(connection, transaction, options)
    const isPushed =
      server.pushed_authorization_request_endpoint !== undefined &&
      (connection.provider.pushes === true || server.require_pushed_authorization_requests === true)
    const shown = isPushed ? await push(connection, server, parameters) : parameters
    for (const [name, value] of shown) url.searchParams.set(name, value)
    return url
  })
}

async function parametersOf(
  { provider }: Connection,
  { state, nonce, verifier, maxAgeSeconds }: Transaction,
  options: Parameters<typeof authorizationUrl>[2],
): Promise<URLSearchParams> {
  const lacks = new Set(provider.lacks)
  const asked = Object.entries({ ...provider.parameters, ...options.parameters })
  const all = new URLSearchParams(asked.filter(([name]) => !OWN.has(name)))
  all.set("client_id", provider.clientId)
  all.set("redirect_uri", options.redirectUri)
  all.set("response_type", "code")
  all.set("state", state)
  if (!all.has("scope") && provider.scopes.length > 0) all.set("scope", provider.scopes.join(" "))
  if (provider.formPost === true) all.set("response_mode", "form_post")
  if (provider.isOpenId && !lacks.has("nonce")) all.set("nonce", nonce)
  if (maxAgeSeconds !== undefined) all.set("max_age", String(maxAgeSeconds))
  if (!lacks.has("pkce")) {
    all.set("code_challenge", await oauth.calculatePKCECodeChallenge(verifier))
    all.set("code_challenge_method", "S256")
  }
  return all
}

/** @see https://www.rfc-editor.org/rfc/rfc9126 */
async function push(
  connection: Connection,
  server: oauth.AuthorizationServer,
  parameters: URLSearchParams,
): Promise<URLSearchParams> {
  const { client, http } = connection
  const answer = await oauth.pushedAuthorizationRequest(
    server,
    client,
    await connection.authenticate(),
    parameters,
    http,
  )
  const { request_uri } = await oauth.processPushedAuthorizationResponse(server, client, answer)
  return new URLSearchParams({ client_id: client.client_id, request_uri })
}
