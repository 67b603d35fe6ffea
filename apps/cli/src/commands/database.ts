import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { dirname, relative, resolve } from "node:path"
import { Command } from "commander"
import type { Cli, Outcome } from "../cli.ts"
import { askDatabase } from "../database/ask-database.ts"
import { type DatabaseFlags, databaseFolders, databaseProject } from "../database/database-project.ts"
import { InputInvalid } from "../errors.ts"
import type { Run } from "../program.ts"
import { plural, printable, toTable } from "../text.ts"
import { withDatabaseOptions } from "./migrations.ts"

interface IntrospectFlags extends DatabaseFlags {
  readonly out?: string
  readonly force?: boolean
}

/** `db introspect|copy`. */
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
  program.addCommand(db)
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
