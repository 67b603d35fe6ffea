import { randomBytes } from "node:crypto"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { type Admin, createAdmin } from "@ashlar/admin"
import { type Io, main, openTerminal } from "@ashlar/cli"
import { isRequestError } from "@ashlar/sdk"
import { type Log, startServer } from "@ashlar/server"
import { CommandFailed, CredentialsLost } from "./errors.ts"

/** The example's own folder, with ashlar.toml in it. */
export const ATLAS_FOLDER: string = join(import.meta.dir, "..")

/** The file of 250 countries that the package brings. */
export const COUNTRIES_FILE: string = fileURLToPath(import.meta.resolve("world-countries/countries.json"))

/** What the example made up for itself on its first start. */
export interface Credentials {
  readonly email: string
  readonly password: string
  /** May read the documents. */
  readonly secretKey: string
  /** May call the functions, and nothing more. */
  readonly publishableKey: string
}

export interface AtlasOptions {
  /** 0 takes a free port. */
  readonly port: number
  /** The platform's data folder. */
  readonly data: string
  /** Where the credentials are kept for the next start, readable by this user only. */
  readonly credentialsFile: string
  /** The console's built files, to serve them at `/`. */
  readonly consoleFolder?: string
  readonly log?: Log
  /** In place of the terminal, for the commands. */
  readonly io?: Partial<Io>
}

/** A running platform with the atlas on it. */
export interface Atlas {
  readonly url: string
  readonly credentials: Credentials
  readonly isNew: boolean
  readonly admin: Admin
  stop(): Promise<void>
}

/**
 * Starts a platform, makes itself at home on it when it is new, imports the countries and deploys the functions. A
 * second start finds everything done and only brings the platform up.
 *
 * @throws {ATLAS_CREDENTIALS_LOST} When the data folder is of an earlier start whose credentials are gone.
 * @throws {ATLAS_COMMAND_FAILED} When a command did not end well; it has printed why.
 */
export async function startAtlas(options: AtlasOptions): Promise<Atlas> {
  const { port, data, log, consoleFolder } = options
  const server = await startServer({
    ...{ port, data },
    ...(log !== undefined && { log }),
    ...(consoleFolder !== undefined && { consoleFolder }),
  })
  try {
    const admin = createAdmin({ url: server.url })
    const isNew = server.setupLink !== null
    const credentials = isNew ? await settle(admin, server.setupLink, options) : await returnHome(admin, options)
    await runCommands(admin, options)
    return { url: server.url, credentials, isNew, admin, stop: () => server.stop() }
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** The first start: an administrator, a project, two keys. */
async function settle(admin: Admin, setupLink: string, { credentialsFile }: AtlasOptions): Promise<Credentials> {
  const token = new URL(setupLink).searchParams.get("token") ?? ""
  const person = { email: "atlas@example.org", password: randomBytes(18).toString("base64url") }
  await admin.auth.setUp({ token, name: "Atlas", ...person })
  const { slug } = await admin.projects.create({ slug: "atlas", name: "World atlas" })
  const reader = await admin.keys.create(slug, { kind: "secret", name: "reader" })
  const web = await admin.keys.create(slug, { kind: "publishable", name: "web" })
  const credentials: Credentials = { ...person, secretKey: reader.secret, publishableKey: web.secret }
  mkdirSync(dirname(credentialsFile), { recursive: true, mode: 0o700 })
  writeFileSync(credentialsFile, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 })
  return credentials
}

/** A later start: the credentials of the first one. */
async function returnHome(admin: Admin, { credentialsFile, data }: AtlasOptions): Promise<Credentials> {
  try {
    const credentials = JSON.parse(readFileSync(credentialsFile, "utf8")) as Credentials
    await admin.auth.signIn({ email: credentials.email, password: credentials.password })
    return credentials
  } catch (cause) {
    if (isRequestError(cause) && cause.status !== 401) throw cause
    throw new CredentialsLost(`${data} is of an earlier start, but ${credentialsFile} does not open it. Delete both.`, {
      cause,
    })
  }
}

/** The same two commands that a person would type here. */
async function runCommands(admin: Admin, { credentialsFile, io: given }: AtlasOptions): Promise<void> {
  const session = await admin.auth.session()
  const env = {
    ...process.env,
    ASHLAR_URL: admin.url,
    ASHLAR_TOKEN: session?.accessToken,
    XDG_CONFIG_HOME: dirname(credentialsFile),
  }
  const io: Io = { ...openTerminal(), ...given, env, cwd: ATLAS_FOLDER }
  const run = async (...argv: string[]) => {
    if ((await main(argv, io)) !== 0) throw new CommandFailed(`ashlar ${argv.join(" ")} did not end well.`)
  }
  await run("deploy")
  const { count } = await admin.collections.get("atlas", "countries")
  if (count === 0) await run("documents", "import", "countries", COUNTRIES_FILE, "--id-field", "cca3")
}
