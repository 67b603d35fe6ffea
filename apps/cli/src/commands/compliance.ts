import { resolve } from "node:path"
import { type Command, InvalidArgumentError } from "commander"
import type { Cli, Outcome } from "../cli.ts"
import { askPackage } from "../database/ask-database.ts"
import { type DatabaseFlags, databaseFolders, databaseUrl } from "../database/database-project.ts"
import { findEntry } from "../development/app-entry.ts"
import { describeApp } from "../development/app-process.ts"
import { choice, commaList, type Run } from "../program.ts"
import { printable, toTable } from "../text.ts"
import { withDatabaseOptions } from "./migrations.ts"

const PROGRAM = "@ashlar/security/process"
const MODES = ["delete", "anonymize", "keep"]
const LISTS = ["gdpr", "hipaa", "pci-dss"]

interface ComplianceFlags extends DatabaseFlags {
  readonly app?: string
  readonly out?: string
  readonly table?: Readonly<Record<string, string>>
  readonly yes?: boolean
  readonly facts?: string
  readonly list?: readonly string[]
  readonly format?: "markdown" | "html"
  readonly system?: string
  readonly audit?: boolean
}

/** `compliance data-map|export|erase|report`. */
export function registerCompliance(program: Command, run: Run): void {
  const compliance = program
    .command("compliance")
    .description("personal data: where it is, a person's copy, forgetting them; and reports")
  const map = compliance
    .command("data-map")
    .description("where personal data is, by the `pii` tags of models, and of the app's routes")
    .option("--app <entry>", "the routes of the app that starts here, too")
    .action(run(showMap))
  const copy = compliance
    .command("export")
    .description("all that the database holds of a person, as JSON")
    .argument("<model>", "the model or table of the person: User")
    .argument("<id>", "the key of their row")
    .requiredOption("--out <file>", "the file to write; it must not be there yet")
    .action(run(exportPerson))
  const erase = compliance
    .command("erase")
    .description("forget a person; without --yes it only counts")
    .argument("<model>", "the model or table of the person: User")
    .argument("<id>", "the key of their row")
    .option("--table <table=mode>", "delete, anonymize or keep rows of a table; may be given again", tableMode)
    .option("--yes", "do it")
    .addHelpText("after", eraseHelp)
    .action(run(erasePerson))
  const report = compliance
    .command("report")
    .description("checklists, the data map and accesses, as a document that a person can read")
    .option("--app <entry>", "the routes of the app that starts here, too")
    .option("--facts <file>", 'what is known of the system, as JSON: { "tlsEverywhere": true, "auditDays": 365 }')
    .option("--list <names>", `only these: ${LISTS.join(",")}`, checklistNames)
    .addOption(choice("--format <name>", "what to write", ["markdown", "html"]).default("markdown"))
    .option("--system <name>", "whose report it is")
    .option("--audit", "with the accesses that the audit log of the database tells")
    .option("--out <file>", "the file to write; default: it is printed")
    .action(run(writeReport))
  for (const command of [map, copy, erase, report]) withDatabaseOptions(command)
}

const eraseHelp = `
Tables with \`pii\` tags are anonymized, others kept, unless --table says otherwise. It is one transaction, and told in the audit log.

Examples:
  ashlar compliance erase User 7
  ashlar compliance erase User 7 --table comments=delete --table invoices=keep --yes`

function tableMode(text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const [table = "", mode = "", ...more] = text.split("=")
  if (table === "" || !MODES.includes(mode) || more.length > 0)
    throw new InvalidArgumentError(`Expected table=mode, and a mode of ${MODES.join(", ")}.`)
  return { ...before, [table]: mode }
}

function checklistNames(text: string): readonly string[] {
  const names = commaList(text)
  if (!names.every((name) => LISTS.includes(name)))
    throw new InvalidArgumentError(`Expected names of ${LISTS.join(", ")}.`)
  return names
}

async function ask<T>(
  cli: Cli,
  flags: ComplianceFlags,
  request: { readonly action: string; readonly [option: string]: unknown },
): Promise<T> {
  const { models } = databaseFolders(cli, flags)
  return await askPackage<T>(
    cli,
    { command: "compliance", models, ...request },
    { runtime: flags.runtime, program: PROGRAM },
  )
}

async function routesOf(cli: Cli, { app, runtime }: ComplianceFlags): Promise<unknown> {
  if (app === undefined) return undefined
  return (await describeApp(cli.io, findEntry(cli.io.cwd, app), { runtime, timeoutMs: 30_000 })).table.routes
}

async function showMap(cli: Cli, flags: ComplianceFlags): Promise<Outcome> {
  interface Entry {
    readonly place: string
    readonly category: string
    readonly purpose?: string
    readonly onErase?: string
  }
  const map = await ask<readonly Entry[]>(cli, flags, { action: "data-map", routes: await routesOf(cli, flags) })
  const rows = map.map(({ place, category, purpose = "", onErase = "" }) =>
    [place, category, purpose, onErase].map(printable),
  )
  return {
    value: map,
    text:
      rows.length === 0
        ? 'Nothing is tagged: text().pii("contact")'
        : toTable(["place", "kind", "purpose", "on erasure"], rows),
  }
}

async function exportPerson(cli: Cli, subject: string, id: string, flags: ComplianceFlags): Promise<Outcome> {
  const out = resolve(cli.io.cwd, flags.out ?? "")
  const request = { action: "export", subject, id, out, url: databaseUrl(cli, flags) }
  const done = await ask<{ readonly file: string; readonly tables: Readonly<Record<string, number>> }>(
    cli,
    flags,
    request,
  )
  const lines = Object.entries(done.tables).map(([table, rows]) => `${printable(table)}: ${rows}`)
  return { value: done, text: [...lines, `Written to ${done.file}`].join("\n") }
}

async function erasePerson(cli: Cli, subject: string, id: string, flags: ComplianceFlags): Promise<Outcome> {
  interface Report {
    readonly tables: readonly {
      readonly table: string
      readonly mode: string
      readonly rows: number
      readonly cleared: readonly string[]
    }[]
  }
  const dryRun = flags.yes !== true
  const request = { action: "erase", subject, id, dryRun, tables: flags.table, url: databaseUrl(cli, flags) }
  const report = await ask<Report>(cli, flags, request)
  const rows = report.tables.map(({ table, mode, rows: count, cleared }) =>
    [table, mode, String(count), cleared.join(", ")].map(printable),
  )
  const end = dryRun ? "\nNothing was changed. Do it with --yes." : ""
  return { value: report, text: `${toTable(["table", "what", "rows", "cleared"], rows)}${end}` }
}

async function writeReport(cli: Cli, flags: ComplianceFlags): Promise<Outcome> {
  const { facts, list, format, system, out, audit } = flags
  const path = (text: string | undefined) => (text === undefined ? undefined : resolve(cli.io.cwd, text))
  const url = audit === true ? databaseUrl(cli, flags) : undefined
  const request = {
    action: "report",
    facts: path(facts),
    checklists: list,
    format,
    system,
    out: path(out),
    url,
    routes: await routesOf(cli, flags),
  }
  const { text, ...value } = await ask<{ readonly text: string; readonly file?: string }>(cli, flags, request)
  return { value: { ...value, text }, text: value.file === undefined ? text.trimEnd() : `Written to ${value.file}` }
}
