import { createRemoteKeys, type JwtAlgorithm, type TokenKeys } from "@ashlar/auth"
import type { Clock } from "@ashlar/core"
import { decodeJwt } from "jose"
import * as oauth from "oauth4webapi"
import { OAuthAnswerInvalid, OAuthProviderFailed } from "../errors.ts"
import { type Ask, createAsk, type OutboundLimits, type OutboundOptions } from "./outbound.ts"
import type { Json, Provider } from "./providers/provider.ts"

export interface ConnectionOptions extends OutboundLimits, Pick<OutboundOptions, "fetch"> {
  readonly clock: Clock
  readonly clockToleranceSeconds: number
  readonly isOwn: boolean
}

/** How the library asks. */
interface Http {
  readonly [oauth.customFetch]: (
    url: string,
    request: { readonly method: string; readonly headers: Record<string, string>; readonly body?: unknown },
  ) => Promise<Response>
  readonly [oauth.allowInsecureRequests]?: boolean
}

/** What was discovered is asked for again after it. */
const DISCOVERED_MS = 3_600_000
/** With a key that is the provider's alone. What a server lists besides, `none` or a shared secret, counts for nothing. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]

/** A provider as it is talked to: where its endpoints are, and its keys. */
export class Connection {
  readonly provider: Provider
  readonly ask: Ask
  readonly #options: ConnectionOptions
  readonly #jwks: oauth.JWKSCacheInput = {}
  #keys: { readonly uri: string; readonly keys: TokenKeys } | undefined
  #known: { readonly server: oauth.AuthorizationServer; readonly untilMs: number } | undefined
  #asking: Promise<oauth.AuthorizationServer> | undefined

  constructor(provider: Provider, options: ConnectionOptions) {
    this.provider = provider
    this.#options = options
    this.ask = createAsk(provider, options, options.isOwn)
  }

  /** @throws {OAUTH_PROVIDER_FAILED} {OAUTH_ANSWER_INVALID} */
  async server(): Promise<oauth.AuthorizationServer> {
    if (this.#known !== undefined && this.#known.untilMs > this.#options.clock.now()) return this.#known.server
    // Of all who ask at once, one does.
    this.#asking ??= this.#find().finally(() => {
      this.#asking = undefined
    })
    return await this.#asking
  }
  async #find(): Promise<oauth.AuthorizationServer> {
    const { server } = this.provider
    const found = server.discover === true ? await this.#discover(server.issuer) : published(this.provider)
    const untilMs = server.discover === true ? this.#options.clock.now() + DISCOVERED_MS : Number.POSITIVE_INFINITY
    this.#known = { server: found, untilMs }
    return found
  }
  async #discover(text: string): Promise<oauth.AuthorizationServer> {
    const issuer = new URL(text)
    const found = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, this.http))
    // To the letter: everything else that says who the issuer is will be compared so.
    if (found.issuer !== text) throw new OAuthAnswerInvalid(`Expected the issuer to say that it is ${text}.`)
    const allowed = this.provider.server.algorithms ?? ALGORITHMS
    const good = (offered: readonly string[] = ["RS256"]): string[] => offered.filter((one) => allowed.includes(one))
    return {
      ...found,
      id_token_signing_alg_values_supported: good(found.id_token_signing_alg_values_supported),
      userinfo_signing_alg_values_supported: good(found.userinfo_signing_alg_values_supported),
    }
  }

  /** An address that browsers are sent to. @throws {OAUTH_PROVIDER_FAILED} where it is no page of a provider's. */
  pageOf(endpoint: string): URL {
    const url = URL.parse(endpoint)
    const isPlain = url?.protocol === "http:" && this.provider.server.issuer.startsWith("http:")
    if (url !== null && (url.protocol === "https:" || isPlain)) return url
    throw new OAuthProviderFailed("Expected the provider's pages to be https.")
  }
  get client(): oauth.Client {
    const { clock, clockToleranceSeconds } = this.#options
    return {
      client_id: this.provider.clientId,
      [oauth.clockTolerance]: clockToleranceSeconds,
      [oauth.clockSkew]: Math.round((clock.now() - Date.now()) / 1000),
    }
  }
  get http(): Http {
    const isPlain = this.#options.isOwn && this.provider.server.issuer.startsWith("http:")
    return {
      [oauth.customFetch]: async (url, { method, headers, body }) =>
        await this.ask(url, { method, headers, ...(body instanceof URLSearchParams && { body: body.toString() }) }),
      ...(isPlain && { [oauth.allowInsecureRequests]: true }),
    }
  }
  async authenticate(): Promise<oauth.ClientAuth> {
    const { authentication } = this.provider
    if (authentication.method === "none") return oauth.None()
    const secret = await authentication.secret(this.#options.clock.now())
    return authentication.method === "client_secret_basic"
      ? oauth.ClientSecretBasic(secret)
      : oauth.ClientSecretPost(secret)
  }
  /** The keys that sign what comes without being asked for. One that is not known is asked for, and then not again for a while. */
  async keys(): Promise<TokenKeys> {
    const { jwks_uri, id_token_signing_alg_values_supported: offered } = await this.server()
    if (jwks_uri === undefined) throw new OAuthProviderFailed("Expected the provider to say where its keys are.")
    if (this.#keys?.uri !== jwks_uri) {
      const algorithms = (offered ?? ["RS256"]).filter((one) => ALGORITHMS.includes(one)) as JwtAlgorithm[]
      this.#keys = { uri: jwks_uri, keys: createRemoteKeys(jwks_uri, { algorithms, fetch: this.ask }) }
    }
    return this.#keys.keys
  }
  /** The server as the issuer that this answer's ID token must be of: of many tenants, the one that it names and that is welcome. */
  async issuing(server: oauth.AuthorizationServer, answer: Response): Promise<oauth.AuthorizationServer> {
    const { issuerOf } = this.provider
    if (issuerOf === undefined) return server
    const { id_token } = ((await answer
      .clone()
      .json()
      .catch(() => ({}))) ?? {}) as { readonly id_token?: unknown }
    const issuer = typeof id_token === "string" ? issuerOf(claimsOf(id_token)) : undefined
    if (issuer === undefined) throw new OAuthAnswerInvalid("Expected an ID token of a tenant that is welcome.")
    return { ...server, issuer }
  }
  /** Checks the signature of the ID token that an answer held, or was, with the keys that the provider publishes. */
  async checkSignature(server: oauth.AuthorizationServer, answer: Response): Promise<void> {
    await oauth.validateApplicationLevelSignature(server, answer, { ...this.http, [oauth.jwksCache]: this.#jwks })
  }
}

function published({ server }: Provider): oauth.AuthorizationServer {
  return {
    issuer: server.issuer,
    authorization_endpoint: server.authorize!,
    token_endpoint: server.token!,
    ...(server.userinfo !== undefined && { userinfo_endpoint: server.userinfo }),
    ...(server.keys !== undefined && { jwks_uri: server.keys }),
    ...(server.revoke !== undefined && { revocation_endpoint: server.revoke }),
    ...(server.logout !== undefined && { end_session_endpoint: server.logout }),
    id_token_signing_alg_values_supported: [...(server.algorithms ?? ["RS256"])],
  }
}

/** What a token says, before anybody has checked it. */
function claimsOf(token: string): Json {
  try {
    return decodeJwt(token)
  } catch {
    return {}
  }
}
