import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { basename, dirname, extname, relative, resolve } from "node:path"
import { type DescribedRoute, type SchemaSource, type TestRunner, writeSchemas, writeTestFile } from "@ashlar/codegen"
import { Command } from "commander"
import type { Cli, Outcome } from "../cli.ts"
import { findEntry } from "../development/app-entry.ts"
import { type AppRuntime, describeApp } from "../development/app-process.ts"
import { InputInvalid } from "../errors.ts"
import { refuseToReplace } from "../new-file.ts"
import { choice, type Run, wholeNumber } from "../program.ts"
import { registerGenerateAuth } from "./generate-auth.ts"

interface TestFlags {
  readonly out?: string
  readonly runner: TestRunner
  readonly runtime: AppRuntime
  readonly timeout: number
  readonly force?: boolean
}

interface SchemaFlags {
  readonly out?: string
  readonly name?: string
  readonly from?: SchemaSource
  readonly force?: boolean
}

/** `generate`. */
export function registerGenerate(program: Command, run: Run): void {
  const generate = new Command("generate").description(
    "files to begin with: accounts, policies, tests of an app, schemas of data",
  )
  generate
    .command("test")
    .description("write a test of every route, and a run of the fuzzer")
    .argument("[entry]", "the file that exports the app by default; default as for ashlar routes")
    .option("--out <file>", "the file to write; default: <entry>.test.ts")
    .addOption(choice("--runner <name>", "what runs the tests", ["bun", "node", "vitest"]).default("bun"))
    .addOption(choice("--runtime <name>", "what loads the app", ["bun", "node"]).default("bun"))
    .option("--timeout <seconds>", "how long the app may take to load", wholeNumber(1, 600), 30)
    .option("--force", "write over a file that is there")
    .addHelpText("after", testHelp)
    .action(run(generateTest))
  generate
    .command("schema")
    .description("write schemas of `v` from an example, a JSON Schema or an OpenAPI document")
    .argument("<source>", "a file of JSON or YAML")
    .option("--out <file>", "the file to write; default: it is printed")
    .option("--name <name>", "what the schema is called; default: as the file")
    .addOption(
      choice("--from <kind>", "what the file holds; default: by its looks", ["example", "json-schema", "openapi"]),
    )
    .option("--force", "write over a file that is there")
    .addHelpText("after", schemaHelp)
    .action(run(generateSchema))
  generate
    .command("job")
    .description("write a job of a queue, for ashlar queue work")
    .argument("<name>", "as it is known to the queue: mail.welcome")
    .option("--out <file>", "the file to write; default: src/jobs/<name>.ts")
    .option("--force", "write over a file that is there")
    .addHelpText("after", "\nExamples:\n  ashlar generate job mail.welcome        writes src/jobs/mail-welcome.ts")
    .action(run(generateJob))
  registerGenerateAuth(generate, run)
  program.addCommand(generate)
}

const testHelp = `
The requests are made from the schemas of the routes. What a route expects beside them (who asks, which ids there are) you add.

Examples:
  ashlar generate test src/app.ts                  writes src/app.test.ts
  ashlar generate test --runner node --out test/app.test.ts`

const schemaHelp = `
What \`v\` says in another way than the source, or not at all, is listed at the head of the file. An example shows one value of many:
read what comes out.

Examples:
  ashlar generate schema order.json --name Order
  ashlar generate schema openapi.json --out src/schemas.ts`

async function generateTest(cli: Cli, entry: string | undefined, flags: TestFlags): Promise<Outcome> {
  const { cwd } = cli.io
  const file = findEntry(cwd, entry)
  const out = resolve(cwd, flags.out ?? `${file.slice(0, -extname(file).length)}.test.ts`)
  refuseToReplace(cwd, out, flags.force)
  const { table } = await describeApp(cli.io, file, { runtime: flags.runtime, timeoutMs: flags.timeout * 1000 })
  const routes = table.routes as unknown as readonly DescribedRoute[]
  const from = relative(dirname(out), resolve(cwd, file)).replaceAll("\\", "/")
  const app = from.startsWith(".") ? from : `./${from}`
  writeFileSync(out, writeTestFile(routes, { app, runner: flags.runner }))
  const shown = relative(cwd, out)
  return { value: { file: shown, routes: routes.length }, text: `${shown} tests ${routes.length} routes.` }
}

async function generateSchema(cli: Cli, source: string, { out, name, from, force }: SchemaFlags): Promise<Outcome> {
  const { cwd } = cli.io
  const { text, names, unsaid } = writeSchemas(readValue(cwd, source), name ?? basename(source).split(".")[0]!, from)
  if (out === undefined) return { value: { text, names, unsaid }, text: text.trimEnd() }
  const to = resolve(cwd, out)
  refuseToReplace(cwd, to, force)
  writeFileSync(to, text)
  const shown = relative(cwd, to)
  const left =
    unsaid.length === 0 ? "" : ` ${unsaid.length} keywords are not said as in the source: see its first lines.`
  return { value: { file: shown, names, unsaid }, text: `${shown} has ${names.join(", ")}.${left}` }
}

const JOB_NAME = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/

async function generateJob(
  cli: Cli,
  name: string,
  { out, force }: { readonly out?: string; readonly force?: boolean },
): Promise<Outcome> {
  if (!JOB_NAME.test(name))
    throw new InputInvalid("Expected the name of a job to be 1 to 100 characters of A-Za-z0-9._:- only: mail.welcome.")
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== "")
  const { cwd } = cli.io
  const to = resolve(cwd, out ?? `src/jobs/${words.join("-").toLowerCase()}.ts`)
  refuseToReplace(cwd, to, force)
  const constant = words
    .map((word, at) => (at === 0 ? word.toLowerCase() : word[0]!.toUpperCase() + word.slice(1)))
    .join("")
  mkdirSync(dirname(to), { recursive: true })
  writeFileSync(to, jobText(name, /^\d/.test(constant) ? `job${constant}` : `${constant}Job`))
  const shown = relative(cwd, to)
  return { value: { file: shown, name }, text: `${shown} is written. Run it with: ashlar queue work` }
}

function jobText(name: string, constant: string): string {
  // Packages of the app's, and not of this command.
  const [queue, validation] = ["queue", "validation"].map((own) => `@ashlar/${own}`)
  return `import { defineJob } from "${queue}"
import { v } from "${validation}"

/** Runs at least once: after a crash again, so it should do no harm twice. */
export const ${constant} = defineJob(
  "${name}",
  { input: v.object({ id: v.string() }), attempts: 5, timeoutMs: 30_000 },
  async ({ input, signal }) => {
    signal.throwIfAborted()
    console.log(input.id)
  },
)
`
}

function readValue(cwd: string, name: string): unknown {
  const path = resolve(cwd, name)
  if (!existsSync(path)) throw new InputInvalid(`There is no ${name}.`)
  const text = readFileSync(path, "utf8")
  const isYaml = /\.ya?ml$/.test(name)
  try {
    return isYaml ? Bun.YAML.parse(text) : JSON.parse(text)
  } catch (cause) {
    throw new InputInvalid(`${name} is not ${isYaml ? "YAML" : "JSON"}.`, { cause })
  }
}
