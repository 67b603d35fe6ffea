import { Command } from "commander"
import type { Cli, Outcome } from "../cli.ts"
import { askPackage } from "../database/ask-database.ts"
import { databaseUrl } from "../database/database-project.ts"
import type { AppRuntime } from "../development/app-process.ts"
import { choice, type Run, wholeNumber } from "../program.ts"
import { printable, toTable } from "../text.ts"

interface ScheduleFlags {
  readonly scheduler?: string
  readonly namespace: string
  readonly runtime: AppRuntime
}

/** `schedule list|next|history|run|pause|resume|remove`. */
export function registerSchedules(program: Command, run: Run): void {
  const schedule = new Command("schedule").description("work at set times: what runs when, and how it went")
  const add = (command: Command) =>
    schedule.addCommand(
      command
        .option("--scheduler <url>", "where the schedules are kept; default: SCHEDULER_URL, or the app's database")
        .option("--namespace <name>", "which of the apps that use the same place", "default")
        .addOption(choice("--runtime <name>", "what reads them", ["bun", "node"]).default("bun")),
    )
  const named = (name: string, description: string) => new Command(name).description(description).argument("<name>")
  add(new Command("list").description("all schedules that a node has had").action(run(list)))
  add(
    named("next", "the next times of one")
      .option("--count <number>", "so many", wholeNumber(1, 1_000), 5)
      .action(run(next)),
  )
  add(
    named("history", "the last runs of one, the latest first")
      .option("--limit <number>", "so many", wholeNumber(1, 10_000), 20)
      .action(run(history)),
  )
  add(
    named("run", "have a node run one as soon as it may")
      .option("--wait <seconds>", "how long its end is waited for", wholeNumber(0, 86_400), 0)
      .addHelpText("after", runHelp)
      .action(run(runNow)),
  )
  for (const [command, description, done] of [
    ["pause", "begin no more runs of one, on any node", "is paused"],
    ["resume", "go on with the next time of one that is paused", "goes on"],
  ] as const)
    add(
      named(command, description).action(
        run((cli, name: string, flags: ScheduleFlags) => tell(cli, { command, name, done }, flags)),
      ),
    )
  add(
    named("remove", "forget one that no node has any more, with its history")
      .option("--yes", "do not ask")
      .action(run(remove)),
  )
  program.addCommand(schedule)
}

const runHelp = `
Exits with 1 when the run was waited for and did not succeed.

Examples:
  ashlar schedule run nightly-report --wait 60`

interface RunRecord {
  readonly at: string
  readonly cause: string
  readonly outcome: string
  readonly endedAt: string
  readonly durationMs?: number
  readonly errorCode?: string
  readonly node?: string
  readonly attempt: number
  readonly count?: number
}
interface Schedule {
  readonly name: string
  readonly when: { readonly cron?: string; readonly timeZone?: string; readonly everyMs?: number; readonly at?: object }
  readonly isPaused: boolean
  readonly next?: string
  readonly running: readonly object[]
  readonly waiting: number
  readonly last?: RunRecord
}

function ask<T>(
  cli: Cli,
  request: { readonly command: string; readonly [option: string]: unknown },
  flags: ScheduleFlags,
): Promise<T> {
  const { namespace, runtime } = flags
  const url = flags.scheduler ?? (cli.io.env.SCHEDULER_URL || databaseUrl(cli, {}))
  return askPackage(cli, { ...request, url, namespace }, { runtime, program: "@ashlar/scheduler/process" })
}

async function list(cli: Cli, flags: ScheduleFlags): Promise<Outcome> {
  const value = await ask<{ schedules: Schedule[] }>(cli, { command: "list" }, flags)
  const rows = value.schedules.map(({ name, when, isPaused, next, running, waiting, last }) => [
    name,
    whenText(when),
    isPaused ? "paused" : next === undefined ? "never" : timeText(next),
    `${running.length}${waiting > 0 ? ` (+${waiting})` : ""}`,
    last === undefined ? "" : `${last.outcome} ${timeText(last.endedAt)}`,
  ])
  const text =
    rows.length === 0
      ? "No schedules. They are known once a node of the app was started."
      : toTable(["schedule", "when", "next", "running", "last"], rows)
  return { value, text }
}

function whenText({ cron, timeZone, everyMs }: Schedule["when"]): string {
  if (cron !== undefined) return `${cron} ${timeZone ?? ""}`
  return everyMs === undefined ? "at dates" : `every ${everyMs.toLocaleString("en")} ms`
}
/** Of the time zone that the numbers are in, nobody should have to think. */
function timeText(iso: string): string {
  return iso.replace("T", " ").replace(/\.\d+Z$/, "Z")
}

async function next(cli: Cli, schedule: string, flags: ScheduleFlags & { count: number }): Promise<Outcome> {
  const value = await ask<{ next: string[] }>(cli, { command: "next", schedule, count: flags.count }, flags)
  return { value, text: value.next.length === 0 ? "Never again." : value.next.map(timeText).join("\n") }
}

async function history(cli: Cli, schedule: string, flags: ScheduleFlags & { limit: number }): Promise<Outcome> {
  const request = { command: "history", schedule, count: flags.limit }
  const value = await ask<{ runs: RunRecord[] }>(cli, request, flags)
  const rows = value.runs.map(({ at, cause, outcome, durationMs, errorCode = "", node = "", attempt, count = 1 }) => [
    timeText(at),
    count > 1 ? `${outcome} ×${count}` : outcome,
    cause,
    durationMs === undefined ? "" : `${durationMs.toLocaleString("en")} ms`,
    errorCode,
    attempt > 1 ? String(attempt) : "",
    node,
  ])
  const header = ["time", "outcome", "cause", "took", "error", "attempt", "node"]
  return { value, text: rows.length === 0 ? "It has not run yet." : toTable(header, rows) }
}

async function runNow(cli: Cli, schedule: string, flags: ScheduleFlags & { wait: number }): Promise<Outcome> {
  const request = { command: "run", schedule, waitMs: flags.wait * 1000 }
  const value = await ask<{ id: string; run?: RunRecord }>(cli, request, flags)
  const { id, run } = value
  if (run === undefined) {
    const text = `${printable(schedule)} will run as ${id}${flags.wait > 0 ? `, and has not ended after ${flags.wait} s` : ""}.`
    return { value, text, exitCode: flags.wait > 0 ? 1 : 0 }
  }
  const error = run.errorCode === undefined ? "" : `: ${run.errorCode}`
  const text = printable(`${schedule} ${run.outcome}${error}, after ${run.durationMs ?? 0} ms.`)
  return { value, text, exitCode: run.outcome === "succeeded" ? 0 : 1 }
}

async function tell(
  cli: Cli,
  { command, name, done }: { readonly command: string; readonly name: string; readonly done: string },
  flags: ScheduleFlags,
): Promise<Outcome> {
  const value = await ask<{ schedule: string }>(cli, { command, schedule: name }, flags)
  return { value, text: `${printable(name)} ${done}.` }
}

async function remove(cli: Cli, name: string, flags: ScheduleFlags & { yes?: boolean }): Promise<Outcome> {
  await cli.confirm(`Forget ${printable(name)} with its history?`, flags.yes)
  return await tell(cli, { command: "remove", name, done: "is forgotten" }, flags)
}
