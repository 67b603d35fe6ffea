import { resolve } from "node:path"
import type { Admin } from "@ashlar/admin"
import { type FactorProof, type SecondStep, secondStepOf, type User } from "@ashlar/sdk"
import type { Command } from "commander"
import { type Cli, type Outcome, withoutEndSlash } from "../cli.ts"
import { openUrl } from "../development/open-url.ts"
import { InputNeeded, WrongUsage } from "../errors.ts"
import type { Run } from "../program.ts"
import { printable, toFacts } from "../text.ts"
import { loadServer } from "./up.ts"

interface SignUpOptions {
  readonly token?: string
  readonly invite?: string
  readonly name?: string
  readonly email?: string
  readonly passwordStdin?: boolean
}

/** `signup`, `login`, `logout`, `whoami`, `people reset`. */
export function registerPeople(program: Command, run: Run): void {
  program
    .command("signup")
    .description("create an account, and log in with it")
    .argument("[link]", "the link that `ashlar up` printed, the link of an invitation, or a server's address")
    .option("--token <token>", "the token of a set-up link")
    .option("--invite <token>", "the token of an invitation")
    .option("--name <name>", "your name")
    .option("--email <email>", "your email address")
    .option("--password-stdin", "read the password from standard input")
    .addHelpText(
      "after",
      `
Examples:
  ashlar signup "http://localhost:4000/setup?token=..."
  echo "$PASSWORD" | ashlar signup --token ... --name Ada --email ada@example.org --password-stdin`,
    )
    .action(run(signUp))
  program
    .command("login")
    .description("sign in with your browser, or with a password, and remember the server")
    .argument("[url]", "the server's address")
    .option("--email <email>", "sign in here, with a password")
    .option("--password-stdin", "read the password from standard input")
    .option("--code <code>", "of your authenticator app, or a recovery code, where a second factor is on")
    .addHelpText(
      "after",
      `
Examples:
  ashlar login http://localhost:4000
  ashlar login http://localhost:4000 --email ada@example.org
  echo "$PASSWORD" | ashlar login --email ada@example.org --password-stdin --code 123456
  ashlar login https://api.example.com --profile production`,
    )
    .action(run(logIn))
  program.command("logout").description("end the session, and forget it here").action(run(logOut))
  program.command("whoami").description("who is signed in, and where").action(run(whoAmI))
  program
    .command("people")
    .description("the people of an install, for whoever has its data folder")
    .command("reset")
    .description("print a link with which somebody sets a new password: once, within an hour")
    .argument("<email>", "their email address")
    .option("--data <folder>", "where the install keeps everything; it may be running", "./data")
    .option("--factors", "using the link takes their second factors away too")
    .option("--public-url <url>", "where people open the console (default: http://localhost:4000)")
    .addHelpText("after", "\nExample:\n  ashlar people reset ada@example.org --factors --data /var/lib/ashlar")
    .action(run(resetPerson))
}

interface ResetOptions {
  readonly data: string
  readonly factors?: boolean
  readonly publicUrl?: string
}

async function resetPerson(cli: Cli, email: string, options: ResetOptions): Promise<Outcome> {
  const given = options.publicUrl ?? (cli.io.env.ASHLAR_PUBLIC_URL || "http://localhost:4000")
  const { url } = parseLink(given)
  const { makeResetLink } = await loadServer()
  const folder = resolve(cli.io.cwd, options.data)
  const { token, ...reset } = makeResetLink(folder, { email, factors: options.factors === true })
  const link = `${url}/reset?token=${token}`
  const factors = reset.factors ? ", and takes their second factors away" : ""
  const facts = toFacts({ link, for: `${printable(reset.name)} <${reset.email}>`, until: reset.expiresAt })
  const text = `${facts}\n\nGive it to nobody else. It works once, and ends all their sessions${factors}.`
  return { value: { link, ...reset }, text }
}

/** What a link of the console stands for. */
interface Link {
  readonly url: string
  readonly token?: string
  readonly invite?: string
}

/** @throws {CLI_USAGE} When the text is no address. */
export function parseLink(text: string): Link {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new WrongUsage(`Expected a link that starts with http:// or https://, got ${JSON.stringify(text)}.`)
  const { origin, pathname, searchParams } = new URL(text)
  const [page] = /\/(setup|signup|invite)\/?$/.exec(pathname) ?? [""]
  const url = origin + withoutEndSlash(pathname.slice(0, pathname.length - page.length))
  const token = searchParams.get("token") ?? undefined
  const invite = searchParams.get("invite") ?? undefined
  if (page.startsWith("/setup")) return token === undefined ? { url } : { url, token }
  const invitation = invite ?? token
  return invitation === undefined ? { url } : { url, invite: invitation }
}

async function signUp(cli: Cli, linkText: string | undefined, options: SignUpOptions): Promise<Outcome> {
  const link: Link = linkText === undefined ? { url: cli.url } : parseLink(linkText)
  const token = options.token ?? link.token
  const invite = options.invite ?? link.invite
  if (token !== undefined && invite !== undefined)
    throw new WrongUsage("Expected the token of a set-up link or of an invitation, got both.")
  const admin = cli.freshAdmin(link.url)
  // A spent link is refused before anybody has typed a password.
  if (token !== undefined) await admin.setup.check(token)
  const name = options.name ?? (await cli.ask("Your name", "--name"))
  const email = options.email ?? (await cli.ask("Your email address", "--email"))
  const password = await cli.askPassword("A password for this server", options.passwordStdin)
  const person = { name, email, password }
  const user =
    token === undefined
      ? await admin.auth.signUp(invite === undefined ? person : { ...person, invite })
      : await admin.setup.complete({ token, ...person })
  return welcome(cli, link.url, user, token === undefined ? "Signed up" : "Signed up as the first administrator")
}

async function logIn(
  cli: Cli,
  urlText: string | undefined,
  options: { readonly email?: string; readonly passwordStdin?: boolean; readonly code?: string },
): Promise<Outcome> {
  const url = urlText === undefined ? cli.url : parseLink(urlText).url
  const admin = cli.freshAdmin(url)
  if (options.email === undefined && !options.passwordStdin) {
    return welcome(cli, url, await logInByBrowser(cli, admin), "Logged in")
  }
  const email = options.email ?? (await cli.ask("Your email address", "--email"))
  const password = await cli.askPassword("Your password", options.passwordStdin)
  const signIn = async (): Promise<User> => {
    try {
      return await admin.auth.signIn({ email, password })
    } catch (error) {
      const step = secondStepOf(error)
      if (step === undefined) throw error
      return await admin.auth.secondStep.finish({ ticket: step.ticket, ...(await askFactor(cli, step, options.code)) })
    }
  }
  return welcome(cli, url, await signIn(), "Logged in")
}

/** A code of an app, or one from paper. A passkey needs a browser. */
async function askFactor(cli: Cli, { factors }: SecondStep, given: string | undefined): Promise<FactorProof> {
  const [app, paper] = [factors.includes("totp"), factors.includes("recovery")]
  if (!app && !paper)
    throw new InputNeeded("Your second factor is a passkey, which takes a browser: log in without --email.")
  const what = app ? `The code of your authenticator app${paper ? ", or a recovery code" : ""}` : "A recovery code"
  const code = given ?? (await cli.ask(what, "--code"))
  return /^[\d\s]{6,12}$/.test(code) ? { code: code.replaceAll(/\s/g, "") } : { recoveryCode: code }
}

/** Shows the code, and waits until somebody lets the command in with it. No password passes through here. */
async function logInByBrowser(cli: Cli, { auth, url }: Admin): Promise<User> {
  const { deviceCode, userCode, expiresAt, intervalSeconds } = await auth.device.start()
  // The address that the person gave, and no other: a proxy may have told the server a wrong one.
  const page = `${url}/device?code=${encodeURIComponent(userCode)}`
  cli.note(`Open ${page}\nand confirm the code ${userCode}. With a password instead: --email <address>`)
  openUrl(page, cli.io.env)
  const untilMs = Date.parse(expiresAt)
  while (Date.now() < untilMs) {
    await sleep(intervalSeconds * 1000, cli.io.signal)
    const user = await auth.device.claim(deviceCode)
    if (user !== null) return user
  }
  throw new InputNeeded("Nobody confirmed the code in time. Run the command again.")
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer)
        reject(signal.reason)
      },
      { once: true },
    )
  })
}

/** From now on this profile is the one that is meant when none is named. */
function welcome(cli: Cli, url: string, user: User, done: string): Outcome {
  cli.settings.update((settings) => ({ ...settings, current: cli.profileName }))
  const profile = cli.profileName === "default" ? "" : ` (profile ${cli.profileName})`
  return {
    value: { url, profile: cli.profileName, user },
    text: `${done} to ${url} as ${user.name} <${user.email}>${profile}.`,
  }
}

async function logOut(cli: Cli): Promise<Outcome> {
  const admin = cli.freshAdmin(cli.url)
  const session = await admin.auth.session()
  if (session === null) return { value: { url: cli.url, user: null }, text: `Nobody was logged in to ${cli.url}.` }
  await admin.auth.signOut()
  return { value: { url: cli.url, user: session.user }, text: `Logged out of ${cli.url}.` }
}

async function whoAmI(cli: Cli): Promise<Outcome> {
  const admin = cli.admin()
  const { credential, profileName: profile, url } = cli
  if (credential?.startsWith("ak_")) {
    const project = await admin.projects.get("self")
    const kind = credential.startsWith("ak_secret_") ? "secret" : "publishable"
    return { value: { url, key: { kind, project } }, text: toFacts({ server: url, key: kind, project: project.slug }) }
  }
  const user = credential === undefined ? await admin.auth.me() : await admin.me()
  return {
    value: { url, profile, user },
    text: toFacts({
      server: url,
      profile,
      person: `${user.name} <${user.email}>`,
      role: user.administrator ? "administrator" : undefined,
      project: cli.profile?.project,
    }),
  }
}
