import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { Command } from "commander"
import type { Cli, Outcome } from "../cli.ts"
import { addVariables } from "../env-example.ts"
import { InputInvalid } from "../errors.ts"
import { refuseToReplace } from "../new-file.ts"
import type { Run } from "../program.ts"
import { PROVIDERS, providerFile } from "../provider-file.ts"

interface ProviderFlags {
  readonly name?: string
  readonly out?: string
  readonly force?: boolean
}

/** `oauth`. */
export function registerOAuth(program: Command, run: Run): void {
  const oauth = new Command("oauth").description("sign-in with others: Google, GitHub, any issuer of OpenID Connect")
  oauth.command("providers").description("list the providers, and what each takes").action(run(listProviders))
  oauth
    .command("provider")
    .description("write the file of a provider, and its variables into .env.example")
    .argument("<kind>", "one of ashlar oauth providers")
    .option("--name <name>", "another name than the provider's, for two of one kind; oidc needs one")
    .option("--out <file>", "the file to write; default: src/sign-in/<name>.ts")
    .option("--force", "write over a file that is there")
    .addHelpText("after", help)
    .action(run(writeProvider))
  program.addCommand(oauth)
}

const help = `
Examples:
  ashlar oauth provider google                    writes src/sign-in/google.ts
  ashlar oauth provider oidc --name staff         writes src/sign-in/staff.ts`

async function listProviders(): Promise<Outcome> {
  const value = Object.entries(PROVIDERS).map(([kind, known]) => {
    const { variables } = providerFile(kind, known, kind)
    return { kind, label: known.label, register: known.register, variables }
  })
  const width = Math.max(...value.map(({ kind }) => kind.length))
  const text = value.map(({ kind, variables }) => `${kind.padEnd(width)}  ${variables.join(" ")}`).join("\n")
  return { value, text }
}

async function writeProvider(cli: Cli, kind: string, flags: ProviderFlags): Promise<Outcome> {
  const known = Object.hasOwn(PROVIDERS, kind) ? PROVIDERS[kind] : undefined
  if (known === undefined) throw new InputInvalid(`Expected one of ${Object.keys(PROVIDERS).join(", ")}, got ${kind}.`)
  if (kind === "oidc" && flags.name === undefined)
    throw new InputInvalid("An issuer needs a name of the app's own: --name staff.")
  const name = flags.name ?? kind
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(name) || ["email", "ethereum"].includes(name))
    throw new InputInvalid("Expected a name of 1 to 32 small letters, digits and -, beginning with a letter: staff.")
  const { cwd } = cli.io
  const file = resolve(cwd, flags.out ?? `src/sign-in/${name}.ts`)
  refuseToReplace(cwd, file, flags.force)
  const { text, variables, constant } = providerFile(kind, known, name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  const added = addVariables(join(cwd, ".env.example"), variables)
  const shown = relative(cwd, file)
  const next = `Set ${variables.join(", ")}, and put ${constant} among the providers of createOAuthClient.`
  return { value: { file: shown, name, variables, added }, text: `${shown} is written. ${next}` }
}
