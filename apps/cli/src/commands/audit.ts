import { resolve } from "node:path"
import type { Command } from "commander"
import type { Cli, Outcome } from "../cli.ts"
import { askPackage } from "../database/ask-database.ts"
import type { AppRuntime } from "../development/app-process.ts"
import { WrongUsage } from "../errors.ts"
import { choice, type Run } from "../program.ts"
import { plural, printable } from "../text.ts"

const PROGRAM = "@ashlar/security/process"

interface AuditFlags {
  readonly database?: string
  readonly file?: string
  readonly stream?: string
  readonly anchor?: readonly string[]
  readonly publicKey?: readonly string[]
  readonly out?: string
  readonly action?: string
  readonly actor?: string
  readonly target?: string
  readonly outcome?: string
  readonly since?: string
  readonly until?: string
  readonly after?: string
  readonly limit?: string
  readonly runtime: AppRuntime
}

/** `audit verify|list|export`. */
export function registerAudit(program: Command, run: Run): void {
  const audit = program
    .command("audit")
    .description("an app's audit log: is it whole, what is in it, a copy to give away")
  const collect = (text: string, before: readonly string[] = []): readonly string[] => [...before, text]
  const common = (command: Command): Command =>
    command
      .option("--database <url>", "where the log is; default: DATABASE_URL")
      .option("--stream <name>", "which stream; default: main")
      .addOption(choice("--runtime <name>", "what runs it", ["bun", "node"]).default("bun"))
  const trusted = (command: Command): Command =>
    command
      .option("--anchor <file>", "a head or checkpoint that was kept elsewhere; may be given again", collect)
      .option("--public-key <id=file>", "who may have signed checkpoints; may be given again", collect)
  trusted(common(audit.command("verify")))
    .description("is it as it was written? The exit code is 1 when it is not")
    .option("--file <export>", "verify an export instead, without the database")
    .addHelpText("after", "\nKeys of HMAC checkpoints come from ASHLAR_AUDIT_KEYS: id=base64,id=base64")
    .action(run(verifyAudit))
  common(audit.command("list"))
    .description("entries, the newest first")
    .option("--action <name>", "only this action")
    .option("--actor <type:id>", "only what this one did")
    .option("--target <type:id>", "only what was done to this")
    .addOption(choice("--outcome <word>", "only with this outcome", ["success", "failure", "denied"]))
    .option("--since <time>", "from this time on: 2026-11-29T00:00:00Z")
    .option("--until <time>", "before this time")
    .option("--after <cursor>", "the next page")
    .option("--limit <count>", "how many; default: 50")
    .action(run(listAudit))
  common(audit.command("export"))
    .description("a stream as lines of JSON, which can be verified without the database")
    .requiredOption("--out <file>", "the file to write; it must not be there yet")
    .action(run(exportAudit))
}

interface AuditReport {
  readonly stream: string
  readonly ok: boolean
  readonly entries: number
  readonly checkpoints: number
  readonly head: { readonly sequence: number; readonly hash: string }
  readonly broken?: { readonly sequence: number; readonly fault: string; readonly message: string }
}

async function askAudit<T>(cli: Cli, action: string, flags: AuditFlags): Promise<T> {
  const { io } = cli
  const url = flags.database ?? io.env.DATABASE_URL
  if (flags.file === undefined && !url)
    throw new WrongUsage("No database is named. Pass --database sqlite:./app.db, or set DATABASE_URL.")
  const { action: named, actor, target, outcome, since, until, after, limit } = flags
  const query = { action: named, actor, target, outcome, since, until, after, ...(limit && { limit: Number(limit) }) }
  const request = {
    command: "audit",
    action,
    url,
    file: flags.file && resolve(io.cwd, flags.file),
    stream: flags.stream,
    out: flags.out && resolve(io.cwd, flags.out),
    anchors: flags.anchor?.map((one) => resolve(io.cwd, one)),
    publicKeys: flags.publicKey,
    hmacKeys: io.env.ASHLAR_AUDIT_KEYS?.split(","),
    query,
  }
  return await askPackage<T>(cli, request, { runtime: flags.runtime, program: PROGRAM })
}

async function verifyAudit(cli: Cli, flags: AuditFlags): Promise<Outcome> {
  const report = await askAudit<AuditReport>(cli, "verify", flags)
  const { ok, entries, checkpoints, head, broken } = report
  const { green, red } = cli.colors
  const whole = `${green("✓")} ${entriesText(entries)} as written, ${plural(checkpoints, "signed checkpoint")}. The head is ${head.sequence} ${head.hash}`
  const text =
    ok || broken === undefined
      ? whole
      : `${red("✗")} ${broken.fault} at ${broken.sequence}: ${printable(broken.message)}`
  return { value: report, text, exitCode: ok ? 0 : 1 }
}

async function listAudit(cli: Cli, flags: AuditFlags): Promise<Outcome> {
  interface Entry {
    readonly sequence: number
    readonly at: string
    readonly action: string
    readonly outcome: string
    readonly actor: { readonly type: string; readonly id: string }
    readonly target: { readonly type: string; readonly id: string } | null
  }
  const page = await askAudit<{ readonly entries: readonly Entry[]; readonly next?: string }>(cli, "list", flags)
  const lines = page.entries.map(({ sequence, at, action, outcome, actor, target }) =>
    printable(
      `${sequence}  ${at}  ${outcome}  ${action}  ${actor.type}:${actor.id}${target ? `  ${target.type}:${target.id}` : ""}`,
    ),
  )
  const more = page.next === undefined ? [] : [`More: --after ${page.next}`]
  return { value: page, text: [...lines, ...more].join("\n") }
}

async function exportAudit(cli: Cli, flags: AuditFlags): Promise<Outcome> {
  const done = await askAudit<{ readonly file: string; readonly entries: number }>(cli, "export", flags)
  return { value: done, text: `${entriesText(done.entries)} in ${done.file}` }
}

function entriesText(count: number): string {
  return count === 1 ? "1 entry" : `${count.toLocaleString("en")} entries`
}
