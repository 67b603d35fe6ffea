import { type AppSettingsChange, type AppUserInput, everyItem } from "@ashlar/admin"
import type { AppSettings, AppUser } from "@ashlar/sdk"
import type { Command } from "commander"
import type { Cli, Outcome } from "../cli.ts"
import { WrongUsage } from "../errors.ts"
import { choice, commaList, type Run, wholeNumber } from "../program.ts"
import { plural, toFacts, toTable } from "../text.ts"

/** `users list|show|create|update|disable|enable|signout|factors|reset-factors|delete|settings`: the users of the project's app. */
export function registerUsers(program: Command, run: Run): void {
  const users = program.command("users").description("the users of the project's app")
  users
    .command("list")
    .description("all users, latest first")
    .option("--email <address>", "only the one with this address")
    .action(run(list))
  users.command("show").description("one user").argument("<id>").action(run(show))
  withFacts(users.command("create").description("make a user").argument("<email>")).action(run(create))
  withFacts(
    users
      .command("update")
      .description("change what rules ask of a user")
      .argument("<id>")
      .addHelpText("after", `\nExample:\n  ashlar users update <id> --roles editor,admin --claims '{"team":"blue"}'`),
  ).action(run(update))
  users
    .command("disable")
    .description("end a user's sessions, and let them in no more")
    .argument("<id>")
    .action(run(disable))
  users.command("enable").description("let a user in again").argument("<id>").action(run(enable))
  users.command("signout").description("end all sessions of a user").argument("<id>").action(run(signOut))
  users.command("factors").description("the second factors that a user has").argument("<id>").action(run(showFactors))
  users
    .command("reset-factors")
    .description("take a user's second factors away, and end their sessions: for who has lost them")
    .argument("<id>")
    .option("--yes", "do not ask")
    .action(run(resetFactors))
  users
    .command("delete")
    .description("delete a user with their sessions")
    .argument("<id>")
    .option("--yes", "do not ask")
    .action(run(remove))
  users
    .command("settings")
    .description("show or change how the app lets its users in")
    .addOption(choice("--signups <who>", "closed: only the project's servers make users", ["open", "closed"]))
    .option("--password-min <characters>", "the shortest password, 8 to 128", wholeNumber(8, 128))
    .addOption(choice("--verified-email-only <yes>", "whether an address must be confirmed first", ["yes", "no"]))
    .option("--redirect-urls <urls>", "the pages that links may lead to, with spaces between; mail leads to the first")
    .option("--mail-from <name>", "whom mail is from; empty: the project's name")
    .option("--mail-reply-to <address>", "whom answers to mail go to; empty: nobody")
    .addOption(choice("--mfa <who>", "second factors: nobody, who has one, everybody", ["off", "optional", "required"]))
    .option("--passkeys-domain <domain>", "which domain passkeys are for, such as app.example; empty: no passkeys")
    .option("--passkeys-origins <origins>", "pages that have them, with spaces between. Default: https://<domain>")
    .option("--remember-days <days>", "how long a device may go without a factor, 0 to 90", wholeNumber(0, 90))
    .action(run(settings))
}

interface Facts {
  readonly name?: string
  readonly roles?: string[]
  readonly claims?: string
  readonly verified?: boolean
  readonly passwordStdin?: boolean
}

function withFacts(command: Command): Command {
  return command
    .option("--name <name>", "what to call them")
    .option("--roles <roles>", "roles with commas between them", commaList)
    .option("--claims <json>", "what rules may ask for, as a JSON object")
    .option("--verified", "their address is confirmed")
    .option("--password-stdin", "read a password from standard input")
}

async function toInput(cli: Cli, { name, roles, claims, verified, passwordStdin }: Facts): Promise<AppUserInput> {
  return {
    ...(name !== undefined && { name }),
    ...(roles !== undefined && { roles }),
    ...(claims !== undefined && { claims: readClaims(claims) }),
    ...(verified && { emailVerified: true }),
    ...(passwordStdin && { password: await cli.askPassword("A password for the user", true) }),
  }
}

function readClaims(text: string): Readonly<Record<string, unknown>> {
  try {
    const claims: unknown = JSON.parse(text)
    if (typeof claims === "object" && claims !== null && !Array.isArray(claims)) return { ...claims }
  } catch {
    // Said below, for what is no object as well.
  }
  throw new WrongUsage(`Expected --claims to be a JSON object, like '{"team":"blue"}'.`)
}

async function list(cli: Cli, { email }: { readonly email?: string }): Promise<Outcome> {
  const admin = cli.admin()
  const project = cli.project()
  const only = email === undefined ? {} : { email }
  const users = await Array.fromAsync(everyItem((page) => admin.users.list(project, { ...page, ...only })))
  const rows = users.map((user) => [
    user.id,
    user.email,
    user.roles.join(" "),
    stateOf(user),
    user.lastSignedInAt ?? "never",
  ])
  const none = "No users yet. They sign up in the app: await ashlar.auth.signUp({ email, password })"
  return {
    value: users,
    text: rows.length === 0 ? none : toTable(["id", "email", "roles", "state", "last sign-in"], rows),
  }
}

function stateOf({ disabled, emailVerified }: AppUser): string {
  return disabled ? "disabled" : emailVerified ? "active" : "unconfirmed"
}

async function show(cli: Cli, id: string): Promise<Outcome> {
  const user = await cli.admin().users.get(cli.project(), id)
  return { value: user, text: describe(user) }
}

async function create(cli: Cli, email: string, facts: Facts): Promise<Outcome> {
  const user = await cli.admin().users.create(cli.project(), { email, ...(await toInput(cli, facts)) })
  return { value: user, text: `Made a user.\n\n${describe(user)}` }
}

async function update(cli: Cli, id: string, facts: Facts): Promise<Outcome> {
  return changed(cli, id, await toInput(cli, facts))
}

const disable = (cli: Cli, id: string): Promise<Outcome> => changed(cli, id, { disabled: true })
const enable = (cli: Cli, id: string): Promise<Outcome> => changed(cli, id, { disabled: false })

async function changed(cli: Cli, id: string, input: AppUserInput & { readonly disabled?: boolean }): Promise<Outcome> {
  const user = await cli.admin().users.update(cli.project(), id, input)
  return { value: user, text: describe(user) }
}

async function signOut(cli: Cli, id: string): Promise<Outcome> {
  const ended = await cli.admin().users.signOut(cli.project(), id)
  return { value: ended, text: `Ended ${plural(ended.sessions, "session")}.` }
}

async function showFactors(cli: Cli, id: string): Promise<Outcome> {
  const found = await cli.admin().users.factors(cli.project(), id)
  const rows = found.factors.map(({ kind, label, createdAt, lastUsedAt }) => [
    ...[kind === "totp" ? "authenticator app" : "passkey", label, createdAt, lastUsedAt ?? "never"],
  ])
  const left = `${plural(found.recoveryCodes, "recovery code")} left, ${plural(found.devices.length, "remembered device")}.`
  const none = "No second factor. The user adds one in the app: await ashlar.auth.factors.enrollApp()"
  return {
    value: found,
    text: rows.length === 0 ? none : `${toTable(["kind", "label", "added", "last used"], rows)}\n\n${left}`,
  }
}

async function resetFactors(cli: Cli, id: string, options: { readonly yes?: boolean }): Promise<Outcome> {
  const { users } = cli.admin()
  const { email } = await users.get(cli.project(), id)
  await cli.confirm(`Take the second factors of ${email} away? Make sure that it is they who ask.`, options.yes)
  const reset = await users.resetFactors(cli.project(), id)
  return { value: reset, text: `Took ${plural(reset.factors, "factor")} away, and ended the sessions of ${email}.` }
}

async function remove(cli: Cli, id: string, options: { readonly yes?: boolean }): Promise<Outcome> {
  const admin = cli.admin()
  const user = await admin.users.get(cli.project(), id)
  await cli.confirm(`Delete the user ${user.email}? There is no way back.`, options.yes)
  await admin.users.delete(cli.project(), id)
  return { value: user, text: `Deleted ${user.email}.` }
}

interface SettingOptions {
  readonly signups?: AppSettings["signups"]
  readonly passwordMin?: number
  readonly verifiedEmailOnly?: "yes" | "no"
  readonly redirectUrls?: string
  readonly mailFrom?: string
  readonly mailReplyTo?: string
  readonly mfa?: AppSettings["mfa"]
  readonly passkeysDomain?: string
  readonly passkeysOrigins?: string
  readonly rememberDays?: number
}

const words = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== "")

/** Both halves are one setting: pages without a domain are a mistake, and a domain without pages has the obvious one. */
function passkeysIn({ passkeysDomain: rpId, passkeysOrigins: origins }: SettingOptions): AppSettingsChange {
  if (rpId === undefined && origins !== undefined)
    throw new WrongUsage("Expected --passkeys-domain beside --passkeys-origins.")
  if (rpId === undefined) return {}
  return { passkeys: rpId === "" ? null : { rpId, origins: words(origins ?? `https://${rpId}`) } }
}

async function settings(cli: Cli, options: SettingOptions): Promise<Outcome> {
  const { signups, passwordMin, verifiedEmailOnly, redirectUrls, mailFrom, mailReplyTo, mfa, rememberDays } = options
  const mail = {
    ...(mailFrom !== undefined && { senderName: mailFrom }),
    ...(mailReplyTo !== undefined && { replyTo: mailReplyTo === "" ? null : mailReplyTo }),
  }
  const changes: AppSettingsChange = {
    ...(redirectUrls !== undefined && { redirectUrls: words(redirectUrls) }),
    ...(Object.keys(mail).length > 0 && { mail }),
    ...(signups !== undefined && { signups }),
    ...(mfa !== undefined && { mfa }),
    ...(rememberDays !== undefined && { rememberDeviceDays: rememberDays }),
    ...passkeysIn(options),
    ...(passwordMin !== undefined && { passwordMinCharacters: passwordMin }),
    ...(verifiedEmailOnly !== undefined && { verifiedEmailOnly: verifiedEmailOnly === "yes" }),
  }
  const { users } = cli.admin()
  const isChange = Object.keys(changes).length > 0
  const now = isChange ? await users.changeSettings(cli.project(), changes) : await users.settings(cli.project())
  return {
    value: now,
    text: toFacts({
      ...{ "sign-ups": now.signups, "shortest password": now.passwordMinCharacters },
      "confirmed addresses only": now.verifiedEmailOnly ? "yes" : "no",
      "links lead to": now.redirectUrls.join(" ") || "no page: mail brings codes",
      "second factors": now.mfa,
      passkeys: now.passkeys === null ? "none" : `for ${now.passkeys.rpId}, at ${now.passkeys.origins.join(" ")}`,
      "devices are remembered": now.rememberDeviceDays === 0 ? "never" : `for ${plural(now.rememberDeviceDays, "day")}`,
      ...{ "mail is from": now.mail.senderName || "the project's name", "answers go to": now.mail.replyTo },
    }),
  }
}

function describe(user: AppUser): string {
  const { id, email, name, roles, claims, createdAt } = user
  return toFacts({
    ...{ id, email, name, state: stateOf(user), roles: roles.join(" ") || "none", claims: JSON.stringify(claims) },
    created: createdAt,
  })
}
