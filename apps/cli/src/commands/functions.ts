import { everyItem } from "@ashlar/admin"
import type { FunctionInfo, InvokeOptions } from "@ashlar/sdk"
import { type Command, InvalidArgumentError } from "commander"
import type { Cli, Outcome } from "../cli.ts"
import { readFile } from "../json-input.ts"
import { type Run, wholeNumber } from "../program.ts"
import { printable, toFacts, toSize, toTable } from "../text.ts"

interface InvokeFlags {
  readonly method?: string
  readonly data?: string
  readonly header: [string, string][]
  readonly timeout?: number
}

/** `functions list|show|invoke|versions|rollback|delete`. */
export function registerFunctions(program: Command, run: Run): void {
  const functions = program.command("functions").description("the project's functions")
  functions.command("list").description("all functions").action(run(list))
  functions.command("show").description("one function, with its figures").argument("<name>").action(run(show))
  functions
    .command("invoke")
    .description("call a function and print its answer")
    .argument("<name>")
    .argument("[path]", "what follows the function's address, with its query string", "/")
    .option("--method <method>", "default GET, or POST with --data")
    .option("--data <text>", "the body: the text itself, @file, or - for standard input")
    .option("--header <name: value>", "send this header; repeatable", collectHeader, [])
    .option("--timeout <ms>", "how long the answer may take", wholeNumber(1, 600_000))
    .addHelpText(
      "after",
      `
With --json the answer is { status, headers, invocation, body }: body is the parsed JSON, or else text.
The exit code is 1 when the function answers with a status of 400 or above.

Examples:
  ashlar functions invoke atlas '/region/Europe?minArea=100000'
  ashlar functions invoke hello --data '{"name":"Ada"}' --header 'content-type: application/json' --json`,
    )
    .action(run(invoke))
  functions.command("versions").description("all versions, newest first").argument("<name>").action(run(versions))
  functions
    .command("rollback")
    .description("make an earlier version the active one")
    .argument("<name>")
    .option("--to <version>", "default: the one before the active", wholeNumber(1, 1e9))
    .action(run(rollback))
  functions
    .command("delete")
    .description("delete a function with all its versions and logs")
    .argument("<name>")
    .option("--yes", "do not ask")
    .action(run(remove))
}

function collectHeader(text: string, before: [string, string][]): [string, string][] {
  const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):\s*(.*)$/.exec(text) ?? []
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError("Expected a header like `accept: text/plain`.")
  return [...before, [name, value]]
}

async function list(cli: Cli): Promise<Outcome> {
  const admin = cli.admin()
  const project = cli.project()
  const found = await Array.fromAsync(everyItem((page) => admin.functions.list(project, page)))
  const rows = found.map(({ name, runtime, access, version, url }) => [
    name,
    runtime,
    access,
    String(version),
    admin.url + url,
  ])
  const none = "No functions yet. Deploy some: ashlar deploy"
  return {
    value: found,
    text: rows.length === 0 ? none : toTable(["name", "runtime", "access", "version", "address"], rows),
  }
}

async function show(cli: Cli, name: string): Promise<Outcome> {
  const admin = cli.admin()
  const project = cli.project()
  const [found, metrics] = await Promise.all([
    admin.functions.get(project, name),
    admin.functions.metrics(project, name),
  ])
  const kills = Object.entries(metrics.kills).map(([reason, count]) => `${reason} ${count}`)
  const figures = toFacts({
    calls: metrics.calls,
    errors: metrics.errors,
    stopped: kills.join(", ") || undefined,
    "half take": metrics.p50Ms === null ? undefined : `${metrics.p50Ms} ms`,
    "95% take": metrics.p95Ms === null ? undefined : `${metrics.p95Ms} ms`,
    "cold starts": metrics.coldStarts,
    since: metrics.since,
  })
  return { value: { ...found, metrics }, text: `${describe(found, admin.url)}\n\n${figures}` }
}

function describe(found: FunctionInfo, server: string): string {
  const { name, runtime, access, version, url, egress, env, limits, updatedAt } = found
  return toFacts({
    name,
    address: server + url,
    runtime,
    access,
    version,
    deployed: updatedAt,
    "may reach": egress.join(", ") || "nothing",
    environment: env.join(", ") || undefined,
    limits: Object.entries(limits)
      .map(([limit, value]) => `${limit} ${value}`)
      .join(", "),
  })
}

async function invoke(cli: Cli, name: string, path: string, flags: InvokeFlags): Promise<Outcome> {
  const options: InvokeOptions = {
    path,
    headers: Object.fromEntries(flags.header),
    signal: cli.io.signal,
    ...(flags.method === undefined ? {} : { method: flags.method.toUpperCase() }),
    ...(flags.data === undefined ? {} : { body: await readData(cli, flags.data) }),
    ...(flags.timeout === undefined ? {} : { timeoutMs: flags.timeout }),
  }
  const answer = await cli.admin().functions.invoke(cli.project(), name, options)
  const text = await answer.text()
  const invocation = answer.headers.get("ashlar-invocation")
  cli.note(`${answer.status} ${answer.statusText}${invocation === null ? "" : `  invocation ${invocation}`}`.trim())
  const body = toBody(text, answer.headers.get("content-type"))
  return {
    value: { status: answer.status, headers: Object.fromEntries(answer.headers), invocation, body },
    text: printable(text),
    exitCode: answer.status >= 400 ? 1 : 0,
  }
}

async function readData(cli: Cli, argument: string): Promise<string | Uint8Array<ArrayBuffer>> {
  if (argument === "-") return cli.io.stdin()
  return argument.startsWith("@") ? readFile(cli.io, argument.slice(1)) : argument
}

function toBody(text: string, type: string | null): unknown {
  if (!type || !/[/+]json\b/.test(type)) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

async function versions(cli: Cli, name: string): Promise<Outcome> {
  const admin = cli.admin()
  const project = cli.project()
  const found = await Array.fromAsync(everyItem((page) => admin.functions.versions(project, name, page)))
  const rows = found.map(({ version, active, runtime, sizeBytes, sha256, createdAt, createdBy }) => [
    active ? "→" : "",
    String(version),
    runtime,
    toSize(sizeBytes),
    sha256.slice(0, 12),
    createdAt,
    createdBy,
  ])
  return { value: found, text: toTable(["", "version", "runtime", "size", "sha256", "deployed", "by"], rows) }
}

async function rollback(cli: Cli, name: string, options: { readonly to?: number }): Promise<Outcome> {
  const found = await cli.admin().functions.rollback(cli.project(), name, options.to)
  return { value: found, text: `Version ${found.version} of ${name} answers from now on.` }
}

async function remove(cli: Cli, name: string, options: { readonly yes?: boolean }): Promise<Outcome> {
  const admin = cli.admin()
  const project = cli.project()
  const found = await admin.functions.get(project, name)
  await cli.confirm(`Delete function ${name} with all its versions? There is no way back.`, options.yes)
  await admin.functions.delete(project, name)
  return { value: found, text: `Deleted function ${name}.` }
}
