import { OAuthOptionInvalid } from "../../errors.ts"
import { defineProvider, type Json, openIdProfile, type Provider, type ProviderOptions, postAuth } from "./provider.ts"

export interface MicrosoftOptions<Name extends string> extends ProviderOptions<Name> {
  /** One tenant by its id, or `organizations`, `consumers`, or all of them: `common`. Default: `common`. */
  readonly tenant?: string
  /** Of many tenants, those that are welcome, by their ids. Default: all. */
  readonly allowedTenants?: readonly string[]
}

const HOST = "https://login.microsoftonline.com"
const ID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/
const MANY: ReadonlySet<string> = new Set(["common", "organizations", "consumers"])
/** The tenant of all personal accounts. */
const CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad"

/**
 * Sign-in with Microsoft (Entra ID). Admins of any tenant may write any address into `email`: it counts as verified only where the app's
 * registration has the optional claim `xms_edov` and it is true.
 *
 * @throws {OAUTH_OPTION_INVALID}
 * @see https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc
 * @see https://learn.microsoft.com/entra/identity-platform/migrate-off-email-claim-authorization
 */
export function microsoft<const Name extends string = "microsoft">(
  options: MicrosoftOptions<Name>,
): Provider<Name | "microsoft"> {
  const { clientId, clientSecret, scopes = ["openid", "email", "profile"], tenant = "common", allowedTenants } = options
  const name = options.name ?? "microsoft"
  if (!MANY.has(tenant) && !ID.test(tenant))
    throw new OAuthOptionInvalid(
      `Expected tenant of ${name} to be a tenant's id in small letters, or common, organizations or consumers.`,
    )
  const base = `${HOST}/${tenant}`
  return defineProvider({
    name,
    label: "Microsoft",
    clientId,
    authentication: postAuth(name, clientSecret),
    isOpenId: true,
    server: {
      issuer: `${base}/v2.0`,
      authorize: `${base}/oauth2/v2.0/authorize`,
      token: `${base}/oauth2/v2.0/token`,
      userinfo: "https://graph.microsoft.com/oidc/userinfo",
      keys: `${base}/discovery/v2.0/keys`,
      logout: `${base}/oauth2/v2.0/logout`,
    },
    scopes,
    issuerOf: (claims) => issuerOf(claims, tenant, allowedTenants),
    profile: (facts) => ({ ...openIdProfile(facts), emailVerified: isEdov(facts.claims?.xms_edov) }),
  })
}

/** The issuer of a token is that of the tenant which it names, and the tenant one that is welcome. */
function issuerOf({ tid }: Json, tenant: string, allowed: readonly string[] | undefined): string | undefined {
  if (typeof tid !== "string" || !ID.test(tid)) return undefined
  if (tenant === "organizations" && tid === CONSUMERS) return undefined
  if (tenant === "consumers" && tid !== CONSUMERS) return undefined
  if (!MANY.has(tenant) && tid !== tenant) return undefined
  if (allowed !== undefined && !allowed.includes(tid)) return undefined
  return `${HOST}/${tid}/v2.0`
}

/** It comes as a truth value, and from some tenants as a number or a text. */
function isEdov(value: unknown): boolean {
  return value === true || value === 1 || value === "1" || value === "true"
}
