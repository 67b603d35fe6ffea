import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join, relative, resolve } from "node:path"
import { Glob } from "bun"
import { Argument, type Command } from "commander"
import type { Cli, Outcome } from "../cli.ts"
import { SourceUnreadable } from "../errors.ts"
import { FRAMEWORKS, type FrameworkName, migrateFiles } from "../migration/frameworks.ts"
import { loadParser } from "../migration/syntax.ts"
import { unifiedDiff } from "../migration/text-diff.ts"
import type { Run } from "../program.ts"

interface MigrateFlags {
  readonly write?: boolean
}

/** `migrate-from`. */
export function registerMigrate(program: Command, run: Run): void {
  program
    .command("migrate-from")
    .description("what it takes to move an app here: shows the changes, and what has to be changed by hand")
    .addArgument(new Argument("<framework>", "what the app is written with").choices(FRAMEWORKS))
    .argument("<path>", "a file, or a folder of them")
    .option("--write", "write the changes; without it nothing is written")
    .addHelpText("after", help)
    .action(run(migrate))
}

const help = `
Changes what is sure to answer the same: the app, its routers, plugins and sub-apps, routes, and handlers that answer in the usual
ways. Everything else stays as it is, and is named with its line. Answers that the framework itself gives differ: errors
are problem documents (RFC 9457), and bodies that are no JSON are refused. Exits with 1 while something is left to do by hand.

Examples:
  ashlar migrate-from express src/
  ashlar migrate-from hono src/index.ts
  ashlar migrate-from express src/ --write && git diff`

const MAX_FILES = 2000

async function migrate(cli: Cli, framework: string, path: string, { write = false }: MigrateFlags): Promise<Outcome> {
  const { cwd } = cli.io
  const parse = await loadParser(cwd)
  const sources = filesOf(cwd, path).map((file) => ({ file, text: readFileSync(join(cwd, file), "utf8") }))
  const changed: { readonly file: string; readonly diff: string }[] = []
  const left: { readonly file: string; readonly line: number; readonly message: string }[] = []
  for (const { file, before, text, problems } of migrateFiles(framework as FrameworkName, sources, parse)) {
    for (const { at, message } of problems) left.push({ file, line: before.slice(0, at).split("\n").length, message })
    const diff = unifiedDiff(file, before, text)
    if (diff === "") continue
    changed.push({ file, diff })
    if (write) writeFileSync(join(cwd, file), text)
  }
  const value = { written: write, changed, left }
  return { value, text: textOf(value), exitCode: left.length === 0 ? 0 : 1 }
}

function textOf({
  written,
  changed,
  left,
}: {
  written: boolean
  changed: { diff: string }[]
  left: { file: string; line: number; message: string }[]
}): string {
  const files = `${changed.length} file${changed.length === 1 ? "" : "s"}`
  return [
    ...(written ? [] : changed.map(({ diff }) => diff)),
    ...(left.length === 0
      ? []
      : ["To be changed by hand:", ...left.map(({ file, line, message }) => `  ${file}:${line}: ${message}`)]),
    written ? `${files} written.` : `${files} would change. Write with --write.`,
  ].join("\n")
}

function filesOf(cwd: string, path: string): readonly string[] {
  const full = resolve(cwd, path)
  if (!existsSync(full)) throw new SourceUnreadable(`There is no ${path}`)
  if (statSync(full).isFile()) return [relative(cwd, full)]
  const found = [...new Glob("**/*.{js,cjs,mjs,ts,cts,mts}").scanSync(full)]
    .filter((one) => !/(?:^|[/\\])(?:node_modules|dist|build)[/\\]|\.d\.[cm]?ts$/.test(one))
    .sort()
  if (found.length > MAX_FILES)
    throw new SourceUnreadable(`${path} has more than ${MAX_FILES} files. Name a folder inside of it.`)
  return found.map((one) => relative(cwd, join(full, one)))
}
