/** A provider that an app can sign people in with, and what it takes. */
export interface KnownProvider {
  readonly label: string
  /** Where an app is registered with it. */
  readonly register: string
  /** The options of its function, each with the end of its variable's name. */
  readonly options: Readonly<Record<string, string>>
}

const USUAL = { clientId: "CLIENT_ID", clientSecret: "CLIENT_SECRET" }

export const PROVIDERS: Readonly<Record<string, KnownProvider>> = {
  google: { label: "Google", register: "https://console.cloud.google.com/apis/credentials", options: USUAL },
  github: { label: "GitHub", register: "https://github.com/settings/developers", options: USUAL },
  microsoft: { label: "Microsoft", register: "https://entra.microsoft.com", options: { ...USUAL, tenant: "TENANT" } },
  apple: {
    label: "Apple",
    register: "https://developer.apple.com/account/resources/identifiers/list/serviceId",
    options: { clientId: "CLIENT_ID", teamId: "TEAM_ID", keyId: "KEY_ID", privateKey: "PRIVATE_KEY" },
  },
  gitlab: { label: "GitLab", register: "https://gitlab.com/-/user_settings/applications", options: USUAL },
  discord: { label: "Discord", register: "https://discord.com/developers/applications", options: USUAL },
  facebook: { label: "Facebook", register: "https://developers.facebook.com/apps", options: USUAL },
  auth0: { label: "Auth0", register: "https://manage.auth0.com", options: { ...USUAL, domain: "DOMAIN" } },
  okta: { label: "Okta", register: "https://login.okta.com", options: { ...USUAL, domain: "DOMAIN" } },
  keycloak: {
    label: "Keycloak",
    register: "the admin console of the realm",
    options: { ...USUAL, url: "URL", realm: "REALM" },
  },
  linkedin: { label: "LinkedIn", register: "https://www.linkedin.com/developers/apps", options: USUAL },
  x: { label: "X", register: "https://developer.x.com", options: USUAL },
  oidc: { label: "any issuer of OpenID Connect", register: "the issuer", options: { ...USUAL, issuer: "ISSUER" } },
}

/** What a provider's file of an app is made of. */
export interface ProviderFile {
  readonly text: string
  /** The variables that it reads. */
  readonly variables: readonly string[]
  /** What the file exports. */
  readonly constant: string
}

/** @param name Another name than the provider's own, for two of one kind. */
export function providerFile(kind: string, known: KnownProvider, name: string): ProviderFile {
  const prefix = name.toUpperCase().replaceAll("-", "_")
  const constant = `with${name
    .split("-")
    .map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`)
    .join("")}`
  const options = Object.entries(known.options).map(([option, end]) => [option, `${prefix}_${end}`] as const)
  const variables = options.map(([, variable]) => variable)
  const needsName = kind === "oidc" || name !== kind
  // A package of the app's, and not of this command.
  const from = ["@ashlar", "oauth", "client"].join("/")
  const text = `import { ${kind} } from "${from}"

/**
 * Sign-in with ${kind === "oidc" ? name : known.label}. Register the app with ${known.register}; its callback is
 * <url of the client>/sign-in/${name}/callback.
 */
export const ${constant} = ${kind}({
${needsName ? `  name: "${name}",\n` : ""}${options.map(([option, variable]) => `  ${option}: process.env.${variable} ?? "",`).join("\n")}
})
`
  return { text, variables, constant }
}
