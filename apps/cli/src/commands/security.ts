import { writeFileSync } from "node:fs"
import { relative, resolve } from "node:path"
import type { Command } from "commander"
import type { Cli, Outcome } from "../cli.ts"
import { askPackage } from "../database/ask-database.ts"
import { findEntry, findModule } from "../development/app-entry.ts"
import { type AppRuntime, describeApp } from "../development/app-process.ts"
import { PackageMissing } from "../errors.ts"
import { choice, type Run } from "../program.ts"
import { plural, printable } from "../text.ts"
import { VERSION } from "../version.ts"

const SEVERITIES = ["low", "medium", "high", "critical"] as const
const PROGRAM = "@ashlar/security/process"

interface ScanFlags {
  readonly url?: string
  readonly app?: string
  readonly advisories?: string
  readonly baseline?: string
  readonly sarif?: string
  readonly failOn: (typeof SEVERITIES)[number] | "none"
  readonly runtime: AppRuntime
}

interface Finding {
  readonly rule: string
  readonly severity: (typeof SEVERITIES)[number]
  readonly message: string
  readonly fix: string
  readonly place: { readonly file?: string; readonly line?: number; readonly url?: string; readonly route?: string }
  readonly fingerprint: string
}

interface ScanAnswer {
  readonly findings: readonly Finding[]
  readonly accepted: readonly (Finding & { readonly reason: string })[]
  readonly unused: readonly object[]
  readonly scanned: { readonly files: number; readonly dependencies: number }
  readonly sarif: object
}

/** `security scan`. */
export function registerSecurity(program: Command, run: Run): void {
  const security = program.command("security").description("what attackers would find first")
  security
    .command("scan")
    .description("look for secrets, settings, headers, dependencies and routes that are dangerous")
    .argument("[folder]", "what to look through; default: this folder")
    .option("--app <entry>", "judge the routes of the app that starts here, too")
    .option("--at <url>", "judge the headers of the app that runs here, too")
    .option("--advisories <path>", "judge what is installed by this file or folder of OSV advisories, too")
    .option("--baseline <file>", "what is accepted, and why; default: ashlar-security.json of the folder")
    .option("--sarif <file>", "write SARIF 2.1.0 for code scanning")
    .addOption(choice("--fail-on <severity>", "exit with 1 from here on", [...SEVERITIES, "none"]).default("high"))
    .addOption(choice("--runtime <name>", "what loads the app", ["bun", "node"]).default("bun"))
    .addHelpText("after", help)
    .action(run(scanFolder))
}

const help = `
Nothing is changed, and nobody is asked but the address of --at. Files that git ignores are left out. A finding that you can live with goes into
ashlar-security.json: { "accepted": [{ "rule": "secret/known", "path": "test/keys.ts", "reason": "keys of the tests" }] }

Examples:
  ashlar security scan
  ashlar security scan --app src/main.ts --at http://localhost:3000 --advisories osv.json
  ashlar security scan --sarif scan.sarif --fail-on medium   for CI`

async function scanFolder(
  cli: Cli,
  named: string | undefined,
  flags: ScanFlags & { readonly at?: string },
): Promise<Outcome> {
  const { io } = cli
  const folder = resolve(io.cwd, named ?? ".")
  const { runtime } = flags
  const path = (text: string | undefined) => (text === undefined ? undefined : resolve(io.cwd, text))
  const request = {
    command: "scan",
    folder,
    version: VERSION,
    url: flags.at,
    advisories: path(flags.advisories),
    baseline: path(flags.baseline),
    more: flags.app === undefined ? undefined : await routeFindings(cli, { folder, named: flags.app, runtime }),
  }
  const { sarif, ...answer } = await askPackage<ScanAnswer>(cli, request, { runtime, program: PROGRAM })
  if (flags.sarif !== undefined) writeFileSync(resolve(io.cwd, flags.sarif), `${JSON.stringify(sarif, null, 2)}\n`)
  const least = SEVERITIES.indexOf(flags.failOn as (typeof SEVERITIES)[number])
  const isBad = least !== -1 && answer.findings.some(({ severity }) => SEVERITIES.indexOf(severity) >= least)
  return { value: { ok: !isBad, ...answer }, text: scanText(cli, answer), exitCode: isBad ? 1 : 0 }
}

async function routeFindings(
  cli: Cli,
  { folder, named, runtime }: { readonly folder: string; readonly named: string; readonly runtime: AppRuntime },
): Promise<readonly Finding[]> {
  const entry = findEntry(cli.io.cwd, named)
  const module = findModule("@ashlar/security/routes-reader", entry)
  if (module === undefined)
    throw new PackageMissing(`There is no @ashlar/security for ${entry}. Install it with: bun add @ashlar/security`)
  const { read } = await describeApp(cli.io, entry, { runtime, timeoutMs: 30_000, reader: { module, options: {} } })
  return (read as readonly Finding[]).map((finding) => {
    const { file } = finding.place
    return file === undefined ? finding : { ...finding, place: { ...finding.place, file: relative(folder, file) } }
  })
}

function scanText(cli: Cli, { findings, accepted, unused, scanned }: Omit<ScanAnswer, "sarif">): string {
  const { bold, dim, red, yellow } = cli.colors
  const paint = { low: dim, medium: yellow, high: red, critical: red } as const
  const lines = findings.flatMap(({ severity, rule, message, fix, place, fingerprint }) => [
    `${paint[severity](severity.padEnd(8))} ${bold(placeText(place))}  ${dim(rule)}`,
    `         ${printable(message)} ${printable(fix)} ${dim(fingerprint)}`,
  ])
  const counted = `${plural(findings.length, "finding")} in ${plural(scanned.files, "file")}`
  const rest = accepted.length > 0 ? `, and ${accepted.length} that the baseline accepts` : ""
  const stale =
    unused.length > 0 ? [`${plural(unused.length, "line")} of the baseline nothing is found for: take them out.`] : []
  return [...lines, `${counted}${rest}.`, ...stale].join("\n")
}

function placeText({ file, line, url, route }: Finding["place"]): string {
  const at = file === undefined ? url : `${file}${line === undefined ? "" : `:${line}`}`
  return printable([route, at].filter((one) => one !== undefined).join("  "))
}
