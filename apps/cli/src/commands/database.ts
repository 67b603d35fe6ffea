import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { dirname, relative, resolve } from "node:path"
import { Command } from "commander"
import type { Cli, Outcome } from "../cli.ts"
import { askDatabase } from "../database/ask-database.ts"
import { type DatabaseFlags, databaseFolders, databaseProject } from "../database/database-project.ts"
import { type DatabaseShell, openDatabaseShell, type ShellAnswer } from "../database/database-shell.ts"
import { InputInvalid } from "../errors.ts"
import type { Run } from "../program.ts"
import { plural, printable, toTable } from "../text.ts"
import { withDatabaseOptions } from "./migrations.ts"

interface IntrospectFlags extends DatabaseFlags {
  readonly out?: string
  readonly force?: boolean
}

interface ShellFlags extends DatabaseFlags {
  readonly write?: boolean
}

/** `db introspect|copy|shell` and `seed`. */
export function registerDatabase(program: Command, run: Run): void {
  const db = new Command("db").description("an app's database: models of it, a copy of it, queries")
  const introspect = new Command("introspect")
    .description("write models for the tables that are there")
    .option("--out <file>", "the file to write; default: it is printed")
    .option("--force", "write over a file that is there")
    .addHelpText("after", introspectHelp)
    .action(run(introspectDatabase))
  const copy = new Command("copy")
    .description("copy tables and rows into an empty database, also of another kind")
    .argument("<from>", "the URL of the database to copy")
    .argument("<to>", "the URL of an empty one, or of one whose tables are empty")
    .addHelpText("after", copyHelp)
    .action(run(copyDatabase))
  db.addCommand(withDatabaseOptions(introspect))
  db.addCommand(withDatabaseOptions(copy))
  const shell = new Command("shell")
    .description("ask the database; it only reads unless it is told otherwise")
    .argument("[sql]", "statements to run; without them they are typed, or read from standard input")
    .option("--write", "also run statements that write")
    .addHelpText("after", shellHelp)
    .action(run(databaseShell))
  db.addCommand(withDatabaseOptions(shell))
  program.addCommand(db)
  const seed = new Command("seed")
    .description("put rows into an app's database, by the files in seeds/")
    .argument("[names...]", "only these, in this order")
    .option("--seeds <folder>", "where they are; default: seeds")
    .option("--yes", "do not ask, where NODE_ENV is production")
    .action(run(seedDatabase))
  program.addCommand(withDatabaseOptions(seed))
}

const introspectHelp = `
What the words of models do not say, such as an index over an expression, stays in the database and is named in a comment.

Examples:
  ashlar db introspect --database sqlite:./chinook.db --out src/models.ts`

const copyHelp = `
Between databases of different kinds, what is written in SQL is left, and named: views, triggers, conditions, expressions. Migrate the other
database first, and only the rows are copied.

Examples:
  ashlar db copy sqlite:./app.db postgres://app@db/app`

const shellHelp = `
No client of the database need be installed. At most 1,000 rows are shown.

Examples:
  ashlar db shell "select count(*) from users"
  ashlar db shell --database postgres://app@db/app --write < fix.sql`

async function databaseShell(cli: Cli, sql: string | undefined, flags: ShellFlags): Promise<Outcome> {
  const { io } = cli
  const { url } = databaseProject(cli, flags)
  const shell = await openDatabaseShell(cli, { url, mayWrite: flags.write === true }, flags.runtime)
  try {
    if (sql === undefined && io.lines !== undefined) {
      await converse(cli, shell, io.lines)
      return { value: null, text: "" }
    }
    const answers = await shell.run(sql ?? (await io.stdin()))
    return { value: answers, text: answers.map((answer) => answerText(answer, cli)).join("\n\n") }
  } finally {
    await shell.close()
  }
}

/** Line after line: what is wrong is said, and the next line asked for. */
async function converse(cli: Cli, shell: DatabaseShell, lines: NonNullable<Cli["io"]["lines"]>): Promise<void> {
  let text = ""
  for await (const line of lines(() => (text === "" ? "> " : "… "))) {
    text += `${line}\n`
    const isWord = /^\s*\.\w/.test(text)
    if (/^\s*\.(?:quit|exit)\b/.test(text)) return
    if (text.trim() === "") text = ""
    if (text === "" || (!isWord && !/;\s*$/.test(text))) continue
    try {
      for (const answer of await shell.run(text)) cli.line(answer, answerText(answer, cli))
    } catch (error) {
      cli.note(`✗ ${printable(error instanceof Error ? error.message : String(error))}`)
    }
    text = ""
  }
}

function answerText({ columns, rows, isCut, changes, durationMs }: ShellAnswer, { colors }: Cli): string {
  const time = durationMs === 0 ? "" : `, ${durationMs} ms`
  if (columns.length === 0) return changes === 0 ? `Done${time}.` : `${plural(changes, "row")} changed${time}.`
  const table = toTable(
    columns,
    rows.map((row) => row.map((cell) => cell ?? "NULL")),
  )
  return `${table}\n${colors.dim(`${plural(rows.length, "row")}${isCut ? " shown, and there are more" : ""}${time}`)}`
}

async function seedDatabase(
  cli: Cli,
  names: readonly string[],
  flags: DatabaseFlags & { yes?: boolean },
): Promise<Outcome> {
  const project = databaseProject(cli, flags)
  if (cli.io.env.NODE_ENV === "production")
    await cli.confirm("Put the rows of the seeds into a database in production?", flags.yes)
  const value = await askDatabase<{ ran: string[] }>(cli, { command: "seed", ...project, names }, flags.runtime)
  const text = value.ran.length === 0 ? "No seeds." : value.ran.map((name) => `✓ ${printable(name)}`).join("\n")
  return { value, text }
}

async function introspectDatabase(cli: Cli, flags: IntrospectFlags): Promise<Outcome> {
  const { cwd } = cli.io
  const out = flags.out === undefined ? undefined : resolve(cwd, flags.out)
  if (out !== undefined && existsSync(out) && !flags.force)
    throw new InputInvalid(`${relative(cwd, out)} is there already. Name another file with --out, or pass --force.`)
  const request = { command: "introspect", ...databaseProject(cli, flags) }
  const value = await askDatabase<{ tables: string[]; text: string }>(cli, request, flags.runtime)
  if (out === undefined) return { value, text: value.text.trimEnd() }
  mkdirSync(dirname(out), { recursive: true })
  writeFileSync(out, value.text)
  const file = relative(cwd, out)
  return { value: { file, tables: value.tables }, text: `${file} has ${plural(value.tables.length, "model")}.` }
}

async function copyDatabase(cli: Cli, from: string, to: string, flags: DatabaseFlags): Promise<Outcome> {
  const request = { command: "copy", url: from, to, ...databaseFolders(cli, flags) }
  const value = await askDatabase<{ tables: Record<string, number>; left: string[] }>(cli, request, flags.runtime)
  const rows = Object.entries(value.tables).map(([table, count]) => [table, count.toLocaleString("en")])
  const left =
    value.left.length === 0
      ? []
      : ["Not copied, for the other database has no words for it:", ...value.left.map((one) => `  ${one}`)]
  return { value, text: [toTable(["table", "rows"], rows), ...left.map(printable)].join("\n") }
}
