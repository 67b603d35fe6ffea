import type { LogLevel, LogLine } from "@ashlar/sdk"
import type { Command } from "commander"
import type { Cli, Outcome } from "../cli.ts"
import { choice, type Run, wholeNumber } from "../program.ts"
import { printable } from "../text.ts"

interface LogFlags {
  readonly follow?: boolean
  readonly level?: LogLevel
  readonly invocation?: string
  readonly limit: number
}

/** `logs`. */
export function registerLogs(program: Command, run: Run): void {
  program
    .command("logs")
    .description("what a function has logged, newest last")
    .argument("<function>")
    .option("--follow", "go on with new lines as they come, until Ctrl-C; with --json one JSON value per line")
    .addOption(choice("--level <level>", "this level and everything graver", ["debug", "info", "warn", "error"]))
    .option("--invocation <id>", "only the lines of one call")
    .option("--limit <count>", "so many of the latest lines", wholeNumber(1, 1_000), 50)
    .addHelpText("after", "\nExamples:\n  ashlar logs hello --follow\n  ashlar logs hello --level warn --json")
    .action(run(logs))
}

async function logs(cli: Cli, name: string, { follow, limit, ...filter }: LogFlags): Promise<Outcome | undefined> {
  const admin = cli.admin()
  const project = cli.project()
  const kept = await admin.functions.logs(project, name, { limit, ...filter })
  if (!follow) {
    const lines = kept.items.map((line) => toText(cli, line))
    return { value: kept.items, text: lines.join("\n") || "No log lines yet." }
  }
  for (const line of kept.items) cli.line(line, toText(cli, line))
  const after = kept.items.at(-1)?.seq
  const live = admin.functions.followLogs(project, name, {
    ...filter,
    ...(after === undefined ? {} : { after }),
    signal: cli.io.signal,
  })
  for await (const line of live) cli.line(line, toText(cli, line))
  return undefined
}

function toText(cli: Cli, { at, invocation, kind, level, message, fields }: LogLine): string {
  const { dim, red, yellow, cyan } = cli.colors
  const paint = { debug: dim, info: cyan, warn: yellow, error: red }[level]
  const time = at.slice(11, 23)
  const rest = kind === "request" ? describeRequest(fields) : describeFields(message, fields)
  // The last characters of an id tell calls apart; the first are the time. A line outside any call has none.
  return `${dim(time)} ${paint(level.padEnd(5))} ${dim(printable((invocation ?? "").slice(-6).padEnd(6)))} ${printable(rest)}`
}

function describeRequest(fields: LogLine["fields"]): string {
  const { method, path, status, durationMs, cold } = fields
  return `${method} ${path} → ${status} in ${durationMs} ms${cold === true ? ", cold" : ""}`
}

function describeFields(message: string, fields: LogLine["fields"]): string {
  return Object.keys(fields).length === 0 ? message : `${message}  ${JSON.stringify(fields)}`
}
