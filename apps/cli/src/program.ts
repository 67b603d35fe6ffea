import { Command, InvalidArgumentError, Option } from "commander"
import { Cli, type GlobalOptions, type Outcome } from "./cli.ts"
import { registerAudit } from "./commands/audit.ts"
import { registerClient } from "./commands/client.ts"
import { registerCollections } from "./commands/collections.ts"
import { registerCompliance } from "./commands/compliance.ts"
import { registerDatabase } from "./commands/database.ts"
import { registerDeploy } from "./commands/deploy.ts"
import { registerDev } from "./commands/dev.ts"
import { registerDoctor } from "./commands/doctor.ts"
import { registerDocuments } from "./commands/documents.ts"
import { registerFunctions } from "./commands/functions.ts"
import { registerGenerate } from "./commands/generate.ts"
import { registerImport } from "./commands/import.ts"
import { registerInit } from "./commands/init.ts"
import { registerKeys } from "./commands/keys.ts"
import { registerKms } from "./commands/kms.ts"
import { registerLogs } from "./commands/logs.ts"
import { registerMigrate } from "./commands/migrate.ts"
import { registerMigrations } from "./commands/migrations.ts"
import { registerOAuth } from "./commands/oauth.ts"
import { registerOpenApi } from "./commands/openapi.ts"
import { registerOrganizations } from "./commands/organizations.ts"
import { registerPeople } from "./commands/people.ts"
import { registerProjects } from "./commands/projects.ts"
import { registerProviders } from "./commands/providers.ts"
import { registerQueues } from "./commands/queues.ts"
import { registerRoutes } from "./commands/routes.ts"
import { registerSchedules } from "./commands/schedules.ts"
import { registerSecrets } from "./commands/secrets.ts"
import { registerSecurity } from "./commands/security.ts"
import { registerTypes } from "./commands/types.ts"
import { registerUp } from "./commands/up.ts"
import { registerUsers } from "./commands/users.ts"
import { registerWorkflows } from "./commands/workflows.ts"
import type { Io } from "./io.ts"
import { VERSION } from "./version.ts"

/** Turns a command's work into what commander calls: makes the run's context, and prints what the work has found. */
export type Run = <A extends unknown[]>(
  work: (cli: Cli, ...args: A) => Promise<Outcome | undefined>,
) => (...args: unknown[]) => Promise<void>

/** How a run of the program is seen from outside. */
export interface ProgramOutput {
  /** What commander prints: help and version. */
  readonly out: (text: string) => void
  /** A command starts, with this context. */
  readonly begin: (cli: Cli) => void
  readonly exit: (code: 0 | 1) => void
}

const examples = `
Examples:
  ashlar up                                        start the platform here
  ashlar signup "http://localhost:4000/setup?token=..."   become its administrator, with the link that up printed
  ashlar init todo && cd todo && ashlar deploy     a first project
  ashlar functions invoke hello --json
  ashlar logs hello --follow

Exit codes: 0 done, 1 the server refused, 2 wrong usage, 3 cannot connect.
Environment: ASHLAR_URL, ASHLAR_TOKEN, ASHLAR_KEY, ASHLAR_PROJECT, ASHLAR_PROFILE, NO_COLOR.`

/** Builds the command line. Nothing runs before it is parsed. */
export function createProgram(io: Io, output: ProgramOutput): Command {
  const program = new Command("ashlar")
    .description("Ashlar: build backends, and run them.")
    .exitOverride()
    .configureOutput({
      writeOut: output.out,
      writeErr: io.stderr,
      // Errors are printed once, by `main`, in the form that was asked for.
      outputError: () => {},
      getOutHelpWidth: () => io.columns,
      getErrHelpWidth: () => io.columns,
      getOutHasColors: () => io.colors,
      getErrHasColors: () => io.colors,
    })
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .version(VERSION, "-V, --version", "print the version")
    .option("--json", "print one JSON value on standard output, and nothing else")
    .option("--profile <name>", "use the server of this profile")
    .option("--url <url>", "use this server")
    .option("--project <slug>", "use this project")
    .addHelpText("after", examples)

  const run: Run =
    <A extends unknown[]>(work: (cli: Cli, ...args: A) => Promise<Outcome | undefined>) =>
    async (...args: unknown[]) => {
      const command = args.pop() as Command
      const cli = new Cli(io, command.optsWithGlobals<GlobalOptions>())
      output.begin(cli)
      const outcome = await work(cli, ...(args as A))
      if (outcome === undefined) return
      if (cli.json) io.stdout(`${JSON.stringify(outcome.value)}\n`)
      else if (outcome.text !== "") io.stdout(`${outcome.text}\n`)
      output.exit(outcome.exitCode ?? 0)
    }

  program.commandsGroup("Start:")
  registerUp(program, run)
  registerPeople(program, run)
  registerDoctor(program, run)
  program.commandsGroup("Build:")
  registerDev(program, run)
  registerRoutes(program, run)
  registerOpenApi(program, run)
  registerMigrations(program, run)
  registerDatabase(program, run)
  registerMigrate(program, run)
  registerQueues(program, run)
  registerSchedules(program, run)
  registerWorkflows(program, run)
  registerSecurity(program, run)
  registerAudit(program, run)
  registerCompliance(program, run)
  registerTypes(program, run)
  registerClient(program, run)
  registerGenerate(program, run)
  registerOAuth(program, run)
  registerInit(program, run)
  registerDeploy(program, run)
  registerLogs(program, run)
  program.commandsGroup("Manage:")
  registerOrganizations(program, run)
  registerProjects(program, run)
  registerKeys(program, run)
  registerUsers(program, run)
  registerProviders(program, run)
  registerKms(program, run)
  registerSecrets(program, run)
  registerCollections(program, run)
  registerImport(registerDocuments(program, run), run)
  registerFunctions(program, run)
  return program
}

/** An option's value as a whole number within bounds. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < min || value > max)
      throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`)
    return value
  }
}

/** An option that takes one of a few words. */
export function choice(flags: string, description: string, words: readonly string[]): Option {
  return new Option(flags, description).choices(words)
}

/** An option's value as a list: `a,b`. */
export function commaList(text: string): string[] {
  const items = text.split(",").map((item) => item.trim())
  if (items.includes("")) throw new InvalidArgumentError("Expected names with commas between them.")
  return items
}
