import type { AppProvider } from "@ashlar/sdk"

/** What each kind of provider asks for besides the two words that it gave for the app. */
export interface ProviderKind {
  readonly kind: string
  readonly label: string
  /** What its host is, where it is not in one place. */
  readonly host?: { readonly label: string; readonly placeholder: string; readonly needed: boolean }
  readonly tenant?: { readonly label: string; readonly placeholder: string; readonly needed: boolean }
}

const own = (placeholder: string) => ({ label: "Host", placeholder, needed: false })

/** Those that users of an app can sign in with. */
export const providerKinds: readonly ProviderKind[] = [
  { kind: "google", label: "Google" },
  { kind: "github", label: "GitHub", host: own("https://github.example.com, of GitHub Enterprise") },
  {
    ...{ kind: "microsoft", label: "Microsoft" },
    tenant: { label: "Tenant", placeholder: "any account, when empty", needed: false },
  },
  { kind: "gitlab", label: "GitLab", host: own("https://gitlab.example.com, of one's own") },
  { kind: "discord", label: "Discord" },
  { kind: "facebook", label: "Facebook" },
  { kind: "linkedin", label: "LinkedIn" },
  { kind: "x", label: "X" },
  { kind: "auth0", label: "Auth0", host: { label: "Domain", placeholder: "acme.eu.auth0.com", needed: true } },
  {
    ...{ kind: "okta", label: "Okta", host: { label: "Domain", placeholder: "acme.okta.com", needed: true } },
    tenant: { label: "Authorization server", placeholder: "the organization's, when empty", needed: false },
  },
  {
    ...{ kind: "keycloak", label: "Keycloak" },
    host: { label: "Address", placeholder: "https://id.example.com", needed: true },
    tenant: { label: "Realm", placeholder: "staff", needed: true },
  },
  {
    ...{ kind: "oidc", label: "Any OpenID Connect issuer" },
    host: { label: "Issuer", placeholder: "https://id.example.com", needed: true },
  },
]

export function kindOf(kind: string): ProviderKind {
  return providerKinds.find((one) => one.kind === kind) ?? { kind, label: kind }
}

/** A name for a new one that no other has: `google`, then `google-2`. */
export function freeName(kind: string, taken: readonly Pick<AppProvider, "name">[]): string {
  const isTaken = (name: string): boolean => taken.some((one) => one.name === name)
  for (let count = 1; ; count++) {
    const name = count === 1 ? kind : `${kind}-${count}`
    if (!isTaken(name)) return name
  }
}
