import { OAuthOptionInvalid } from "../../errors.ts"
import type { Profile } from "../identity.ts"

export type Json = Readonly<Record<string, unknown>>

/** What tells the provider which app asks. */
export type ClientAuthentication =
  | { readonly method: "none" }
  | {
      readonly method: "client_secret_basic" | "client_secret_post"
      /** Asked for each request, in a function so that it is in no log of the provider. @param nowMs for secrets made fresh. */
      readonly secret: (nowMs: number) => string | Promise<string>
    }

/** Where a provider's endpoints are, as it publishes them. */
export interface ProviderServer {
  /** Who it is: what its ID tokens say; for a provider without such tokens, what names it in identities. */
  readonly issuer: string
  /** All below is found out at `/.well-known/openid-configuration` of the issuer, at the first sign-in. */
  readonly discover?: boolean
  readonly authorize?: string
  readonly token?: string
  readonly userinfo?: string
  readonly keys?: string
  readonly revoke?: string
  readonly logout?: string
  /** What ID tokens may be signed with. Default: `RS256`. */
  readonly algorithms?: readonly string[]
}

/** What is asked of the provider's API about the person, with the access token. */
export interface ProfileRequest {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** More of the query, made of the access token. */
  readonly query?: (accessToken: string) => Readonly<Record<string, string>>
}

/** What is known when a profile is read. */
export interface ProfileFacts {
  /** Of the ID token, verified; undefined where the provider has none. */
  readonly claims: Json | undefined
  /** Of the userinfo endpoint, about the same subject. */
  readonly userinfo: Json | undefined
  /** What the provider's API answered, by the names of `requests`. */
  readonly answers: Readonly<Record<string, unknown>>
  /** What came through the browser, which anybody may have written. */
  readonly callback: URLSearchParams
}

/** How a token is taken back where the provider does not follow RFC 7009. */
export interface RevokeRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** A provider, as data: where it is, what is asked of it, and what its answers mean. */
export interface Provider<Name extends string = string> {
  /** Stands in the paths of the routes, and in identities: 1 to 32 small letters, digits and `-`. */
  readonly name: Name
  /** What people read on a button. */
  readonly label: string
  readonly clientId: string
  readonly authentication: ClientAuthentication
  readonly server: ProviderServer
  /** Whether ID tokens come, and are demanded. */
  readonly isOpenId: boolean
  readonly scopes: readonly string[]
  /** More of the authorization request. */
  readonly parameters?: Readonly<Record<string, string>>
  /** The answer comes as a form, from the provider's page. */
  readonly formPost?: boolean
  /** What the provider is known not to do. Everything else is always used, and demanded. */
  readonly lacks?: readonly ("pkce" | "nonce" | "token_type")[]
  /** Push the request where the provider offers it (RFC 9126). One that demands it gets it anyway. */
  readonly pushes?: boolean
  /** Ask the userinfo endpoint too. */
  readonly asksUserinfo?: boolean
  readonly requests?: Readonly<Record<string, ProfileRequest>>
  /** The issuer that a token of one of many tenants must name, by its claims; undefined: none that is welcome. */
  readonly issuerOf?: (claims: Json) => string | undefined
  /** What speaks against somebody whom the provider did prove: of another company, say. */
  readonly refuses?: (claims: Json) => string | undefined
  readonly profile: (facts: ProfileFacts) => Profile
  /** Where the provider has a way of its own. */
  readonly revocation?: (accessToken: string) => RevokeRequest | Promise<RevokeRequest>
}

/** What every provider takes. */
export interface ProviderOptions<Name extends string> {
  /** As registered with the provider. */
  readonly clientId: string
  readonly clientSecret: string
  /** What is asked for. Default: what says who the person is. */
  readonly scopes?: readonly string[]
  /** Another name than the provider's, for two of one kind. */
  readonly name?: Name
}

const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/
/** Paths that sign-in by e-mail and by Ethereum have. */
const TAKEN: ReadonlySet<string> = new Set(["email", "ethereum"])
const MAX_SCOPES = 100

/**
 * A provider of one's own, checked. For one that speaks OpenID Connect `oidc` is enough.
 * @throws {OAUTH_OPTION_INVALID}
 */
export function defineProvider<const Name extends string>(provider: Provider<Name>): Provider<Name> {
  const { name, clientId, scopes, server } = provider
  if (!NAME.test(name) || TAKEN.has(name))
    throw new OAuthOptionInvalid(`Expected a provider's name of 1 to 32 small letters, digits and -, got "${name}".`)
  if (typeof clientId !== "string" || clientId === "" || clientId.length > 500)
    throw new OAuthOptionInvalid(`Expected clientId of ${name}: is its environment variable set?`)
  if (scopes.length > MAX_SCOPES || scopes.some((scope) => !/^[\x21\x23-\x5b\x5d-\x7e]{1,300}$/.test(scope)))
    throw new OAuthOptionInvalid(`Expected at most ${MAX_SCOPES} scopes of ${name} without spaces.`)
  for (const [what, url] of Object.entries(server))
    if (typeof url === "string") checkEndpoint(url, `${what} of ${name}`)
  if (server.discover !== true && (server.authorize === undefined || server.token === undefined))
    throw new OAuthOptionInvalid(`Expected server.authorize and server.token of ${name}, or server.discover.`)
  return Object.freeze(provider)
}

/** @throws {OAUTH_OPTION_INVALID} where a secret is not there, or is none that could be sent. */
export function secretOf(name: string, secret: unknown): string {
  if (typeof secret === "string" && secret.length >= 1 && secret.length <= 4_096) return secret
  throw new OAuthOptionInvalid(`Expected clientSecret of ${name}: is its environment variable set?`)
}
export function basicAuth(name: string, secret: unknown): ClientAuthentication {
  const known = secretOf(name, secret)
  return { method: "client_secret_basic", secret: () => known }
}
export function postAuth(name: string, secret: unknown): ClientAuthentication {
  const known = secretOf(name, secret)
  return { method: "client_secret_post", secret: () => known }
}

/** The host of a tenant as people copy it: `example.okta.com`, or with `https://`. @throws {OAUTH_OPTION_INVALID} */
export function originOf(domain: string, what: string): string {
  const url = URL.parse(/^https?:\/\//.test(domain) ? domain : `https://${domain}`)
  if (url !== null && url.pathname === "/" && url.search === "" && url.hash === "" && isSafe(url)) return url.origin
  throw new OAuthOptionInvalid(`Expected ${what} like id.example.com, got ${JSON.stringify(domain)}.`)
}

function checkEndpoint(text: string, what: string): void {
  const url = URL.parse(text)
  if (url !== null && url.hash === "" && isSafe(url)) return
  throw new OAuthOptionInvalid(`Expected ${what} to be an https: URL, or http: of this machine.`)
}
function isSafe(url: URL): boolean {
  if (url.username !== "" || url.password !== "") return false
  return url.protocol === "https:" || (url.protocol === "http:" && isThisMachine(url.hostname))
}
export function isThisMachine(host: string): boolean {
  return host === "127.0.0.1" || host === "[::1]" || host === "localhost"
}

/** The claims of OpenID Connect. An address and whether it is verified are believed of one source, never one of each. */
export function openIdProfile({ claims = {}, userinfo = {} }: ProfileFacts): Profile {
  const source = claims.email === undefined ? userinfo : claims
  const all = { ...userinfo, ...claims }
  return {
    subject: claims.sub,
    email: source.email,
    emailVerified: source.email_verified === true,
    name: all.name ?? all.preferred_username ?? all.nickname,
    picture: all.picture,
    raw: all,
  }
}
