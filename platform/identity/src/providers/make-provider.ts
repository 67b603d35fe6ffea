import {
  auth0,
  discord,
  facebook,
  github,
  gitlab,
  google,
  keycloak,
  linkedin,
  microsoft,
  oidc,
  okta,
  type Provider,
  x,
} from "@ashlar/oauth/client"
import { InvalidInput } from "../errors.ts"

/** `oidc` is any issuer of OpenID Connect. */
const KINDS = "google, github, microsoft, gitlab, discord, facebook, linkedin, x, auth0, okta, keycloak or oidc"
/** What names a provider in addresses. */
export const NAME: RegExp = /^[a-z0-9][a-z0-9-]{0,31}$/

export interface ProviderWish {
  readonly kind: string
  readonly clientId: string
  readonly clientSecret: string
  readonly host: string | null
  readonly tenant: string | null
}

/** What `@ashlar/oauth` refuses is the wish of whoever configures it, and named as such. */
export function makeProvider(name: string, wish: ProviderWish): Provider {
  try {
    return maker(name, wish)
  } catch (cause) {
    if (!(cause instanceof Error) || cause instanceof InvalidInput) throw cause
    throw new InvalidInput(cause.message, { cause, details: { field: "host" } })
  }
}

function maker(name: string, { kind, host, tenant, ...client }: ProviderWish): Provider {
  const given = { ...client, name }
  const at = (): string => host ?? refuse("host", "where the provider is")
  switch (kind) {
    case "google":
      return google(given)
    case "github":
      return github({ ...given, ...(host !== null && { host }) })
    case "microsoft":
      return microsoft({ ...given, ...(tenant !== null && { tenant }) })
    case "gitlab":
      return gitlab({ ...given, ...(host !== null && { host }) })
    case "discord":
      return discord(given)
    case "facebook":
      return facebook(given)
    case "linkedin":
      return linkedin(given)
    case "x":
      return x({ ...given, scopes: ["users.read", "tweet.read", "users.email"] })
    case "auth0":
      return auth0({ ...given, domain: at() })
    case "okta":
      return okta({ ...given, domain: at(), ...(tenant !== null && { authorizationServer: tenant }) })
    case "keycloak":
      return keycloak({ ...given, url: at(), realm: tenant ?? refuse("tenant", "the realm") })
    case "oidc":
      return oidc({ ...given, issuer: at() })
    default:
      return refuse("kind", KINDS)
  }
}

export function refuse(field: string, expected: string): never {
  throw new InvalidInput(`Expected \`${field}\` to be ${expected}.`, { details: { field } })
}
