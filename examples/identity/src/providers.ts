import { apple, type Provider, providerFrom, providerKinds } from "@ashlar/oauth/client"

type Environment = Readonly<Record<string, string | undefined>>

/** What a kind needs besides an id and a secret: the end of its variable, for where it is, and for what of it. */
const NEEDS: Readonly<Record<string, { readonly host?: string; readonly tenant?: string }>> = {
  oidc: { host: "ISSUER" },
  microsoft: { tenant: "TENANT" },
  auth0: { host: "DOMAIN" },
  okta: { host: "DOMAIN" },
  keycloak: { host: "URL", tenant: "REALM" },
}

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
  for (const kind of providerKinds) {
    const { host, tenant } = NEEDS[kind] ?? {}
    const others = [host, tenant].filter((end) => end !== undefined)
    add(kind.toUpperCase(), ["CLIENT_SECRET", ...others], (values) =>
      providerFrom({
        kind,
        clientId: values.CLIENT_ID!,
        clientSecret: values.CLIENT_SECRET!,
        ...(host !== undefined && { host: values[host]! }),
        ...(tenant !== undefined && { tenant: values[tenant]! }),
        ...(kind === "oidc" && { label: env.OIDC_LABEL ?? new URL(values.ISSUER!).host }),
      }),
    )
  }
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
