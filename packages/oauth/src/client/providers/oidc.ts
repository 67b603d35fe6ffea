import { OAuthOptionInvalid } from "../../errors.ts"
import {
  basicAuth,
  defineProvider,
  openIdProfile,
  originOf,
  type Provider,
  type ProviderOptions,
  postAuth,
} from "./provider.ts"

export interface OidcOptions<Name extends string> extends Omit<ProviderOptions<Name>, "clientSecret"> {
  readonly name: Name
  /** What people read on a button. Default: the name. */
  readonly label?: string
  /** As the provider says it, to the letter: `https://id.example.com/realms/staff`. */
  readonly issuer: string
  /** A public client has none. */
  readonly clientSecret?: string
  /** How the secret is shown. Default: `client_secret_basic`. */
  readonly clientAuth?: "client_secret_basic" | "client_secret_post"
  /** What ID tokens may be signed with, of what the provider offers. Default: every way with a public key. */
  readonly algorithms?: readonly string[]
  /** Push the request where it is offered (RFC 9126). Default: true. */
  readonly pushes?: boolean
  readonly parameters?: Readonly<Record<string, string>>
}

/**
 * Sign-in with any OpenID Connect issuer. Its endpoints are found out at the first sign-in.
 * @throws {OAUTH_OPTION_INVALID}
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html
 * @example oidc({ name: "staff", issuer: "https://id.example.com", clientId: "shop", clientSecret })
 */
export function oidc<const Name extends string>(options: OidcOptions<Name>): Provider<Name> {
  const { name, label = name, issuer, clientId, clientSecret, scopes = ["openid", "profile", "email"] } = options
  const auth = options.clientAuth === "client_secret_post" ? postAuth : basicAuth
  if (!scopes.includes("openid")) throw new OAuthOptionInvalid(`Expected scopes of ${name} with openid.`)
  return defineProvider({
    name,
    label,
    clientId,
    authentication: clientSecret === undefined ? { method: "none" } : auth(name, clientSecret),
    isOpenId: true,
    server: { issuer, discover: true, ...(options.algorithms !== undefined && { algorithms: options.algorithms }) },
    scopes,
    ...(options.parameters !== undefined && { parameters: options.parameters }),
    pushes: options.pushes ?? true,
    asksUserinfo: true,
    profile: openIdProfile,
  })
}

export interface GitLabOptions<Name extends string> extends ProviderOptions<Name> {
  /** The host of one's own GitLab. Default: gitlab.com. */
  readonly host?: string
}
/** Sign-in with GitLab. @throws {OAUTH_OPTION_INVALID} @see https://docs.gitlab.com/integration/openid_connect_provider/ */
export function gitlab<const Name extends string = "gitlab">(options: GitLabOptions<Name>): Provider<Name | "gitlab"> {
  const { host = "gitlab.com", ...rest } = options
  const name = rest.name ?? "gitlab"
  return oidc({ ...rest, name, label: "GitLab", issuer: originOf(host, `host of ${name}`), pushes: false })
}

export interface Auth0Options<Name extends string> extends ProviderOptions<Name> {
  /** The tenant's: `example.eu.auth0.com`, or one's own. */
  readonly domain: string
}
/** Sign-in with Auth0. @throws {OAUTH_OPTION_INVALID} @see https://auth0.com/docs/get-started/authentication-and-authorization-flow */
export function auth0<const Name extends string = "auth0">(options: Auth0Options<Name>): Provider<Name | "auth0"> {
  const { domain, ...rest } = options
  const name = rest.name ?? "auth0"
  const issuer = `${originOf(domain, `domain of ${name}`)}/`
  return oidc({ ...rest, name, label: "Auth0", issuer, clientAuth: "client_secret_post", pushes: false })
}

export interface OktaOptions<Name extends string> extends ProviderOptions<Name> {
  /** The organization's: `example.okta.com`. */
  readonly domain: string
  /** A custom authorization server, such as `default`. Default: the organization's own. */
  readonly authorizationServer?: string
}
/** Sign-in with Okta. @throws {OAUTH_OPTION_INVALID} @see https://developer.okta.com/docs/reference/api/oidc/ */
export function okta<const Name extends string = "okta">(options: OktaOptions<Name>): Provider<Name | "okta"> {
  const { domain, authorizationServer, ...rest } = options
  const name = rest.name ?? "okta"
  const path = authorizationServer === undefined ? "" : `/oauth2/${pathPart(authorizationServer, name)}`
  return oidc({
    ...rest,
    name,
    label: "Okta",
    issuer: `${originOf(domain, `domain of ${name}`)}${path}`,
    pushes: false,
  })
}

export interface KeycloakOptions<Name extends string> extends ProviderOptions<Name> {
  /** Where Keycloak is: `https://id.example.com`, or with a path. */
  readonly url: string
  readonly realm: string
}
/** Sign-in with a realm of Keycloak. @throws {OAUTH_OPTION_INVALID} @see https://www.keycloak.org/securing-apps/oidc-layers */
export function keycloak<const Name extends string = "keycloak">(
  options: KeycloakOptions<Name>,
): Provider<Name | "keycloak"> {
  const { url, realm, ...rest } = options
  const name = rest.name ?? "keycloak"
  const issuer = `${url.replace(/\/+$/, "")}/realms/${pathPart(realm, name)}`
  return oidc({ ...rest, name, label: "Keycloak", issuer, pushes: false })
}

function pathPart(text: string, name: string): string {
  if (/^[\w.~-]{1,255}$/.test(text) && !/^\.+$/.test(text)) return text
  throw new OAuthOptionInvalid(`Expected one part of a path for ${name}, got ${JSON.stringify(text)}.`)
}
