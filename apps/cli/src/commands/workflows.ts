import { Command } from "commander"
import type { Cli, Outcome } from "../cli.ts"
import { askPackage } from "../database/ask-database.ts"
import { databaseUrl } from "../database/database-project.ts"
import type { AppRuntime } from "../development/app-process.ts"
import { WrongUsage } from "../errors.ts"
import { choice, type Run, wholeNumber } from "../program.ts"
import { printable, toTable } from "../text.ts"

interface WorkflowFlags {
  readonly workflows?: string
  readonly runtime: AppRuntime
}

const STATES = ["pending", "running", "sleeping", "waiting", "undoing", "stalled", "completed", "failed", "cancelled"]

/** `workflow list|show|cancel|resume|signal`. */
export function registerWorkflows(program: Command, run: Run): void {
  const workflow = new Command("workflow").description(
    "runs of workflows: where they are, what they did, and what they wait for",
  )
  const add = (command: Command) =>
    workflow.addCommand(
      command
        .option("--workflows <url>", "where the runs are kept; default: WORKFLOWS_URL, or the app's database")
        .addOption(choice("--runtime <name>", "what reads them", ["bun", "node"]).default("bun")),
    )
  const named = (name: string, description: string) => new Command(name).description(description).argument("<run>")
  add(
    new Command("list")
      .description("runs, the newest first")
      .option("--workflow <name>", "of one workflow")
      .addOption(choice("--state <name>", "in one state", STATES))
      .option("--limit <number>", "so many", wholeNumber(1, 1_000), 50)
      .option("--after <run>", "those that come after this one")
      .action(run(list)),
  )
  add(named("show", "one run and its steps").action(run(show)))
  add(
    named("cancel", "have one end, and what it did undone")
      .option("--reason <text>", "why")
      .option("--yes", "do not ask")
      .action(run(cancel)),
  )
  add(
    named("resume", "let one go on that is stalled; what undoes its steps is tried anew")
      .option("--undone <step...>", "steps that were taken back by hand")
      .action(run(resume)),
  )
  add(
    named("signal", "send one what it waits for")
      .argument("<signal>")
      .option("--value <json>", "what it brings; default: null")
      .option("--id <id>", "send it once under this id, however often")
      .action(run(signal)),
  )
  program.addCommand(workflow)
}

interface KeptError {
  readonly code: string
  readonly message: string
  readonly cause?: KeptError
}
interface RunRecord {
  readonly id: string
  readonly workflow: string
  readonly version: number
  readonly state: string
  readonly input?: unknown
  readonly output?: unknown
  readonly error?: KeptError
  readonly createdAt: string
  readonly dueAt?: string
  readonly endedAt?: string
}
interface StepRecord {
  readonly name: string
  readonly kind: string
  readonly state: string
  readonly attempts: number
  readonly error?: KeptError
  readonly dueAt?: string
  readonly endedAt?: string
}

function ask<T>(
  cli: Cli,
  request: { readonly command: string; readonly [option: string]: unknown },
  flags: WorkflowFlags,
): Promise<T> {
  const url = flags.workflows ?? (cli.io.env.WORKFLOWS_URL || databaseUrl(cli, {}))
  return askPackage(cli, { ...request, url }, { runtime: flags.runtime, program: "@ashlar/workflow/process" })
}

async function list(
  cli: Cli,
  flags: WorkflowFlags & { workflow?: string; state?: string; limit: number; after?: string },
): Promise<Outcome> {
  const { workflow, state, limit, after } = flags
  const value = await ask<{ runs: RunRecord[] }>(cli, { command: "list", workflow, state, limit, after }, flags)
  const rows = value.runs.map(({ id, workflow: name, version, state: at, createdAt, dueAt, error }) => [
    printable(id),
    printable(`${name} ${version}`),
    at,
    timeText(createdAt),
    dueAt === undefined ? "" : timeText(dueAt),
    printable(error?.code ?? ""),
  ])
  const text = rows.length === 0 ? "No runs." : toTable(["run", "workflow", "state", "started", "due", "error"], rows)
  return { value, text }
}

async function show(cli: Cli, id: string, flags: WorkflowFlags): Promise<Outcome> {
  const value = await ask<{ run: RunRecord; steps: StepRecord[] }>(cli, { command: "show", run: id }, flags)
  const { run, steps } = value
  const lines = [
    `${run.id}: ${run.workflow} ${run.version}, ${run.state}`,
    ...(run.input === undefined ? [] : [`input  ${JSON.stringify(run.input)}`]),
    ...(run.output === undefined ? [] : [`output ${JSON.stringify(run.output)}`]),
    ...(run.error === undefined ? [] : [`error  ${run.error.code}: ${run.error.message}`]),
    ...(run.error?.cause === undefined ? [] : [`undone for ${run.error.cause.code}: ${run.error.cause.message}`]),
  ]
  const rows = steps.map(({ name, kind, state, attempts, endedAt, dueAt, error }) => [
    printable(name),
    kind,
    state,
    attempts > 1 ? String(attempts) : "",
    timeText(endedAt ?? dueAt ?? ""),
    printable(error?.message ?? ""),
  ])
  const table = rows.length === 0 ? "No steps yet." : toTable(["step", "kind", "state", "tries", "time", "error"], rows)
  return { value, text: `${lines.map(printable).join("\n")}\n\n${table}` }
}

function timeText(iso: string): string {
  return iso.replace("T", " ").replace(/\.\d+Z$/, "Z")
}

type Changed = { readonly run: string; readonly isChanged: boolean }

async function cancel(
  cli: Cli,
  id: string,
  flags: WorkflowFlags & { reason?: string; yes?: boolean },
): Promise<Outcome> {
  await cli.confirm(`Cancel ${printable(id)}, and undo what it did?`, flags.yes)
  const value = await ask<Changed>(cli, { command: "cancel", run: id, reason: flags.reason }, flags)
  const text = value.isChanged ? "will end: a worker undoes what it did" : "had ended already"
  return { value, text: `${printable(id)} ${text}.` }
}

async function resume(cli: Cli, id: string, flags: WorkflowFlags & { undone?: string[] }): Promise<Outcome> {
  const value = await ask<Changed>(cli, { command: "resume", run: id, undone: flags.undone }, flags)
  return { value, text: `${printable(id)} ${value.isChanged ? "goes on" : "is not stalled"}.` }
}

async function signal(
  cli: Cli,
  id: string,
  name: string,
  flags: WorkflowFlags & { value?: string; id?: string },
): Promise<Outcome> {
  const request = { command: "signal", run: id, signal: name, value: readValue(flags.value), signalId: flags.id }
  const value = await ask<object>(cli, request, flags)
  return { value, text: `${printable(name)} was sent to ${printable(id)}.` }
}

function readValue(text: string | undefined): unknown {
  if (text === undefined) return null
  try {
    return JSON.parse(text)
  } catch {
    throw new WrongUsage(`Expected --value to be JSON, such as '{"amount":40}' or '"a text"'.`)
  }
}
