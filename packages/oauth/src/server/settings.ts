import { type Clock, systemClock } from "@ashlar/core"
import { OAuthOptionInvalid } from "../errors.ts"
import type { GrantType } from "./clients/client.ts"
import { checkKeyOptions, type KeyRingOptions } from "./keys/key-ring.ts"
import type { OAuthResource, OAuthServerOptions } from "./options.ts"
import { isScope } from "./wire/parameters.ts"

/** The lifetimes of a server in seconds. */
export type Lifetimes = Required<NonNullable<OAuthServerOptions["lifetimes"]>>

/** Where each part of the protocol is: whole URLs under the issuer. */
export interface Endpoints {
  readonly authorize: string
  readonly token: string
  readonly userinfo: string
  readonly jwks: string
  readonly introspect: string
  readonly revoke: string
  readonly pushed: string
  readonly deviceAuthorization: string
  readonly device: string
  readonly register: string
  readonly logout: string
  readonly login: string
  readonly consent: string
}

/** The options, checked, with all that was left out. */
export interface Settings {
  readonly issuer: string
  /** The issuer's path: what routes begin with. */
  readonly prefix: string
  readonly isSecure: boolean
  readonly endpoints: Endpoints
  readonly scopes: ReadonlyMap<string, string | undefined>
  readonly resources: ReadonlyMap<string, OAuthResource>
  readonly defaultResource: string | undefined
  readonly keys: KeyRingOptions
  readonly lifetimes: Lifetimes
  readonly refreshGraceMs: number
  readonly acrValues: readonly string[]
  readonly dpop: { readonly nonces: boolean; readonly maxAgeSeconds: number }
  readonly requirePushedRequests: boolean
  readonly registration: { readonly scopes: readonly string[]; readonly grants: readonly GrantType[] } | undefined
  readonly clock: Clock
}

const DAY = 86_400
const LIFETIMES: Readonly<Record<keyof Lifetimes, readonly [byDefault: number, max: number]>> = {
  codeSeconds: [60, 600],
  accessTokenSeconds: [600, DAY],
  idTokenSeconds: [3_600, DAY],
  refreshIdleSeconds: [14 * DAY, 400 * DAY],
  refreshSeconds: [90 * DAY, 400 * DAY],
  interactionSeconds: [1_800, 7_200],
  deviceCodeSeconds: [600, 3_600],
  sessionSeconds: [43_200, 90 * DAY],
}
/** The scopes of OpenID Connect; what people read of them is in the texts. */
export const STANDARD_SCOPES: readonly string[] = ["openid", "profile", "email", "address", "phone", "offline_access"]

/** @throws {OAUTH_OPTION_INVALID} */
export function toSettings(options: OAuthServerOptions): Settings {
  const { issuer, keys = {}, refreshGraceSeconds = 0, defaultResource } = options
  const prefix = checkIssuer(issuer)
  const under = (path: string): string => `${issuer}${path}`
  const lifetimes = toLifetimes(options.lifetimes ?? {})
  const { algorithms = ["RS256", "ES256"], rotateSeconds = 90 * DAY, overlapSeconds = 2 * DAY, sealer } = keys
  const ring = { algorithms, rotateMs: rotateSeconds * 1000, overlapMs: overlapSeconds * 1000, sealer }
  checkKeyOptions(ring)
  if (sealer === undefined && (options.store ?? "memory:") !== "memory:")
    throw new OAuthOptionInvalid(
      "Expected keys.sealer, as createSealer of @ashlar/security makes it: private keys are never kept in the clear.",
    )
  const resources = new Map(Object.entries(options.resources ?? {}))
  const longest = Math.max(
    lifetimes.accessTokenSeconds,
    lifetimes.idTokenSeconds,
    ...[...resources.values()].map((one) => one.accessTokenSeconds ?? 0),
  )
  if (longest > overlapSeconds)
    throw new OAuthOptionInvalid("Expected keys.overlapSeconds to be at least the longest lifetime of a token.")
  for (const uri of resources.keys()) checkResource(uri)
  if (defaultResource !== undefined && !resources.has(defaultResource))
    throw new OAuthOptionInvalid("Expected defaultResource to be one of the resources.")
  inRange("refreshGraceSeconds", refreshGraceSeconds, 0, 60)
  const maxAgeSeconds = options.dpop?.maxAgeSeconds ?? 300
  inRange("dpop.maxAgeSeconds", maxAgeSeconds, 5, 3_600)
  return {
    issuer,
    prefix,
    isSecure: issuer.startsWith("https:"),
    endpoints: {
      authorize: under("/oauth/authorize"),
      token: under("/oauth/token"),
      userinfo: under("/oauth/userinfo"),
      jwks: under("/oauth/jwks"),
      introspect: under("/oauth/introspect"),
      revoke: under("/oauth/revoke"),
      pushed: under("/oauth/par"),
      deviceAuthorization: under("/oauth/device_authorization"),
      device: under("/oauth/device"),
      register: under("/oauth/register"),
      logout: under("/oauth/logout"),
      login: under("/oauth/login"),
      consent: under("/oauth/consent"),
    },
    scopes: toScopes(options.scopes ?? {}),
    resources,
    defaultResource,
    keys: ring,
    lifetimes,
    refreshGraceMs: refreshGraceSeconds * 1000,
    acrValues: options.acrValues ?? [],
    dpop: { nonces: options.dpop?.nonces ?? true, maxAgeSeconds },
    requirePushedRequests: options.requirePushedRequests ?? false,
    registration: options.registration && {
      scopes: options.registration.scopes ?? STANDARD_SCOPES,
      grants: options.registration.grants ?? [
        "authorization_code",
        "refresh_token",
        "urn:ietf:params:oauth:grant-type:device_code",
      ],
    },
    clock: options.clock ?? systemClock,
  }
}

/** @returns its path, without the slash at the end. */
function checkIssuer(issuer: string): string {
  let url: URL | undefined
  try {
    url = new URL(issuer)
  } catch {
    url = undefined
  }
  const isLocal = url !== undefined && ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname)
  const isFine =
    url !== undefined &&
    (url.protocol === "https:" || (url.protocol === "http:" && isLocal)) &&
    (url.href === issuer || url.href === `${issuer}/`) &&
    !issuer.endsWith("/") &&
    /^[^?#@]+$/.test(issuer) &&
    /^[A-Za-z0-9/._~-]*$/.test(url.pathname)
  if (url !== undefined && isFine) return url.pathname === "/" ? "" : url.pathname
  throw new OAuthOptionInvalid(
    "Expected issuer to be an https: URL, or http: of this machine, without query, fragment and a slash at the end.",
  )
}

function checkResource(uri: string): void {
  if (isResourceUri(uri)) return
  throw new OAuthOptionInvalid(
    "Expected resources by absolute URIs without a fragment, such as https://api.example.com.",
  )
}
/** @see https://www.rfc-editor.org/rfc/rfc8707#section-2 */
export function isResourceUri(uri: string): boolean {
  return uri.length <= 500 && /^[a-z][a-z0-9+.-]*:[\x21-\x7e]+$/i.test(uri) && !uri.includes("#")
}

function toScopes(own: Readonly<Record<string, string>>): ReadonlyMap<string, string | undefined> {
  const names = Object.keys(own)
  if (names.length > 500 || names.some((name) => !isScope(name)))
    throw new OAuthOptionInvalid("Expected at most 500 scopes of printable ASCII characters without spaces.")
  return new Map<string, string | undefined>([
    ...STANDARD_SCOPES.map((name) => [name, undefined] as const),
    ...Object.entries(own),
  ])
}

function toLifetimes(given: NonNullable<OAuthServerOptions["lifetimes"]>): Lifetimes {
  const entries = (Object.keys(LIFETIMES) as (keyof Lifetimes)[]).map((name) => {
    const [byDefault, max] = LIFETIMES[name]
    const seconds = given[name] ?? byDefault
    inRange(`lifetimes.${name}`, seconds, 1, max)
    return [name, seconds] as const
  })
  return Object.fromEntries(entries) as Lifetimes
}

function inRange(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return
  throw new OAuthOptionInvalid(`Expected ${name} to be an integer from ${min} to ${max}, got ${String(value)}.`)
}
