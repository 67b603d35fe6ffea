import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { relative, resolve } from "node:path"
import { type DescribedRoute, writeRoutesFile } from "@ashlar/codegen"
import type { Command } from "commander"
import type { Cli, Outcome } from "../cli.ts"
import { findEntry } from "../development/app-entry.ts"
import { type AppRuntime, describeApp } from "../development/app-process.ts"
import { choice, type Run, wholeNumber } from "../program.ts"

interface TypesFlags {
  readonly out: string
  readonly check?: boolean
  readonly runtime: AppRuntime
  readonly timeout: number
}

/** `types`. */
export function registerTypes(program: Command, run: Run): void {
  program
    .command("types")
    .description("write the types and the manifest that a client in another repository needs")
    .argument("[entry]", "the file that exports the app, or lets it listen; default as for ashlar routes")
    .option("--out <file>", "the file to write", "routes.gen.ts")
    .option("--check", "write nothing, and exit with 1 when the file is not up to date")
    .addOption(choice("--runtime <name>", "what loads the app", ["bun", "node"]).default("bun"))
    .option("--timeout <seconds>", "how long the app may take to load", wholeNumber(1, 600), 30)
    .addHelpText("after", help)
    .action(run(types))
}

const help = `
In one repository createClient<typeof routes>(url) needs no such file. Routes without a name are left out, and what a route
gives is \`unknown\` unless it declares its response.

Examples:
  ashlar types --out ../web/src/routes.gen.ts
  ashlar types --out ../web/src/routes.gen.ts --check    for CI`

async function types(cli: Cli, entry: string | undefined, flags: TypesFlags): Promise<Outcome> {
  const file = findEntry(cli.io.cwd, entry)
  const { table } = await describeApp(cli.io, file, { runtime: flags.runtime, timeoutMs: flags.timeout * 1000 })
  const routes = table.routes as unknown as readonly DescribedRoute[]
  const out = resolve(cli.io.cwd, flags.out)
  const text = writeRoutesFile(routes)
  const isCurrent = existsSync(out) && readFileSync(out, "utf8") === text
  const shown = relative(cli.io.cwd, out)
  const value = { file: shown, upToDate: isCurrent, routes: routes.filter(({ name }) => name !== undefined).length }
  if (isCurrent) return { value, text: `${shown} is up to date.` }
  if (flags.check)
    return {
      value,
      text: `${shown} is not what the app says. Write it with: ashlar types --out ${flags.out}`,
      exitCode: 1,
    }
  writeFileSync(out, text)
  return { value: { ...value, upToDate: true }, text: `${shown} has ${value.routes} routes.` }
}
