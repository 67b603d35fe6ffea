import type { TestRunner } from "@ashlar/codegen"

/** Packages of the app's, and not of this command. */
const own = (name: string): string => `@ashlar/${name}`
/** What the files import, for the line that installs it. */
export const AUTH_PACKAGES: readonly string[] = ["auth", "http", "mail", "orm", "security", "validation"].map(own)
/** The variables that the program reads. */
export const AUTH_VARIABLES: readonly string[] = ["AUTH_SECRET", "ORIGIN", "DATABASE_URL", "MAIL_URL", "PORT"]

/** The files of an app with accounts, by their paths. `made` is the head of the migration's name. */
export function authFiles(made: string, runner: TestRunner): Readonly<Record<string, string>> {
  return {
    "src/user.ts": USER,
    "src/mails.ts": MAILS,
    "src/app.ts": APP,
    "src/main.ts": MAIN,
    [`migrations/${made}_create_users.ts`]: MIGRATION,
    "test/accounts.test.ts": testText(runner),
  }
}

const USER = `import { accountColumns } from "${own("auth/orm")}"
import { createdAt, enumeration, Model, uuid } from "${own("orm")}"

/** Whoever has an account. */
export class User extends Model {
  static table = "users"
  static naming = "snake" as const
  static columns = {
    id: uuid().primary(),
    ...accountColumns(),
    role: enumeration(["member", "admin"]).default("member"),
    createdAt: createdAt(),
  }
}
`

const MIGRATION = `import { defineMigration } from "${own("orm/migrations")}"

export default defineMigration({
  up(schema) {
    schema.createTable("users", (t) => {
      t.uuid("id").primary()
      t.text("email", 254).unique()
      t.timestamp("email_verified_at").nullable()
      t.text("password_hash", 255).nullable()
      t.enumeration("role", ["member", "admin"])
      t.timestamp("created_at")
    })
  },
  down(schema) {
    schema.dropTable("users")
  },
})
`

const MAILS = `import type { EmailMessage } from "${own("auth/email")}"
import { html, type MailMessage } from "${own("mail")}"

const SUBJECTS = {
  "sign-in": "Sign in",
  verify: "Verify your address",
  reset: "Choose a new password",
  "change-email": "Your new address",
} as const

/** The words of what accounts send. */
export function mailOf(message: EmailMessage): MailMessage {
  const { kind, to } = message
  if (!("url" in message))
    return { to, subject: "Your account", text: \`This happened: \${kind}. If it was not you, choose a new password.\` }
  const { url, code } = message
  const subject = SUBJECTS[message.kind]
  const typed = code === undefined ? "" : html\`<p>Or type this code where you asked for it: <strong>\${code}</strong></p>\`
  return {
    to,
    subject,
    html: html\`<p><a href="\${url}">\${subject}</a></p>\${typed}<p>You did not ask for it? Then somebody typed your address, and nothing happens.</p>\`,
  }
}
`

const APP = `import { createAuthAudit, defineAccess } from "${own("auth")}"
import { accountRoutes, openAccounts } from "${own("auth/accounts")}"
import type { EmailMessage } from "${own("auth/email")}"
import { requireMfa } from "${own("auth/mfa")}"
import { modelUsers } from "${own("auth/orm")}"
import { createApp } from "${own("http")}"
import { openDatabase } from "${own("orm")}"
import { securityHeaders } from "${own("security")}"
import { openAudit } from "${own("security/audit")}"
import { v } from "${own("validation")}"
import { User } from "./user.ts"

export interface AppOptions {
  /** Where people find it: https://shop.example */
  readonly origin: string
  /** The database: sqlite:… postgres://… mysql://… */
  readonly database: string
  /** 32 bytes or more from a vault, which stay. */
  readonly secret: string
  readonly deliver: (message: EmailMessage) => unknown
}

/** The app, and what closes what it opened. */
export async function openApp({ origin, database: url, secret, deliver }: AppOptions) {
  const database = await openDatabase(url)
  const log = openAudit(url)
  const audit = createAuthAudit({ audit: log, onError: console.error })
  const access = defineAccess({
    actions: ["users:read"],
    roles: { member: {}, admin: { allow: ["users:*"] } },
    audit,
  })
  const accounts = await openAccounts({
    name: "App",
    origin,
    url,
    secret,
    // Without \`create\` nobody can sign up.
    users: modelUsers(User, { in: database, create: () => ({}), rolesOf: (user) => [user.role] }),
    deliver,
    audit,
    onError: console.error,
  })

  const app = createApp({ timeoutMs: 30_000, layers: [securityHeaders()] })
  app.scope("/auth", (auth) => auth.add(accountRoutes(accounts)))
  app.scope("/", [accounts.guard], (mine) => {
    mine.get("/me", { response: v.object({ id: v.string(), roles: v.array(v.string()) }) }, (ctx) => ({
      id: ctx.principal.id,
      roles: [...ctx.principal.roles],
    }))
    mine.scope("/admin", [access.authorize("users:read"), requireMfa(accounts)], (admin) => {
      admin.get("/users", { response: v.object({ count: v.integer() }) }, async () => ({
        count: await User.in(database).query().count(),
      }))
    })
  })
  const close = async (): Promise<void> => {
    await accounts.close()
    await audit.settled()
    await log.close()
    await database.close()
  }
  return { app, accounts, database, close }
}
`

const MAIN = `import { openMail } from "${own("mail")}"
import { openMigrator } from "${own("orm/migrations")}"
import { openApp } from "./app.ts"
import { mailOf } from "./mails.ts"

const { AUTH_SECRET, DATABASE_URL, MAIL_URL, PORT = "3000", ORIGIN = \`http://localhost:\${PORT}\` } = process.env
const database = DATABASE_URL ?? "sqlite:./app.db"
{
  await using migrator = await openMigrator(database, { folder: "migrations" })
  await migrator.up()
}
const mail = openMail(MAIL_URL ?? "log:", { from: "App <app@example.com>" })
const { app } = await openApp({
  origin: ORIGIN,
  database,
  secret: AUTH_SECRET ?? "",
  deliver: (message) => mail.send(mailOf(message)),
})
await app.listen({ port: Number(PORT) })
console.log(ORIGIN)
`

/** Where each runner has `test`. */
export const TEST_FROM: Readonly<Record<TestRunner, string>> = { bun: "bun:test", node: "node:test", vitest: "vitest" }

function testText(runner: TestRunner): string {
  return `import assert from "node:assert/strict"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "${TEST_FROM[runner]}"
import type { EmailMessage } from "${own("auth/email")}"
import { openMigrator } from "${own("orm/migrations")}"
import { openApp } from "../src/app.ts"
import { mailOf } from "../src/mails.ts"
import { User } from "../src/user.ts"

const origin = "https://app.example"

async function stage() {
  const folder = await mkdtemp(join(tmpdir(), "app-"))
  const url = \`sqlite:\${join(folder, "app.db")}\`
  {
    await using migrator = await openMigrator(url, { folder: join(import.meta.dirname, "../migrations") })
    await migrator.up()
  }
  const mailbox: EmailMessage[] = []
  const secret = "a secret of a test, which has 32 bytes or more"
  const opened = await openApp({ origin, database: url, secret, deliver: (message) => mailbox.push(message) })
  const cookies = new Map<string, string>()
  const send = async (method: string, path: string, body?: object): Promise<Response> => {
    const headers = new Headers({ cookie: [...cookies].map((pair) => pair.join("=")).join("; ") })
    if (body !== undefined) headers.set("content-type", "application/json")
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
    const response = await opened.app.fetch(new Request(\`\${origin}\${path}\`, init))
    for (const line of response.headers.getSetCookie()) {
      const [name = "", value = ""] = line.split(";", 1)[0]!.split("=")
      if (/max-age=0/i.test(line)) cookies.delete(name)
      else cookies.set(name, value)
    }
    return response
  }
  const close = async () => {
    await opened.close()
    await rm(folder, { recursive: true })
  }
  return { ...opened, mailbox, send, close }
}

test("people sign up by a mail, choose a password, and come back", async () => {
  const { accounts, database, mailbox, send, close } = await stage()
  const email = "ana@example.org"
  const asked = await send("POST", "/auth/sign-in/email", { email })
  assert.equal(asked.status, 202)
  const { handle } = (await asked.json()) as { handle: string }
  await accounts.flows.settled()
  const message = mailbox[0]!
  assert.ok("url" in message && message.code !== undefined)
  assert.equal(mailOf(message).to, email)
  assert.equal((await send("POST", "/auth/sign-in/email/confirm", { handle, code: message.code })).status, 200)
  const first = { password: "correct horse battery" }
  assert.equal((await send("POST", "/auth/account/password/first", first)).status, 204)
  await send("POST", "/auth/sign-out")
  assert.equal((await send("GET", "/me")).status, 401)
  assert.equal((await send("POST", "/auth/sign-in", { login: email, password: "a wrong one" })).status, 401)
  assert.equal((await send("POST", "/auth/sign-in", { login: email, ...first })).status, 200)
  const me = (await (await send("GET", "/me")).json()) as { id: string; roles: string[] }
  assert.deepEqual(me.roles, ["member"])

  assert.equal((await send("GET", "/admin/users")).status, 403)
  await User.in(database).query().where("id", me.id).update({ role: "admin" })
  const refused = (await (await send("GET", "/admin/users")).json()) as { code: string }
  assert.equal(refused.code, "AUTH_MFA_REQUIRED")
  await close()
})

test("pages of other sites can do nothing", async () => {
  const { app, close } = await stage()
  const headers = { origin: "https://evil.example", "content-type": "application/json" }
  const body = JSON.stringify({ login: "ana@example.org", password: "x" })
  const answer = await app.fetch(new Request(\`\${origin}/auth/sign-in\`, { method: "POST", headers, body }))
  assert.equal(answer.status, 403)
  await close()
})
`
}
