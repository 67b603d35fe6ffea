import type { JWK } from "jose"
import { OAuthOptionInvalid } from "../../errors.ts"
import type { SigningAlgorithm } from "../keys/key-ring.ts"
import { hashOf } from "../store/records.ts"
import { isScope } from "../wire/parameters.ts"
import { problemOfServerUri } from "./client-outbound.ts"
import { problemOfRedirectUri } from "./redirect-uri.ts"

export type GrantType =
  | "authorization_code"
  | "refresh_token"
  | "client_credentials"
  | "urn:ietf:params:oauth:grant-type:device_code"
  | "urn:ietf:params:oauth:grant-type:token-exchange"

export type ClientAuthMethod = "none" | "client_secret_basic" | "client_secret_post" | "private_key_jwt"

/** An application that may ask for tokens. */
export interface OAuthClient {
  /** 1 to 100 printable ASCII characters. */
  readonly id: string
  /** What people read where they are asked. Default: the id. */
  readonly name?: string
  /** How it shows who it is. Default: `client_secret_basic` with a secret, `private_key_jwt` with keys, else `none`: a public client. */
  readonly authMethod?: ClientAuthMethod
  /** One secret, or while it is changed two: random, 32 bytes or more. Only their hashes are kept. */
  readonly secret?: string | readonly string[]
  /** Its public keys, for `private_key_jwt`: at most 10. */
  readonly jwks?: { readonly keys: readonly JWK[] }
  /** Or where it publishes them, so that it can change them by itself: `https:`, or `http:` of this machine. */
  readonly jwksUri?: string
  /** Compared character by character. A public client may use any port of a loopback address. */
  readonly redirectUris?: readonly string[]
  /** Default: `authorization_code` and `refresh_token`. */
  readonly grants?: readonly GrantType[]
  /** The scopes it may ask for. Default: all that the server has. */
  readonly scopes?: readonly string[]
  /** The resources it may ask for, as `resources` of the server has them. Default: all. */
  readonly resources?: readonly string[]
  /** An application of your own: people are not asked whether it may. Default: false. */
  readonly firstParty?: boolean
  readonly postLogoutRedirectUris?: readonly string[]
  /** Where it is told that somebody signed out: `https:`, or `http:` of this machine. Default: it is not told. */
  readonly backChannelLogoutUri?: string
  /** Take authorization requests that it pushed before only (RFC 9126). Default: false. */
  readonly requirePushedRequests?: boolean
  /** Give it tokens that are bound to a key only (RFC 9449). Default: false. */
  readonly requireDpop?: boolean
  /** Signs its ID tokens. Default: the first of the server's. */
  readonly idTokenAlgorithm?: SigningAlgorithm
}

/** A client with all that was left out, as it is kept. */
export interface KnownClient {
  readonly id: string
  readonly name: string
  readonly authMethod: ClientAuthMethod
  readonly secretHashes: readonly string[]
  readonly jwks: readonly JWK[]
  readonly jwksUri: string | null
  readonly redirectUris: readonly string[]
  readonly grants: readonly GrantType[]
  readonly scopes: readonly string[] | null
  readonly resources: readonly string[] | null
  readonly firstParty: boolean
  readonly postLogoutRedirectUris: readonly string[]
  readonly backChannelLogoutUri: string | null
  readonly requirePushedRequests: boolean
  readonly requireDpop: boolean
  readonly idTokenAlgorithm: SigningAlgorithm | null
  /** Of one that registered itself. */
  readonly registration?: { readonly tokenHash: string; readonly atMs: number }
}

const GRANTS: readonly string[] = [
  "authorization_code",
  "refresh_token",
  "client_credentials",
  "urn:ietf:params:oauth:grant-type:device_code",
  "urn:ietf:params:oauth:grant-type:token-exchange",
]
const MAX_URIS = 50
const MAX_NAME = 100

/** What is kept of a client. @throws {OAUTH_OPTION_INVALID} */
export function toKnownClient(client: OAuthClient): KnownClient {
  const {
    id,
    secret,
    jwks,
    jwksUri = null,
    backChannelLogoutUri = null,
    redirectUris = [],
    postLogoutRedirectUris = [],
  } = client
  const refuse = (what: string): never => {
    throw new OAuthOptionInvalid(`The client ${JSON.stringify(String(id).slice(0, 100))} ${what}.`)
  }
  if (typeof id !== "string" || !/^[\x21-\x7e]{1,100}$/.test(id)) refuse("needs an id of 1 to 100 printable characters")
  const name = client.name ?? id
  if (name.length === 0 || name.length > MAX_NAME || /\p{Cc}|\p{Cf}/u.test(name))
    refuse(`needs a name of 1 to ${MAX_NAME} characters that can be seen`)
  const secrets = secret === undefined ? [] : typeof secret === "string" ? [secret] : secret
  const keys = jwks?.keys ?? []
  const hasKeys = keys.length > 0 || jwksUri !== null
  const authMethod =
    client.authMethod ?? (secrets.length > 0 ? "client_secret_basic" : hasKeys ? "private_key_jwt" : "none")
  const usesSecret = authMethod === "client_secret_basic" || authMethod === "client_secret_post"
  if (usesSecret !== secrets.length > 0) refuse(`with ${authMethod} needs ${usesSecret ? "a" : "no"} secret`)
  if (secrets.length > 2 || secrets.some((one) => one.length < 8 || one.length > 512))
    refuse("needs one or two secrets of 8 to 512 characters")
  if ((authMethod === "private_key_jwt") !== hasKeys || (keys.length > 0 && jwksUri !== null))
    refuse("needs jwks or jwksUri for private_key_jwt, one of them, and only for it")
  if (keys.length > 10 || keys.some((key) => !isPublicKey(key))) refuse("needs 1 to 10 public keys of RSA, EC or OKP")
  const grants = [...new Set(client.grants ?? ["authorization_code", "refresh_token"])] as GrantType[]
  if (grants.some((grant) => !GRANTS.includes(grant))) refuse("has a grant that is not known")
  if (authMethod === "none" && grants.some((grant) => grant === GRANTS[2] || grant === GRANTS[4]))
    refuse("is public, and cannot have client credentials or token exchange")
  if (grants.includes("authorization_code") !== redirectUris.length > 0)
    refuse("needs redirectUris for authorization_code, and only for it")
  if (redirectUris.length > MAX_URIS || postLogoutRedirectUris.length > MAX_URIS)
    refuse(`has more than ${MAX_URIS} URIs`)
  for (const uri of [...redirectUris, ...postLogoutRedirectUris]) {
    const problem = problemOfRedirectUri(uri)
    if (problem !== undefined) refuse(`has the redirect URI ${JSON.stringify(uri.slice(0, 200))}, which ${problem}`)
  }
  for (const uri of [jwksUri, backChannelLogoutUri]) {
    const problem = uri === null ? undefined : problemOfServerUri(uri)
    if (problem !== undefined) refuse(`has the URI ${JSON.stringify(String(uri).slice(0, 200))}, which ${problem}`)
  }
  if (client.scopes?.some((scope) => !isScope(scope))) refuse("has a scope that cannot be one")
  return {
    id,
    name,
    authMethod,
    secretHashes: secrets.map((one) => hashOf(one)),
    jwks: keys,
    jwksUri,
    redirectUris,
    grants,
    scopes: client.scopes ?? null,
    resources: client.resources ?? null,
    firstParty: client.firstParty ?? false,
    postLogoutRedirectUris,
    backChannelLogoutUri,
    requirePushedRequests: client.requirePushedRequests ?? false,
    requireDpop: client.requireDpop ?? false,
    idTokenAlgorithm: client.idTokenAlgorithm ?? null,
  }
}

function isPublicKey(key: JWK): boolean {
  const isKind = key.kty === "RSA" || key.kty === "EC" || key.kty === "OKP"
  return isKind && ["d", "p", "q", "dp", "dq", "qi", "k", "oth"].every((name) => !Object.hasOwn(key, name))
}
