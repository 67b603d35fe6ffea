import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, extname, relative, resolve } from "node:path"
import type { ApiChange, ApiDiff } from "@ashlar/openapi/diff"
import type { Command } from "commander"
import type { Cli, Outcome } from "../cli.ts"
import { documentFrom, documentOfApp } from "../development/api-document.ts"
import type { AppRuntime } from "../development/app-process.ts"
import { InputInvalid, WrongUsage } from "../errors.ts"
import { choice, type Run, wholeNumber } from "../program.ts"
import { plural, printable, toTable } from "../text.ts"

interface LoadFlags {
  readonly apiVersion?: string
  readonly runtime: AppRuntime
  readonly timeout: number
}

interface WriteFlags extends LoadFlags {
  readonly async?: boolean
  readonly strict?: boolean
  readonly format?: "json" | "yaml"
  readonly out?: string
  readonly check?: boolean
}

interface DiffFlags extends LoadFlags {
  readonly failOn?: "breaking" | "any"
}

/** `openapi` and `openapi diff`. */
export function registerOpenApi(program: Command, run: Run): void {
  const command = program
    .command("openapi")
    .description("the OpenAPI document of an app, and what changed between two of them")
    .argument("[entry]", "the file that exports the app, or lets it listen; default: as for ashlar routes")
    .option("--out <file>", "write it to this file, as JSON or YAML by its name")
    .option("--check", "with --out: write nothing, and exit with 1 when the file is not up to date")
    .addOption(choice("--format <format>", "print it as", ["json", "yaml"]))
    .option("--async", "the AsyncAPI document of its WebSocket routes and event streams instead")
    .option("--strict", "refuse schemas that have no form in JSON Schema")
    .addHelpText("after", help)
    .action(run(write))
  const diff = command
    .command("diff")
    .description("what changed between two documents, and what of it breaks callers")
    .argument("<old>", "a file of JSON or YAML, or the entry of an app")
    .argument("<new>", "likewise")
    .addOption(choice("--fail-on <changes>", "exit with 1 on such changes", ["breaking", "any"]))
    .action(run(compare))
  for (const one of [command, diff])
    one
      .option("--api-version <version>", "of this version of the API only")
      .addOption(choice("--runtime <name>", "what loads the app", ["bun", "node"]).default("bun"))
      .option("--timeout <seconds>", "how long the app may take to load", wholeNumber(1, 600), 30)
}

const help = `
The app is loaded in a process of its own, with the packages that it brings. No port is opened.

Examples:
  ashlar openapi                                 print it
  ashlar openapi --out openapi.yaml              write it …
  ashlar openapi --out openapi.yaml --check      … and see in CI that it was written
  ashlar openapi --async --format yaml
  ashlar openapi diff openapi.yaml src/app.ts --fail-on breaking   what the next build breaks, for CI`

async function write(cli: Cli, entry: string | undefined, flags: WriteFlags): Promise<Outcome> {
  const { apiVersion, strict, runtime, timeout, out, check = false } = flags
  if (check && out === undefined) throw new WrongUsage("--check goes with --out.")
  const format = flags.format ?? (out !== undefined && extname(out) !== ".json" ? "yaml" : "json")
  const kind = flags.async ? "asyncapi" : "openapi"
  const document = await documentOfApp(cli.io, entry, { kind, apiVersion, strict, runtime, timeoutMs: timeout * 1000 })
  const { toYaml } = await import("@ashlar/openapi/yaml")
  const text = format === "json" ? `${JSON.stringify(document, null, 2)}\n` : toYaml(document)
  return out === undefined ? { value: document, text: text.trimEnd() } : writeTo(cli, out, { text, check })
}

function writeTo(cli: Cli, out: string, { text, check }: { readonly text: string; readonly check: boolean }): Outcome {
  const path = resolve(cli.io.cwd, out)
  const file = relative(cli.io.cwd, path)
  const upToDate = existsSync(path) && readFileSync(path, "utf8") === text
  if (upToDate) return { value: { file, upToDate, written: false }, text: `${file} is up to date.` }
  const value = { file, upToDate, written: !check }
  if (check) return { value, text: `${file} is not what the app says. Write it again without --check.`, exitCode: 1 }
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  } catch (cause) {
    throw new InputInvalid(`${file} cannot be written.`, { cause })
  }
  return { value, text: `${file} is written.` }
}

async function compare(cli: Cli, before: string, after: string, flags: DiffFlags): Promise<Outcome> {
  const { apiVersion, runtime, timeout, failOn } = flags
  const request = { kind: "openapi", apiVersion, runtime, timeoutMs: timeout * 1000 } as const
  const [old, now] = [await documentFrom(cli.io, before, request), await documentFrom(cli.io, after, request)]
  const diff = await difference(old, now)
  const isBad = (failOn === "breaking" && diff.breaking) || (failOn === "any" && diff.changes.length > 0)
  return { value: diff, text: diffText(diff, cli), exitCode: isBad ? 1 : 0 }
}

/** The comparison is loaded only here, so that no other command pays for it. */
async function difference(before: unknown, after: unknown): Promise<ApiDiff> {
  const { DocumentInvalid, diffOpenApi } = await import("@ashlar/openapi/diff")
  try {
    return diffOpenApi(before, after)
  } catch (cause) {
    throw cause instanceof DocumentInvalid ? new InputInvalid(cause.message, { cause }) : cause
  }
}

function diffText({ changes, breaking }: ApiDiff, { colors }: Cli): string {
  if (changes.length === 0) return "The documents describe the same API."
  const rows = changes.map((change) => [mark(change), change.operation, change.at, change.message])
  const table = toTable(["", "operation", "where", "change"], rows)
  const bad = changes.filter((change) => change.breaking).length
  const lines = table.split("\n").map((line, index) => (index > 0 && index <= bad ? colors.red(line) : line))
  const end = breaking ? colors.red(`${bad} of them may break callers.`) : "None of them breaks callers."
  return `${lines.join("\n")}\n\n${printable(plural(changes.length, "change"))}. ${end}`
}

/** Colours are not for everybody, so a word says it too. */
function mark({ kind, breaking }: ApiChange): string {
  return breaking ? "breaking" : kind === "added" ? "new" : "fine"
}
