import { safeNext } from "@ashlar/auth/email"
import { openProofs, type ProofStore } from "@ashlar/auth/proofs"
import { type Clock, systemClock } from "@ashlar/core"
import type { Sealer } from "@ashlar/security"
import {
  OAuthAnswerInvalid,
  OAuthOptionInvalid,
  OAuthProviderUnknown,
  OAuthSignInUsed,
  OAuthStateInvalid,
} from "../errors.ts"
import { hashOf, randomToken } from "../server/store/records.ts"
import { Connection, type ConnectionOptions } from "./connection.ts"
import { logoutUrl, refreshTokens, revokeToken } from "./flow/after.ts"
import { authorizationUrl, type BeginOptions } from "./flow/begin.ts"
import { whoIs } from "./flow/finish.ts"
import type { ProviderTokens } from "./flow/tokens.ts"
import { openTransaction, sealTransaction, type Transaction } from "./flow/transaction.ts"
import { type EndedSession, verifyLogout } from "./flow/verify-logout.ts"
import type { ExternalIdentity } from "./identity.ts"
import type { OutboundOptions } from "./outbound.ts"
import { defineProvider, isThisMachine, type Provider } from "./providers/provider.ts"

export interface OAuthClientOptions<Name extends string> extends OutboundOptions {
  /**
   * Where the routes are: `https://app.example.com`, or with the path below which they are mounted. Callbacks are below it:
   * `<url>/sign-in/<provider>/callback` is what to register with a provider. No header of a request changes it.
   */
  readonly url: string
  readonly providers: readonly Provider<Name>[]
  /**
   * Finds others by their names: issuers that customers of the app bring along, say. They are asked at public addresses only. Give
   * the same object for as long as nothing changed, and what was discovered of it is kept.
   */
  readonly findProvider?: (name: string) => Provider | undefined | Promise<Provider | undefined>
  /** `createSealer` of `@ashlar/security`: what a browser keeps during a sign-in is sealed. */
  readonly sealer: Sealer
  /** Remembers which answers were used: a URL of `@ashlar/auth/proofs`, or an open store. With several processes not `memory:`. Default: `memory:`. */
  readonly store?: string | ProofStore
  /** How long a sign-in may take, in seconds: 30 to 3,600. Default: 600. */
  readonly signInSeconds?: number
  /** How much the clocks of providers may differ, in seconds: 0 to 300. Default: 30. */
  readonly clockToleranceSeconds?: number
  /** For tests. */
  readonly clock?: Clock
}

/** A sign-in that has begun: send the browser to `url`, and let it keep `transaction`. */
export interface BegunSignIn {
  readonly url: URL
  /** Names the sign-in; it comes back with the answer. */
  readonly state: string
  /** Sealed: good in no other place, and without the browser's part of the answer for nothing. */
  readonly transaction: string
  readonly lifetimeSeconds: number
}

/** Somebody whom a provider has proven to be who they are. */
export interface SignedIn<Name extends string = string> {
  readonly provider: Name
  readonly identity: ExternalIdentity
  readonly tokens: ProviderTokens
  /** The session at the provider (`sid`), where it has such: keep it with yours, and `onLogout` ends it. */
  readonly sessionId: string | undefined
  /** Where to go on: a path of the app. */
  readonly next: string
  /** Who began it to connect this provider to their account; undefined: a sign-in. */
  readonly connect: string | undefined
}

export interface FinishOptions {
  /** What came back: the query of the callback, or its form. */
  readonly parameters: URLSearchParams
  /** What the browser has kept; undefined: nothing. */
  readonly transaction: string | undefined
}

/** The part that knows no HTTP: {@link oauthRoutes} is made of it. */
export interface OAuthClient<Name extends string = string> {
  readonly url: string
  /** What people choose from. */
  readonly providers: readonly { readonly name: Name; readonly label: string }[]
  /** @throws {OAUTH_PROVIDER_UNKNOWN} {OAUTH_PROVIDER_FAILED} {OAUTH_ANSWER_INVALID} */
  begin(provider: Name, options?: BeginOptions): Promise<BegunSignIn>
  /**
   * @throws {OAUTH_STATE_INVALID} {OAUTH_SIGN_IN_EXPIRED} {OAUTH_SIGN_IN_USED} {OAUTH_SIGN_IN_DENIED} {OAUTH_ANSWER_INVALID}
   * {OAUTH_PROVIDER_FAILED} {OAUTH_PROVIDER_UNKNOWN}
   */
  finish(provider: Name, answer: FinishOptions): Promise<SignedIn<Name>>
  /** New tokens. Keep what comes in the place of what was: most providers take a refresh token once. @throws {OAUTH_GRANT_ENDED} {OAUTH_PROVIDER_FAILED} {OAUTH_ANSWER_INVALID} */
  refresh(provider: Name, tokens: Pick<ProviderTokens, "refreshToken" | "idToken" | "scopes">): Promise<ProviderTokens>
  /** Takes tokens back at the provider. @returns false where it has no way to. @throws {OAUTH_PROVIDER_FAILED} */
  revoke(provider: Name, tokens: ProviderTokens): Promise<boolean>
  /** Where a browser signs out at the provider; undefined where it cannot. `returnTo` must be registered there. */
  logoutUrl(
    provider: Name,
    options?: { readonly idToken?: string | undefined; readonly returnTo?: string; readonly state?: string },
  ): Promise<URL | undefined>
  /**
   * Checks a logout token, which a provider sends when somebody signed out there: by its signature, for this app, and once.
   * @throws {OAUTH_PROVIDER_UNKNOWN} {OAUTH_ANSWER_INVALID} {OAUTH_PROVIDER_FAILED}
   * @see https://openid.net/specs/openid-connect-backchannel-1_0.html
   */
  verifyLogout(provider: Name, logoutToken: string): Promise<EndedSession>
  /** Whether a text is the name of one of the providers, the found ones included. */
  find(name: string): Promise<Provider<Name> | undefined>
  readonly clock: Clock
  readonly sealer: Sealer
  close(): Promise<void>
}

const USED = "oauth-state"
const MAX_NEXT = 1_000
/** Connections of found providers that are kept. */
const MAX_FOUND = 200

/**
 * Signs people in by providers: `state`, `nonce`, PKCE and the issuer of each answer are always checked, each answer is good once, in the
 * browser that began, and ID tokens by their signatures.
 *
 * @throws {OAUTH_OPTION_INVALID}
 * @see https://www.rfc-editor.org/rfc/rfc9700
 * @example
 * const client = createOAuthClient({
 *   url: "https://app.example.com/auth",
 *   sealer,
 *   providers: [google({ clientId, clientSecret }), github({ clientId: id, clientSecret: secret })],
 * })
 * app.scope("/auth", [], (auth) => auth.add(oauthRoutes({ client, onSignIn })))
 */
export function createOAuthClient<const Name extends string>(options: OAuthClientOptions<Name>): OAuthClient<Name> {
  return new LiveClient(options)
}

class LiveClient<Name extends string> implements OAuthClient<Name> {
  readonly url: string
  readonly clock: Clock
  readonly sealer: Sealer
  readonly providers: readonly { readonly name: Name; readonly label: string }[]
  readonly #fixed: ReadonlyMap<string, Connection>
  readonly #found = new Map<string, Connection>()
  readonly #findProvider: (name: string) => Provider | undefined | Promise<Provider | undefined>
  readonly #connecting: Omit<ConnectionOptions, "isOwn">
  readonly #signInSeconds: number
  readonly #ownsStore: boolean
  #store: ProofStore | Promise<ProofStore> | undefined
  readonly #storeUrl: string

  constructor(options: OAuthClientOptions<Name>) {
    const { url, providers, sealer, findProvider = () => undefined, store = "memory:", clock = systemClock } = options
    this.url = checkUrl(url)
    this.clock = clock
    this.sealer = sealer
    this.#findProvider = findProvider
    this.#signInSeconds = inRange("signInSeconds", options.signInSeconds ?? 600, 30, 3_600)
    this.#connecting = {
      ...(options.fetch !== undefined && { fetch: options.fetch }),
      timeoutMs: inRange("timeoutMs", options.timeoutMs ?? 10_000, 100, 60_000),
      maxBodyBytes: inRange("maxBodyBytes", options.maxBodyBytes ?? 262_144, 1_024, 4_194_304),
      clockToleranceSeconds: inRange("clockToleranceSeconds", options.clockToleranceSeconds ?? 30, 0, 300),
      clock,
    }
    this.#ownsStore = typeof store === "string"
    this.#storeUrl = typeof store === "string" ? store : ""
    this.#store = typeof store === "string" ? undefined : store
    this.providers = providers.map(({ name, label }) => ({ name, label }))
    this.#fixed = new Map(providers.map((one) => [one.name, new Connection(one, { ...this.#connecting, isOwn: true })]))
    if (this.#fixed.size !== providers.length)
      throw new OAuthOptionInvalid("Expected each provider to have a name of its own.")
  }

  async begin(provider: Name, options: BeginOptions = {}): Promise<BegunSignIn> {
    const connection = await this.#connect(provider)
    const { maxAgeSeconds, connect, parameters } = options
    if (maxAgeSeconds !== undefined) inRange("maxAgeSeconds", maxAgeSeconds, 0, 31_622_400)
    const transaction: Transaction = {
      provider,
      issuer: connection.provider.server.issuer,
      clientId: connection.provider.clientId,
      state: randomToken(),
      verifier: randomToken(),
      nonce: randomToken(),
      next: nextOf(options.next),
      connect,
      maxAgeSeconds,
      untilMs: this.clock.now() + this.#signInSeconds * 1000,
    }
    const url = await authorizationUrl(connection, transaction, { redirectUri: this.#callback(provider), parameters })
    return {
      url,
      state: transaction.state,
      transaction: sealTransaction(this.sealer, transaction),
      lifetimeSeconds: this.#signInSeconds,
    }
  }
  async finish(provider: Name, { parameters, transaction: sealed }: FinishOptions): Promise<SignedIn<Name>> {
    const connection = await this.#connect(provider)
    const nowMs = this.clock.now()
    const states = parameters.getAll("state")
    const state = states.length === 1 ? states[0] : undefined
    const transaction = openTransaction(this.sealer, sealed, { provider, state, nowMs })
    const { issuer, clientId } = transaction
    if (issuer !== connection.provider.server.issuer || clientId !== connection.provider.clientId)
      throw new OAuthStateInvalid("The provider was changed meanwhile. Begin again.")
    // Before anything else is done with it: of all who show one answer at once, one goes on.
    await this.#useUp(transaction)
    const redirectUri = this.#callback(provider)
    const found = await whoIs(connection, transaction, { parameters, redirectUri, nowMs })
    return { provider, ...found, next: transaction.next, connect: transaction.connect }
  }
  async refresh(
    provider: Name,
    tokens: Pick<ProviderTokens, "refreshToken" | "idToken" | "scopes">,
  ): Promise<ProviderTokens> {
    return await refreshTokens(await this.#connect(provider), tokens, this.clock.now())
  }
  async revoke(provider: Name, tokens: ProviderTokens): Promise<boolean> {
    return await revokeToken(await this.#connect(provider), tokens)
  }
  async logoutUrl(
    provider: Name,
    options: { readonly idToken?: string | undefined; readonly returnTo?: string; readonly state?: string } = {},
  ): Promise<URL | undefined> {
    return await logoutUrl(await this.#connect(provider), options)
  }
  async verifyLogout(provider: Name, logoutToken: string): Promise<EndedSession> {
    const options = { nowMs: this.clock.now(), toleranceSeconds: this.#connecting.clockToleranceSeconds }
    const { id, expiresAtMs, ...ended } = await verifyLogout(await this.#connect(provider), logoutToken, options)
    if (!(await this.#takeOnce(id, expiresAtMs))) throw new OAuthAnswerInvalid("The logout token was used before.")
    return ended
  }
  async find(name: string): Promise<Provider<Name> | undefined> {
    return (await this.#look(name))?.provider as Provider<Name> | undefined
  }
  async close(): Promise<void> {
    if (this.#ownsStore) await (await this.#store)?.close()
  }

  async #connect(name: string): Promise<Connection> {
    const connection = await this.#look(name)
    if (connection === undefined) throw new OAuthProviderUnknown()
    return connection
  }
  async #look(name: string): Promise<Connection | undefined> {
    const fixed = this.#fixed.get(name)
    if (fixed !== undefined) return fixed
    if (!/^[a-z0-9][a-z0-9-]{0,31}$/.test(name)) return undefined
    const provider = await this.#findProvider(name)
    if (provider === undefined) return undefined
    if (provider.name !== name) throw new OAuthOptionInvalid("Expected findProvider to give the provider of the name.")
    const known = this.#found.get(name)
    this.#found.delete(name)
    const connection =
      known?.provider === provider
        ? known
        : new Connection(defineProvider(provider), { ...this.#connecting, isOwn: false })
    // The first of the map is the one that was not used for longest.
    if (this.#found.size >= MAX_FOUND) this.#found.delete(this.#found.keys().next().value!)
    this.#found.set(name, connection)
    return connection
  }
  async #useUp({ state, untilMs }: Transaction): Promise<void> {
    if (!(await this.#takeOnce(hashOf(USED, state), untilMs))) throw new OAuthSignInUsed()
  }
  async #takeOnce(id: string, untilMs: number): Promise<boolean> {
    this.#store ??= openProofs(this.#storeUrl, { clock: this.clock })
    return await (await this.#store).add({
      kind: USED,
      id,
      userId: USED,
      counter: 0,
      data: "",
      createdMs: this.clock.now(),
      expiresMs: untilMs,
    })
  }
  #callback(provider: string): string {
    return `${this.url}/sign-in/${provider}/callback`
  }
}

/** Escaped it may be longer than it was, and a cookie has to hold it. */
function nextOf(next: string | undefined): string {
  const path = safeNext(next)
  return path.length <= MAX_NEXT ? path : "/"
}

function checkUrl(text: string): string {
  const url = URL.parse(text)
  const isFine =
    url !== null &&
    (url.protocol === "https:" || (url.protocol === "http:" && isThisMachine(url.hostname))) &&
    (url.href === text || url.href === `${text}/`) &&
    !text.endsWith("/") &&
    /^[^?#@]+$/.test(text)
  if (isFine) return text
  throw new OAuthOptionInvalid(
    "Expected url to be an https: URL, or http: of this machine, without query, fragment and a slash at the end.",
  )
}

function inRange(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new OAuthOptionInvalid(`Expected ${name} to be an integer from ${min} to ${max}, got ${String(value)}.`)
}
