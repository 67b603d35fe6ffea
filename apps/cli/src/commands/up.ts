import { resolve } from "node:path"
import type { Command } from "commander"
import type { Cli } from "../cli.ts"
import { ServerNotInstalled, WrongUsage } from "../errors.ts"
import type { Io } from "../io.ts"
import { choice, type Run, wholeNumber } from "../program.ts"
import { toFacts } from "../text.ts"
import { VERSION } from "../version.ts"

interface UpFlags {
  readonly port: number
  readonly host: string
  readonly publicUrl?: string
  readonly data: string
  readonly trustFunctions?: boolean
  readonly signups?: boolean
  readonly requireMfa?: boolean
  readonly cache?: string
  readonly queue?: string
  readonly bus?: string
  readonly storage?: string
  readonly mail?: string
  readonly mailFrom?: string
  readonly rootKey?: string
  readonly role: Role
  readonly kms?: string
  readonly serviceKey?: string
  readonly providers?: string
}

/** What a process is: the platform, or what has its root key in its place. */
const ROLES = ["platform", "kms"] as const
type Role = (typeof ROLES)[number]

/** What is chosen by URL: the option, its variable, and its place in the help. */
const BACKENDS = [
  {
    name: "cache",
    variable: "ASHLAR_CACHE_URL",
    description:
      "where nodes count attempts and take turns: redis://…, sqlite:…, postgres://…, mysql://… (default: memory:)",
  },
  {
    name: "queue",
    variable: "ASHLAR_QUEUE_URL",
    description:
      "what keeps work that outlives its request: redis://…, nats://…, amqp://…, postgres://… (default: a file in the data folder)",
  },
  {
    name: "bus",
    variable: "ASHLAR_BUS_URL",
    description:
      "what carries events to others: redis://…, nats://…, sqlite:…, postgres://…, mysql://… (default: memory:)",
  },
  {
    name: "storage",
    variable: "ASHLAR_STORAGE_URL",
    description: "what keeps the code of functions: file:folder, s3://… (default: a folder in the data folder)",
  },
  {
    name: "mail",
    variable: "ASHLAR_MAIL_URL",
    description:
      "what sends mail to people and users of apps: smtp://…, sendgrid://…, mailgun://…, ses://…, resend://… (default: the log shows it)",
  },
] as const

/** Where the console is built in a clone, beside this package. */
const CONSOLE_FOLDER = resolve(import.meta.dir, "../../../console/dist")

const PROVIDERS = "ASHLAR_PROVIDERS_URL"
const ROOT_KEY = "ASHLAR_ROOT_KEY_URL"
const KMS = "ASHLAR_KMS_URL"
const SERVICE_KEY = "ASHLAR_SERVICE_KEY"
const MAIL_FROM = "ASHLAR_MAIL_FROM"

const upHelp = `
Backends are URLs: scheme://user:password@host/name?option=value, or scheme:path. Each can be given as a variable instead, which
keeps a password out of the list of processes: ${BACKENDS.map(({ variable }) => variable).join(", ")}, ${ROOT_KEY}, ${KMS}, ${SERVICE_KEY},
${PROVIDERS}.
Beside the URL of mail stands the address that it is from: --mail-from or ${MAIL_FROM}.

Examples:
  ashlar up
  ashlar up --port 8080 --host 0.0.0.0 --data /var/lib/ashlar
  ASHLAR_CACHE_URL=redis://:secret@cache.internal:6379 ashlar up
  ashlar up --role kms --port 4100 --root-key 'file:/keys/root.key?create=true' --service-key /keys/service.key
  ashlar up --kms http://127.0.0.1:4100 --service-key ./service.key`

/** `up`. */
export function registerUp(program: Command, run: Run): void {
  const command = program
    .command("up")
    .description("start the platform in this process")
    .option("--port <port>", "where it listens; 0 takes a free one", wholeNumber(0, 65_535), 4000)
    .option("--host <address>", "127.0.0.1 lets only this machine in, 0.0.0.0 everybody who can reach it", "127.0.0.1")
    .option("--data <folder>", "where everything is kept", "./data")
    .option("--trust-functions", "run bun functions without a sandbox where there is none: only for code of your own")
    .option(
      "--public-url <url>",
      "where people open the console, such as https://console.example.com: passkeys are for it, and providers answer there",
    )
    .option("--signups", "let everybody create an account")
    .option("--require-mfa", "ask a second factor of everybody before they reach anything but their own account")
    .option(
      "--root-key <url>",
      "where the root key of a new install is: file:…, env:NAME, pkcs11:…, awskms:…, vault:… (default: a file in the data folder)",
    )
  command
    .option("--kms <url>", "the process that has the root key of a new install, http://host:port: see --role kms")
    .option(
      "--service-key <file>",
      "the key by which the two know each other: the kms makes it, the platform has a copy",
    )
    .addOption(choice("--role <role>", "kms: have the root key, and nothing else", ROLES).default("platform"))
  command.option(
    "--providers <url>",
    "who else signs people in to the console: a list in JSON, at file:path or in the variable of env:NAME",
  )
  command.option("--mail-from <address>", "the address that mail to users of apps is from, beside --mail")
  for (const { name, description } of BACKENDS) command.option(`--${name} <url>`, description)
  command.addHelpText("after", upHelp).action(run(up))
}

/** The URLs that were given, by option or by variable. */
function backendUrls(flags: UpFlags, env: Io["env"]): Partial<Record<(typeof BACKENDS)[number]["name"], string>> {
  const given = BACKENDS.map(({ name, variable }) => [name, flags[name] ?? env[variable]] as const)
  return Object.fromEntries(given.filter(([, url]) => url !== undefined && url !== ""))
}

async function up(cli: Cli, flags: UpFlags): Promise<undefined> {
  if (flags.role === "kms") return await upKms(cli, flags)
  const { startServer } = await loadServer()
  const providers = flags.providers ?? cli.io.env[PROVIDERS]
  const mailFrom = flags.mailFrom ?? cli.io.env[MAIL_FROM]
  const publicUrl = flags.publicUrl ?? cli.io.env.ASHLAR_PUBLIC_URL
  const server = await startServer({
    port: flags.port,
    host: flags.host,
    data: resolve(cli.io.cwd, flags.data),
    trustFunctions: flags.trustFunctions === true,
    requireMfa: flags.requireMfa === true,
    signups: flags.signups === true ? "open" : "closed",
    consoleFolder: CONSOLE_FOLDER,
    ...backendUrls(flags, cli.io.env),
    ...rootKeyPlace(cli, flags),
    ...(providers && { providers }),
    ...(mailFrom && { mailFrom }),
    ...(publicUrl && { publicUrl }),
  })
  const { url, setupLink } = server
  const facts = toFacts({ "Ashlar is up": url, "sign up": setupLink, data: flags.data })
  const first = setupLink === null ? "" : "\n\nOpen the sign-up link to become the administrator. It works once."
  cli.line({ url, setupLink, version: VERSION, pid: process.pid }, facts + first)
  try {
    await untilAborted(cli.io.signal)
    cli.note("Stopping: finishing what is under way. Ctrl-C again stops at once.")
  } finally {
    await server.stop()
  }
  return undefined
}

/** The options of where the root key is, as they were given. */
function rootKeyPlace({ io }: Cli, flags: UpFlags): { rootKey?: string; kms?: string; serviceKey?: string } {
  const rootKey = flags.rootKey ?? io.env[ROOT_KEY]
  const kms = flags.kms ?? io.env[KMS]
  const serviceKey = flags.serviceKey ?? io.env[SERVICE_KEY]
  return {
    ...(rootKey && { rootKey }),
    ...(kms && { kms }),
    ...(serviceKey && { serviceKey: resolve(io.cwd, serviceKey) }),
  }
}

/** The process that has the root key. */
async function upKms(cli: Cli, flags: UpFlags): Promise<undefined> {
  const { startRootService } = await loadServer()
  const { rootKey, kms, serviceKey } = rootKeyPlace(cli, flags)
  if (rootKey === undefined || serviceKey === undefined || kms !== undefined)
    throw new WrongUsage("Expected --root-key and --service-key with --role kms, and no --kms.")
  const service = await startRootService({ port: flags.port, host: flags.host, rootKey, serviceKey })
  const { url } = service
  cli.line({ url, version: VERSION, pid: process.pid }, toFacts({ "The kms is up": url, "service key": serviceKey }))
  try {
    await untilAborted(cli.io.signal)
  } finally {
    await service.stop()
  }
  return undefined
}

/** The package that is loaded only here, so that no other command pays for it. */
type ServerModule = typeof import("@ashlar/server")

/** @throws {CLI_SERVER_NOT_INSTALLED} When the package is not there. */
export async function loadServer(
  load: () => Promise<ServerModule> = () => import("@ashlar/server"),
): Promise<ServerModule> {
  try {
    return await load()
  } catch (cause) {
    // Only the package itself: a module that is missing inside it is another kind of trouble.
    const { code, specifier } = cause as { code?: string; specifier?: string }
    if (code !== "ERR_MODULE_NOT_FOUND" || !specifier?.startsWith("@ashlar/server")) throw cause
    throw new ServerNotInstalled(undefined, { cause })
  }
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done()
    else signal.addEventListener("abort", () => done(), { once: true })
  })
}
