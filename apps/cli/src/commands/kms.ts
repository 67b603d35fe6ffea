import { everyItem, type KmsAuditQuery } from "@ashlar/admin"
import type { KmsAlgorithm, KmsKey, KmsUse } from "@ashlar/sdk"
import type { Command } from "commander"
import type { Cli, Outcome } from "../cli.ts"
import { choice, type Run, wholeNumber } from "../program.ts"
import { plural, printable, toTable } from "../text.ts"

const ALGORITHMS = ["AES-256-GCM", "HS256", "HS384", "HS512", "RS256", "PS256", "ES256", "ES384", "EdDSA"]
const USES = ["encrypt", "decrypt", "data-key", "mac", "sign", "verify"]

/** `kms list|create|rotate|rewrap|minimum|disable|enable|schedule-deletion|cancel-deletion|shred|audit`. */
export function registerKms(program: Command, run: Run): void {
  const kms = program.command("kms").description("the project's keys for encryption and signatures")
  kms.command("list").description("all keys, with their versions and states").action(run(list))
  kms
    .command("create")
    .description("create a key; it never leaves the platform")
    .argument("<name>")
    .addOption(choice("--algorithm <name>", "what it does, for ever (default: AES-256-GCM)", ALGORITHMS))
    .addOption(choice("--use <use...>", "what it may be used for (default: all its algorithm can do)", USES))
    .option("--rotate-every <days>", "rotate it by itself when it is this old", wholeNumber(1, 3_650))
    .addHelpText("after", "\nExample:\n  ashlar kms create customers --rotate-every 90")
    .action(run(create))
  const change = (name: string, description: string, work: Change): void => {
    kms
      .command(name)
      .description(description)
      .argument("<name>")
      .action(run(changing(work)))
  }
  change("rotate", "a new version, which encrypts and signs from now on", (cli, name) =>
    cli.admin().kms.rotate(cli.project(), name),
  )
  kms
    .command("rewrap")
    .description("put what the platform encrypted by this key under its current version")
    .argument("<name>", "ashlar.secrets or ashlar.documents")
    .action(run(rewrap))
  kms
    .command("minimum")
    .description("refuse what older versions made; lower it again to read that")
    .argument("<name>")
    .argument("<version>", "the oldest that still works", wholeNumber(1, 1_000_000_000))
    .action(run(minimum))
  change("disable", "stop a key; it can be enabled again", (cli, name) => cli.admin().kms.disable(cli.project(), name))
  change("enable", "let a disabled key work again", (cli, name) => cli.admin().kms.enable(cli.project(), name))
  kms
    .command("schedule-deletion")
    .description("stop a key now, and destroy it with all it encrypted after some days")
    .argument("<name>")
    .option("--days <days>", "how many, 7 to 365", wholeNumber(7, 365), 30)
    .action(run(scheduleDeletion))
  change("cancel-deletion", "keep a key that waits for its deletion; it is disabled then", (cli, name) =>
    cli.admin().kms.cancelDeletion(cli.project(), name),
  )
  kms
    .command("shred")
    .description("destroy a key now, and with it what it encrypted")
    .argument("<name>")
    .option("--yes", "do not ask")
    .action(run(shred))
  kms
    .command("audit")
    .description("what was done with keys and secrets, and what was refused, the newest first")
    .option("--key <name>", "only with this key")
    .option("--secret <name>", "only with this secret")
    .option("--action <name>", "only this, such as kms.decrypt or secret.read")
    .option("--actor <type:id>", "only what this one did")
    .addOption(choice("--outcome <word>", "only with this outcome", ["success", "failure", "denied"]))
    .option("--since <time>", "from this time on: 2026-11-29T00:00:00Z")
    .option("--until <time>", "before this time")
    .option("--cursor <text>", "the next page")
    .option("--limit <count>", "how many; default: 50", wholeNumber(1, 200))
    .option("--verify", "is it as it was written? The exit code is 1 when it is not")
    .addHelpText("after", "\nExample:\n  ashlar kms audit --key customers --outcome denied")
    .action(run(audit))
}

type Change = (cli: Cli, name: string) => Promise<KmsKey>

function changing(work: Change): (cli: Cli, name: string) => Promise<Outcome> {
  return async (cli, name) => {
    const key = await work(cli, name)
    return { value: key, text: `${key.name}: version ${key.version}, ${stateOf(key)}.` }
  }
}

function stateOf({ state, deletesAt }: KmsKey): string {
  return deletesAt === null ? state : `destroyed on ${deletesAt}`
}

async function list(cli: Cli): Promise<Outcome> {
  const admin = cli.admin()
  const project = cli.project()
  const keys = await Array.fromAsync(everyItem((page) => admin.kms.list(project, page)))
  const rows = keys.map((key) => [
    key.name,
    key.algorithm,
    String(key.version),
    String(key.minimumVersion),
    stateOf(key),
  ])
  const none = "No keys yet. Create one: ashlar kms create customers"
  const text = rows.length === 0 ? none : toTable(["name", "algorithm", "version", "minimum", "state"], rows)
  return { value: keys, text }
}

async function create(
  cli: Cli,
  name: string,
  options: { readonly algorithm?: KmsAlgorithm; readonly use?: readonly KmsUse[]; readonly rotateEvery?: number },
): Promise<Outcome> {
  const { algorithm, use: uses, rotateEvery: rotateEveryDays } = options
  const more = { ...(algorithm && { algorithm }), ...(uses && { uses }) }
  const input = { name, ...more, ...(rotateEveryDays !== undefined && { rotateEveryDays }) }
  const key = await cli.admin().kms.create(cli.project(), input)
  return { value: key, text: `Created key ${key.name} (${key.algorithm}).` }
}

async function rewrap(cli: Cli, name: string): Promise<Outcome> {
  const done = await cli.admin().kms.rewrap(cli.project(), name)
  return { value: done, text: `Put ${done.rewrapped} under the current version of ${name}.` }
}

async function scheduleDeletion(cli: Cli, name: string, { days }: { readonly days: number }): Promise<Outcome> {
  const key = await cli.admin().kms.scheduleDeletion(cli.project(), name, days)
  cli.note(`Nothing works with ${name} any more. Until then: ashlar kms cancel-deletion ${name}`)
  return { value: key, text: `${key.name} is ${stateOf(key)}, with all it encrypted.` }
}

async function minimum(cli: Cli, name: string, version: number): Promise<Outcome> {
  const key = await cli.admin().kms.setMinimumVersion(cli.project(), name, version)
  return { value: key, text: `${key.name}: versions from ${key.minimumVersion} on work.` }
}

async function shred(cli: Cli, name: string, options: { readonly yes?: boolean }): Promise<Outcome> {
  const { kms } = cli.admin()
  const { name: found } = await kms.get(cli.project(), name)
  await cli.confirm(`Destroy the key ${found} and all that it encrypted? There is no way back.`, options.yes)
  const key = await kms.shred(cli.project(), found)
  return { value: key, text: `${key.name} is destroyed.` }
}

async function audit(cli: Cli, { verify, ...query }: KmsAuditQuery & { readonly verify?: boolean }): Promise<Outcome> {
  if (verify) return await verifyAudit(cli)
  const page = await cli.admin().kms.audit(cli.project(), query)
  const lines = page.items.map(({ sequence, at, outcome, action, actor, target, details }) => {
    const { by, refused, count } = details
    const what = target === null ? "" : `${target.type}:${target.id}`
    const more = [...(refused ? [String(refused)] : []), ...(count ? [`${count} more`] : [])]
    return [sequence, at, outcome, action, what, by ?? `${actor.type}:${actor.id}`, more.join(" ")].map((one) =>
      printable(String(one)),
    )
  })
  const table = toTable(["#", "at", "outcome", "action", "of", "by", ""], lines)
  const more = page.next === null ? "" : `\nMore: --cursor ${page.next}`
  return { value: page, text: lines.length === 0 ? "Nothing yet." : table + more }
}

async function verifyAudit(cli: Cli): Promise<Outcome> {
  const report = await cli.admin().kms.verifyAudit(cli.project())
  const { green, red } = cli.colors
  const { entries, checkpoints, head, broken } = report
  const [found, signed] = [entries === 1 ? "1 entry" : `${entries} entries`, plural(checkpoints, "signed checkpoint")]
  const text =
    broken === null
      ? `${green("✓")} ${found} as written, ${signed}. The head is ${head.sequence} ${head.hash}`
      : `${red("✗")} ${broken.fault} at ${broken.sequence}: ${printable(broken.message)}`
  return { value: report, text, exitCode: report.ok ? 0 : 1 }
}
