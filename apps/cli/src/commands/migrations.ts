import { relative } from "node:path"
import { Command } from "commander"
import type { Cli, Outcome } from "../cli.ts"
import { askDatabase } from "../database/ask-database.ts"
import { type DatabaseFlags, databaseFolders, databaseProject } from "../database/database-project.ts"
import { choice, commaList, type Run, wholeNumber } from "../program.ts"
import { plural, printable, toTable } from "../text.ts"

interface UpFlags extends DatabaseFlags {
  readonly to?: string
  readonly dryRun?: boolean
  readonly allowDestructive?: boolean
  readonly outOfOrder?: boolean
  readonly wait: number
}

interface MakeFlags extends DatabaseFlags {
  readonly fromModels?: boolean
  readonly sql?: boolean
  readonly dropTables?: boolean
}

/** Adds the options that say where the database and its files are. */
export function withDatabaseOptions(command: Command): Command {
  return command
    .option("--database <url>", "the database; default: DATABASE_URL, or [database] of ashlar.toml")
    .option("--migrations <folder>", "where migrations are; default: migrations")
    .option("--models <paths>", "files and folders that export models; default: src/models", commaList)
    .addOption(choice("--runtime <name>", "what loads migrations and models", ["bun", "node"]).default("bun"))
}

/** `migrate up|down|status|fresh|make|check`. */
export function registerMigrations(program: Command, run: Run): void {
  const migrate = new Command("migrate").description("the schema of an app's database, step by step")
  const add = (command: Command) => migrate.addCommand(withDatabaseOptions(command))
  add(
    new Command("up")
      .description("apply what is pending")
      .option("--to <name>", "the last migration that is applied")
      .option("--dry-run", "print the SQL, and run none of it")
      .option("--allow-destructive", "also take away columns and tables, with what is in them")
      .option("--out-of-order", "also apply one that is older than one that was applied")
      .option("--wait <seconds>", "how long another process that migrates is waited for", wholeNumber(0, 86_400), 60)
      .addHelpText("after", upHelp)
      .action(run(up)),
  )
  add(
    new Command("down")
      .description("undo the last run")
      .option("--count <number>", "undo so many migrations instead", wholeNumber(1, 10_000))
      .option("--yes", "do not ask")
      .action(run(down)),
  )
  add(new Command("status").description("which migrations are applied").action(run(status)))
  add(
    new Command("fresh")
      .description("drop everything in the database, and apply all migrations")
      .option("--yes", "do not ask")
      .action(run(fresh)),
  )
  add(
    new Command("make")
      .description("write a new migration")
      .argument("<name>", "what it does: add_posts")
      .option("--from-models", "with the steps that make the database as the models say")
      .option("--drop-tables", "with --from-models: also drop tables that no model speaks of")
      .option("--sql", "a file of SQL instead of TypeScript")
      .addHelpText("after", makeHelp)
      .action(run(make)),
  )
  add(
    new Command("check")
      .description("exit with 1 when migrations are pending, or the database is not as the models say")
      .action(run(check)),
  )
  program.addCommand(migrate)
}

const upHelp = `
Several processes may start it at once: one migrates, the others wait. What a crash cut off goes on with the next run.

Examples:
  ashlar migrate up --dry-run
  DATABASE_URL=postgres://app@db/app ashlar migrate up --wait 300`

const makeHelp = `
Steps that take data away are marked in the file, and run only with \`migrate up --allow-destructive\` or \`destructive: true\` in it. A
renamed column looks like one that goes and one that comes: write schema.renameColumn in their place.

Examples:
  ashlar migrate make add_posts
  ashlar migrate make from_models --from-models --models src/models`

interface Planned {
  readonly name: string
  readonly statements: readonly string[]
  readonly losses: readonly string[]
  readonly rebuilds: boolean
}

async function up(cli: Cli, flags: UpFlags): Promise<Outcome> {
  const { to, dryRun = false, allowDestructive = false, outOfOrder: allowOutOfOrder = false, wait } = flags
  const request = {
    command: "up",
    ...databaseProject(cli, flags),
    dryRun,
    allowDestructive,
    allowOutOfOrder,
    lockWaitMs: wait * 1000,
    ...(to === undefined ? {} : { to }),
  }
  const value = await askDatabase<{ applied?: string[]; plan?: Planned[] }>(cli, request, flags.runtime)
  return { value, text: value.plan === undefined ? doneText(value.applied ?? [], "applied") : planText(value.plan) }
}

function doneText(names: readonly string[], verb: string): string {
  if (names.length === 0) return `Nothing to be ${verb}.`
  return [...names.map((name) => `✓ ${printable(name)}`), `${plural(names.length, "migration")} ${verb}.`].join("\n")
}

function planText(plan: readonly Planned[]): string {
  if (plan.length === 0) return "-- Nothing to be applied."
  return plan
    .map(({ name, statements, losses, rebuilds }) =>
      [
        `-- ${name}`,
        ...losses.map((loss) => `-- Destructive: ${loss}.`),
        ...(rebuilds ? ["-- Foreign keys are off while tables are made anew; rows are counted and keys checked."] : []),
        ...statements.map((text) => (text.startsWith("--") ? text : `${text};`)),
      ]
        .map(printable)
        .join("\n"),
    )
    .join("\n\n")
}

async function down(cli: Cli, flags: DatabaseFlags & { count?: number; yes?: boolean }): Promise<Outcome> {
  const project = databaseProject(cli, flags)
  const { count } = flags
  const what = count === undefined ? "the migrations of the last run" : plural(count, "migration")
  await cli.confirm(`Undo ${what}? What they made is dropped, with its rows.`, flags.yes)
  const request = { command: "down", ...project, ...(count === undefined ? {} : { count }) }
  const value = await askDatabase<{ undone: string[] }>(cli, request, flags.runtime)
  return { value, text: doneText(value.undone, "undone") }
}

interface Status {
  readonly name: string
  readonly state: string
  readonly appliedAt?: string
  readonly durationMs?: number
  readonly batch?: number
}

async function status(cli: Cli, flags: DatabaseFlags): Promise<Outcome> {
  const value = await askDatabase<{ migrations: Status[] }>(
    cli,
    { command: "status", ...databaseProject(cli, flags) },
    flags.runtime,
  )
  const rows = value.migrations.map(({ name, state, appliedAt = "", durationMs, batch }) => [
    name,
    state,
    appliedAt.slice(0, 19).replace("T", " "),
    durationMs === undefined ? "" : `${durationMs} ms`,
    batch === undefined ? "" : String(batch),
  ])
  const text = rows.length === 0 ? "No migrations." : toTable(["migration", "state", "applied", "took", "run"], rows)
  return { value, text }
}

async function fresh(cli: Cli, flags: DatabaseFlags & { yes?: boolean }): Promise<Outcome> {
  const project = databaseProject(cli, flags)
  await cli.confirm(`Drop EVERYTHING in ${withoutSecrets(project.url)} and begin anew?`, flags.yes)
  const value = await askDatabase<{ applied: string[] }>(cli, { command: "fresh", ...project }, flags.runtime)
  return { value, text: doneText(value.applied, "applied") }
}

function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^@/]*@/, "//").replace(/\?.*$/, "")
}

interface Made {
  readonly path?: string
  readonly pending: readonly string[]
  readonly losses: readonly string[]
  readonly unknownTables: readonly string[]
  readonly changes?: readonly string[]
}

async function make(cli: Cli, name: string, flags: MakeFlags): Promise<Outcome> {
  const { fromModels = false, dropTables = false, sql = false } = flags
  const where = fromModels ? databaseProject(cli, flags) : { url: "sqlite::memory:", ...databaseFolders(cli, flags) }
  const request = { command: fromModels ? "make" : "makeEmpty", ...where, name, dropTables, sql }
  const value = await askDatabase<Made>(cli, request, flags.runtime)
  if (value.pending.length > 0)
    return { value, text: `Not applied yet: ${value.pending.join(", ")}. Run ashlar migrate up first.`, exitCode: 1 }
  const left =
    value.unknownTables.length === 0 ? [] : [`No model speaks of: ${value.unknownTables.join(", ")}. They stay.`]
  if (value.path === undefined) return { value, text: ["The database is as the models say.", ...left].join("\n") }
  const lines = [
    `${relative(cli.io.cwd, value.path)} is written.`,
    ...(value.losses.length === 0 ? [] : [`It takes away: ${value.losses.join(", ")}. Read it before you allow that.`]),
    ...left,
  ]
  return { value, text: lines.map(printable).join("\n") }
}

async function check(cli: Cli, flags: DatabaseFlags): Promise<Outcome> {
  const project = databaseProject(cli, flags)
  const value = await askDatabase<Omit<Made, "losses"> & { changes: string[] }>(
    cli,
    { command: "check", ...project },
    flags.runtime,
  )
  const isGood = value.pending.length === 0 && value.changes.length === 0
  const about =
    project.models.length === 0
      ? "All migrations are applied. No models were compared."
      : "The database is as the models say."
  const lines = isGood
    ? [about]
    : [
        ...value.pending.map((name) => `pending: ${name}`),
        ...(value.changes.length === 0
          ? []
          : ["The models say otherwise. What is missing:", ...value.changes.map((line) => `  ${line}`)]),
      ]
  return { value, text: lines.map(printable).join("\n"), exitCode: isGood ? 0 : 1 }
}
