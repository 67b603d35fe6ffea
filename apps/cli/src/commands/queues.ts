import { Command } from "commander"
import type { Cli, Outcome } from "../cli.ts"
import { askPackage } from "../database/ask-database.ts"
import { WrongUsage } from "../errors.ts"
import { choice, commaList, type Run, wholeNumber } from "../program.ts"
import { followQueue } from "../queue/follow-queue.ts"
import { type QueueFlags, queueUrl } from "../queue/queue-flags.ts"
import { listenQueue, workQueue } from "../queue/work-queue.ts"
import { plural, printable, toTable } from "../text.ts"

/** `queue work|listen|status|failed|retry|redrive|delete|pause|resume`. */
export function registerQueues(program: Command, run: Run): void {
  const queue = new Command("queue").description("jobs: work on them, see how they are, and let failed ones run again")
  const add = (command: Command) =>
    queue.addCommand(
      command
        .option("--queue <url>", "where the jobs are kept; default: QUEUE_URL, or the app's database")
        .option("--name <name>", "which queue of that place", "default")
        .addOption(choice("--runtime <name>", "what loads the jobs", ["bun", "node"]).default("bun")),
    )
  const worker = (name: string, description: string) =>
    new Command(name)
      .description(description)
      .option("--jobs <paths>", "files and folders that export jobs; default: src/jobs", commaList)
      .option("--concurrency <number>", "how many run at a time", wholeNumber(1, 10_000), 10)
      .option("--grace <seconds>", "how long jobs may go on after Ctrl-C", wholeNumber(0, 86_400), 10)
      .addHelpText("after", workHelp)
  add(
    worker("work", "run jobs until Ctrl-C, which lets those that run end")
      .option("--once", "end when nothing is left to do now")
      .action(run(workQueue)),
  )
  add(worker("listen", "the same, begun anew when a file changes").action(run(listenQueue)))
  add(new Command("status").description("how many jobs are where; live in a terminal").action(run(status)))
  add(
    new Command("failed")
      .description("jobs that failed for good, the oldest first")
      .option("--job <name>", "of one kind")
      .option("--limit <number>", "so many", wholeNumber(1, 1_000), 50)
      .option("--after <id>", "those behind this one")
      .action(run(failed)),
  )
  add(
    new Command("retry")
      .description("let failed jobs begin anew")
      .argument("<ids...>")
      .action(run((cli, ids: string[], flags: QueueFlags) => redrive(cli, { ids }, flags))),
  )
  add(
    new Command("redrive")
      .description("let all failed jobs begin anew, or all of one kind")
      .option("--job <name>", "of one kind")
      .action(run((cli, flags: QueueFlags & { job?: string }) => redrive(cli, choiceOf(flags), flags))),
  )
  add(
    new Command("delete")
      .description("take failed jobs away for good")
      .argument("[ids...]")
      .option("--job <name>", "all of one kind")
      .option("--all", "all there are")
      .option("--yes", "do not ask")
      .action(run(remove)),
  )
  for (const [command, description, done] of [
    ["pause", "begin no more jobs, or none of one kind, in any process", "paused"],
    ["resume", "go on with what is paused", "going on"],
  ] as const)
    add(
      new Command(command)
        .description(description)
        .argument("[job]")
        .action(run((cli, job: string | undefined, flags: QueueFlags) => tell(cli, { command, job, done }, flags))),
    )
  program.addCommand(queue)
}

const workHelp = `
Jobs are what files export that defineJob made with a handler. What is pushed for other kinds is left for others.

Examples:
  ashlar queue work --jobs src/jobs,src/mail.ts --concurrency 50
  ashlar queue work --once`

function ask<T>(cli: Cli, request: { command: string; [option: string]: unknown }, flags: QueueFlags): Promise<T> {
  const { name, runtime } = flags
  const given = { ...request, url: queueUrl(cli, flags), name }
  return askPackage(cli, given, { runtime, program: "@ashlar/queue/process" })
}

interface Counts {
  readonly name: string
  readonly waiting: number
  readonly delayed: number
  readonly held: number
  readonly blocked: number
  readonly active: number
  readonly completed: number
  readonly failed: number
  readonly oldestWaitingMs: number
  readonly isPaused: boolean
}

const LIVE_MS = 1_000

async function status(cli: Cli, flags: QueueFlags): Promise<Outcome | undefined> {
  const { io } = cli
  if (cli.json || !io.live) {
    const value = await ask<{ jobs: Counts[] }>(cli, { command: "status" }, flags)
    return { value, text: countsText(value.jobs) }
  }
  const request = { command: "watch", url: queueUrl(cli, flags), name: flags.name, everyMs: LIVE_MS }
  const onTold = ({ jobs }: { jobs: Counts[] }) =>
    io.stderr(`\u001b[H\u001b[2J${countsText(jobs)}\n\nCtrl-C ends this.\n`)
  await followQueue(cli, request, { runtime: flags.runtime, onTold, signal: io.signal, patienceMs: 2_000 })
  return undefined
}

function countsText(jobs: readonly Counts[]): string {
  if (jobs.length === 0) return "No jobs. A kind is known once one of it was pushed, or a worker asked for it."
  const rows = jobs.map((one) => [
    one.isPaused ? `${one.name} (paused)` : one.name,
    ...[one.waiting, one.active, one.delayed, one.held + one.blocked, one.failed].map((count) =>
      count.toLocaleString("en"),
    ),
    one.waiting === 0 ? "" : ageText(one.oldestWaitingMs),
  ])
  return toTable(["job", "waiting", "active", "delayed", "held", "failed", "oldest"], rows)
}
function ageText(ms: number): string {
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms / 60_000).toLocaleString("en")} min`
}

interface Failed {
  readonly id: string
  readonly name: string
  readonly attempt: number
  readonly error?: { readonly name: string; readonly message: string; readonly code?: string }
  readonly finishedAt?: string
}

async function failed(
  cli: Cli,
  { job, limit, after, ...flags }: QueueFlags & { job?: string; limit: number; after?: string },
): Promise<Outcome> {
  const value = await ask<{ failed: Failed[] }>(cli, { command: "failed", job, limit, after }, flags)
  const rows = value.failed.map(({ id, name, attempt, error, finishedAt = "" }) => [
    id,
    name,
    finishedAt.replace("T", " ").replace(/\.\d+Z$/, "Z"),
    String(attempt),
    printable(error?.code ?? error?.name ?? ""),
    printable((error?.message ?? "").split("\n")[0]!.slice(0, 80)),
  ])
  const header = ["id", "job", "failed", "attempts", "error", "message"]
  return { value, text: rows.length === 0 ? "No failed jobs." : toTable(header, rows) }
}

function choiceOf({ job }: { readonly job?: string }): object {
  return job === undefined ? { all: true } : { name: job }
}

async function redrive(cli: Cli, choice: object, flags: QueueFlags): Promise<Outcome> {
  const value = await ask<{ count: number }>(cli, { command: "redrive", choice }, flags)
  return { value, text: `${plural(value.count, "job")} will run again.`, exitCode: value.count === 0 ? 1 : 0 }
}

async function remove(
  cli: Cli,
  ids: string[],
  { job, all, yes, ...flags }: QueueFlags & { job?: string; all?: boolean; yes?: boolean },
): Promise<Outcome> {
  if (ids.length === 0 && job === undefined && all !== true)
    throw new WrongUsage("Name the failed jobs to delete by their ids, or pass --job or --all.")
  await cli.confirm("Delete failed jobs for good?", yes)
  const choice = ids.length > 0 ? { ids } : choiceOf({ ...(job !== undefined && { job }) })
  const value = await ask<{ count: number }>(cli, { command: "delete", choice }, flags)
  return { value, text: `${plural(value.count, "job")} deleted.` }
}

async function tell(
  cli: Cli,
  { command, job, done }: { readonly command: string; readonly job: string | undefined; readonly done: string },
  flags: QueueFlags,
): Promise<Outcome> {
  await ask(cli, { command, job }, flags)
  return { value: { queue: flags.name, job, [command]: true }, text: `${printable(job ?? "The queue")} is ${done}.` }
}
