import { OAuthOptionInvalid } from "../../errors.ts"
import { discord } from "./discord.ts"
import { facebook } from "./facebook.ts"
import { github } from "./github.ts"
import { google } from "./google.ts"
import { linkedin } from "./linkedin.ts"
import { microsoft } from "./microsoft.ts"
import { auth0, gitlab, keycloak, oidc, okta } from "./oidc.ts"
import type { Provider } from "./provider.ts"
import { x } from "./x.ts"

/** A provider as it is kept in a database, or in the environment: plain texts. */
export interface ProviderSettings {
  /** One of {@link providerKinds}. */
  readonly kind: string
  /** Stands in the paths of the routes, and in identities. Default: the kind. */
  readonly name?: string
  /** What people read on a button. Default: the provider's own. */
  readonly label?: string
  readonly clientId: string
  readonly clientSecret: string
  /** What is asked for. Default: what says who the person is. */
  readonly scopes?: readonly string[]
  /**
   * Where it is. `oidc`: its issuer; `keycloak`: its URL; `auth0` and `okta`: the domain of the tenant; `github` and `gitlab`: the host of one's
   * own, and none for theirs.
   */
  readonly host?: string
  /** What of it. `microsoft`: a tenant; `keycloak`: the realm, which it needs; `okta`: an authorization server. */
  readonly tenant?: string
}

type Client = Pick<ProviderSettings, "clientId" | "clientSecret" | "scopes"> & { readonly name: string }
type Make = (client: Client, settings: ProviderSettings) => Provider

/** Apple is not among them: it takes a key, and no secret. */
const MAKERS = new Map<string, Make>([
  ["google", google],
  ["github", (client, { host }) => github({ ...client, ...(host !== undefined && { host }) })],
  ["microsoft", (client, { tenant }) => microsoft({ ...client, ...(tenant !== undefined && { tenant }) })],
  ["gitlab", (client, { host }) => gitlab({ ...client, ...(host !== undefined && { host }) })],
  ["discord", discord],
  ["facebook", facebook],
  ["linkedin", linkedin],
  ["x", x],
  ["auth0", (client, settings) => auth0({ ...client, domain: hostOf(settings) })],
  [
    "okta",
    (client, settings) =>
      okta({
        ...client,
        domain: hostOf(settings),
        ...(settings.tenant !== undefined && { authorizationServer: settings.tenant }),
      }),
  ],
  [
    "keycloak",
    (client, settings) =>
      keycloak({ ...client, url: hostOf(settings), realm: settings.tenant ?? missing("tenant", "the realm") }),
  ],
  ["oidc", (client, settings) => oidc({ ...client, issuer: hostOf(settings) })],
])

/** The kinds of providers that {@link providerFrom} makes. `oidc` is any issuer of OpenID Connect. */
export const providerKinds: readonly string[] = [...MAKERS.keys()]

/**
 * Makes a provider of settings, where its kind is known only at run time. Where it is known in the code, `google({ … })` and the others say more.
 *
 * @throws {OAUTH_OPTION_INVALID} whose `details.field` names the setting where it is one that is missing or unknown.
 * @example providerFrom({ kind: "keycloak", clientId, clientSecret, host: "https://id.example.com", tenant: "staff" })
 */
export function providerFrom(settings: ProviderSettings): Provider {
  const { kind, name = kind, label, clientId, clientSecret, scopes } = settings
  const make = MAKERS.get(kind) ?? missing("kind", `one of ${providerKinds.join(", ")}`)
  const made = make({ name, clientId, clientSecret, ...(scopes !== undefined && { scopes }) }, settings)
  return label === undefined ? made : Object.freeze({ ...made, label })
}

function hostOf({ host }: ProviderSettings): string {
  return host ?? missing("host", "where the provider is")
}

function missing(field: string, expected: string): never {
  throw new OAuthOptionInvalid(`Expected \`${field}\` to be ${expected}.`, { details: { field } })
}
