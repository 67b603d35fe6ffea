import { everyItem } from "@ashlar/admin"
import type { Command } from "commander"
import type { Cli, Outcome } from "../cli.ts"
import { type Run, wholeNumber } from "../program.ts"
import { toTable } from "../text.ts"
import { parseExpiry } from "./keys.ts"

/** `secrets list|set|get|remove|history`. */
export function registerSecrets(program: Command, run: Run): void {
  const secrets = program.command("secrets").description("what the project's functions need of other services")
  secrets.command("list").description("all secrets, without their values").action(run(list))
  secrets
    .command("set")
    .description("make a secret, or a new version of it; the value is asked for, or piped in")
    .argument("<name>")
    .option("--function <name...>", "who may read it (default: those who may already)")
    .option("--expires <time>", "when it ends: 30d, 12h, or an RFC 3339 time", parseExpiry)
    .addHelpText("after", '\nExample:\n  printf %s "$STRIPE_KEY" | ashlar secrets set stripe --function pay')
    .action(run(set))
  secrets
    .command("get")
    .description("print the value; that it was read is in the audit trail")
    .argument("<name>")
    .option("--at <version>", "a former one's", wholeNumber(1, 1_000_000_000))
    .action(run(get))
  secrets.command("remove").description("take it away with all its versions").argument("<name>").action(run(remove))
  secrets.command("history").description("its versions, the latest first").argument("<name>").action(run(history))
}

async function list(cli: Cli): Promise<Outcome> {
  const admin = cli.admin()
  const project = cli.project()
  const secrets = await Array.fromAsync(everyItem((page) => admin.secrets.list(project, page)))
  const rows = secrets.map(({ name, version, updatedAt, expiresAt, functions }) => [
    ...[name, String(version), updatedAt, expiresAt ?? "never", functions.join(" ") || "–"],
  ])
  const none = "No secrets yet. Set one: ashlar secrets set stripe"
  const text = rows.length === 0 ? none : toTable(["name", "version", "set", "expires", "read by"], rows)
  return { value: secrets, text }
}

async function set(
  cli: Cli,
  name: string,
  options: { readonly function?: readonly string[]; readonly expires?: string },
): Promise<Outcome> {
  const { function: functions, expires: expiresAt } = options
  const value = await cli.askSecret("The value")
  const input = { value, ...(functions && { functions }), ...(expiresAt !== undefined && { expiresAt }) }
  const info = await cli.admin().secrets.set(cli.project(), name, input)
  return { value: info, text: `Set ${info.name}, version ${info.version}.` }
}

/** The value alone goes to standard output, so that it can be piped. */
async function get(cli: Cli, name: string, { at }: { readonly at?: number }): Promise<Outcome> {
  const found = await cli.admin().secrets.reveal(cli.project(), name, at)
  return { value: found, text: found.value }
}

async function remove(cli: Cli, name: string): Promise<Outcome> {
  await cli.admin().secrets.remove(cli.project(), name)
  return { value: { name, removed: true }, text: `Removed ${name}.` }
}

async function history(cli: Cli, name: string): Promise<Outcome> {
  const found = await cli.admin().secrets.history(cli.project(), name)
  const rows = found.items.map(({ version, createdAt }) => [String(version), createdAt])
  return { value: found, text: toTable(["version", "set"], rows) }
}
