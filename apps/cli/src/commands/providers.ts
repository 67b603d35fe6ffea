import type { AppProviderInput } from "@ashlar/admin"
import type { AppProvider } from "@ashlar/sdk"
import type { Command } from "commander"
import type { Cli, Outcome } from "../cli.ts"
import { WrongUsage } from "../errors.ts"
import { choice, type Run } from "../program.ts"
import { toFacts, toTable } from "../text.ts"

const KINDS = [
  ...["google", "github", "microsoft", "gitlab", "discord", "facebook", "linkedin", "x"],
  ...["auth0", "okta", "keycloak", "oidc"],
]

/** `providers list|set|enable|disable|remove`: who else signs users of the project's app in. */
export function registerProviders(program: Command, run: Run): void {
  const providers = program.command("providers").description("who else signs users of the project's app in")
  providers.command("list").description("all providers, without their secrets").action(run(list))
  providers
    .command("set")
    .description("add a provider, or change it; its secret is asked for, or piped in")
    .argument("<name>", "names it in addresses, such as google")
    .requiredOption("--client-id <id>", "what the provider calls the app")
    .addOption(choice("--kind <kind>", "which it is; default: what its name says", KINDS))
    .option("--host <url>", "where it is: the issuer of oidc, the host of auth0, okta and keycloak")
    .option("--tenant <name>", "a tenant of Microsoft, a realm of Keycloak")
    .option("--label <text>", "what people read on its button")
    .option("--keep-secret", "the secret that is there stays")
    .addHelpText(
      "after",
      '\nExample:\n  printf %s "$SECRET" | ashlar providers set google --client-id 123.apps.googleusercontent.com',
    )
    .action(run(set))
  const able = (name: string, description: string, enabled: boolean): void => {
    providers
      .command(name)
      .description(description)
      .argument("<name>")
      .action(run((cli: Cli, one: string) => enable(cli, one, enabled)))
  }
  able("enable", "let it sign users in again", true)
  able("disable", "let it sign nobody in for now; its secret stays", false)
  providers
    .command("remove")
    .description("forget it; whom it signed in keep their accounts")
    .argument("<name>")
    .option("--yes", "do not ask")
    .action(run(remove))
}

async function list(cli: Cli): Promise<Outcome> {
  const all = await cli.admin().users.providers(cli.project())
  const rows = all.map(({ name, kind, label, clientId, enabled, callbackUrl }) => [
    ...[name, kind, label, clientId, enabled ? "enabled" : "disabled", callbackUrl],
  ])
  const none = "No providers yet. Add one: ashlar providers set google --client-id <id>"
  const head = ["name", "kind", "label", "client id", "state", "callback"]
  return { value: all, text: rows.length === 0 ? none : toTable(head, rows) }
}

interface SetFlags {
  readonly clientId: string
  readonly kind?: string
  readonly host?: string
  readonly tenant?: string
  readonly label?: string
  readonly keepSecret?: boolean
}

async function set(cli: Cli, name: string, { keepSecret, kind = name, ...input }: SetFlags): Promise<Outcome> {
  if (!KINDS.includes(kind)) throw new WrongUsage(`Which provider is ${name}? Pass --kind: ${KINDS.join(", ")}.`)
  const secret = keepSecret ? {} : { clientSecret: await cli.askSecret("The client secret") }
  const made = await cli.admin().users.putProvider(cli.project(), name, { kind, ...input, ...secret })
  return { value: made, text: `${describe(made)}\n\nRegister the callback with the provider.` }
}

async function enable(cli: Cli, name: string, enabled: boolean): Promise<Outcome> {
  const { kind, label, clientId, host, tenant } = await find(cli, name)
  const input: AppProviderInput = { kind, label, clientId, host, tenant, enabled }
  const changed = await cli.admin().users.putProvider(cli.project(), name, input)
  return { value: changed, text: describe(changed) }
}

async function remove(cli: Cli, name: string, options: { readonly yes?: boolean }): Promise<Outcome> {
  const found = await find(cli, name)
  await cli.confirm(`Remove the provider ${found.name}? Users who only know it cannot sign in.`, options.yes)
  await cli.admin().users.deleteProvider(cli.project(), name)
  return { value: found, text: `Removed ${found.name}.` }
}

async function find(cli: Cli, name: string): Promise<AppProvider> {
  const found = (await cli.admin().users.providers(cli.project())).find((one) => one.name === name)
  if (found === undefined)
    throw new WrongUsage(`There is no provider ${name}. See which there are: ashlar providers list`)
  return found
}

function describe({ name, label, clientId, enabled, callbackUrl }: AppProvider): string {
  return toFacts({ name, label, "client id": clientId, state: enabled ? "enabled" : "disabled", callback: callbackUrl })
}
