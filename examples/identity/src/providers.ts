import {
  apple,
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

type Environment = Readonly<Record<string, string | undefined>>

const USUAL = { google, github, gitlab, discord, facebook, linkedin, x }

/**
 * Who people may sign in with, by the variables that `ashlar oauth provider` writes: `<NAME>_CLIENT_ID`, `<NAME>_CLIENT_SECRET`, and what else
 * the provider needs. Without its id a provider is left out.
 */
export function providersOf(env: Environment): readonly Provider[] {
  const found: Provider[] = []
  const add = (
    name: string,
    others: readonly string[],
    make: (values: Readonly<Record<string, string>>) => Provider,
  ) => {
    if (!env[`${name}_CLIENT_ID`]) return
    const names = ["CLIENT_ID", ...others]
    const missing = names.filter((end) => !env[`${name}_${end}`]).map((end) => `${name}_${end}`)
    if (missing.length > 0) throw new Error(`Set ${missing.join(", ")}, or unset ${name}_CLIENT_ID.`)
    found.push(make(Object.fromEntries(names.map((end) => [end, env[`${name}_${end}`]!]))))
  }
  const client = (values: Readonly<Record<string, string>>) => ({
    clientId: values.CLIENT_ID!,
    clientSecret: values.CLIENT_SECRET!,
  })
  add("OIDC", ["CLIENT_SECRET", "ISSUER"], (values) =>
    oidc({
      ...client(values),
      name: "oidc",
      label: env.OIDC_LABEL ?? new URL(values.ISSUER!).host,
      issuer: values.ISSUER!,
    }),
  )
  for (const [name, make] of Object.entries(USUAL))
    add(name.toUpperCase(), ["CLIENT_SECRET"], (values) => make(client(values)))
  add("MICROSOFT", ["CLIENT_SECRET", "TENANT"], (values) => microsoft({ ...client(values), tenant: values.TENANT! }))
  add("AUTH0", ["CLIENT_SECRET", "DOMAIN"], (values) => auth0({ ...client(values), domain: values.DOMAIN! }))
  add("OKTA", ["CLIENT_SECRET", "DOMAIN"], (values) => okta({ ...client(values), domain: values.DOMAIN! }))
  add("KEYCLOAK", ["CLIENT_SECRET", "URL", "REALM"], (values) =>
    keycloak({ ...client(values), url: values.URL!, realm: values.REALM! }),
  )
  add("APPLE", ["TEAM_ID", "KEY_ID", "PRIVATE_KEY"], (values) =>
    apple({
      clientId: values.CLIENT_ID!,
      teamId: values.TEAM_ID!,
      keyId: values.KEY_ID!,
      privateKey: values.PRIVATE_KEY!.replaceAll("\\n", "\n"),
    }),
  )
  return found
}
