/** Makes an account by a mail and signs in by two steps, on whatever runtime this is, through a server, over each database it is given. */
import assert from "node:assert/strict"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createApp } from "@ashlar/http"
import { enumeration, Model, openDatabase, uuid } from "@ashlar/orm"
import { openMigrator } from "@ashlar/orm/migrations"
import { accountRoutes } from "../accounts/account-routes.ts"
import { openAccounts } from "../accounts/accounts.ts"
import type { EmailMessage } from "../email/email-message.ts"
import { hotp, stepAt } from "../mfa/otp.ts"
import { accountColumns } from "../orm/account-columns.ts"
import { modelUsers } from "../orm/model-users.ts"
import { keyOf, tokenOf } from "./accounts-world.ts"

const MIGRATION = `export default {
  up(schema) {
    schema.createTable("members", (t) => {
      t.uuid("id").primary()
      t.text("email", 254).unique()
      t.timestamp("email_verified_at").nullable()
      t.text("password_hash", 255).nullable()
      t.enumeration("role", ["member", "admin"])
    })
  },
  down(schema) {
    schema.dropTable("members")
  },
}
`
class Member extends Model {
  static table = "members"
  static naming = "snake" as const
  static columns = { id: uuid().primary(), ...accountColumns(), role: enumeration(["member", "admin"]) }
}

for (const url of JSON.parse(process.argv[2] ?? "[]") as string[]) {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-accounts-"))
  writeFileSync(join(folder, "20260101000000_members.mjs"), MIGRATION)
  const migrator = await openMigrator(url, { folder })
  await migrator.up()
  await migrator.close()
  rmSync(folder, { recursive: true })
  const database = await openDatabase(url)
  class User extends Member {
    static database = database
  }
  const claimed: string[] = []
  const users = modelUsers(User, {
    create: () => ({ role: "member" as const }),
    rolesOf: (user) => [user.role],
    isAllowed: (user) => user.email !== "blocked@example.org",
    onClaim: async (id) => claimed.push(id),
  })
  const sent: EmailMessage[] = []
  const secret = "a secret of thirty-two bytes or more"
  const origin = "https://shop.example"
  const accounts = await openAccounts({ name: "Shop", origin, url, secret, users, deliver: (one) => sent.push(one) })
  const app = createApp()
  app.scope("/auth", (auth) => auth.add(accountRoutes(accounts)))
  app.get("/roles", { layers: [accounts.guard] }, (ctx) => [ctx.principal.roles, ctx.principal.amr])
  const server = await app.listen({ port: 0, host: "127.0.0.1" })
  const cookies = new Map<string, string>()
  const send = async (method: string, path: string, body?: object): Promise<Record<string, unknown>> => {
    const headers: Record<string, string> = { cookie: [...cookies].map((pair) => pair.join("=")).join("; ") }
    if (body !== undefined) headers["content-type"] = "application/json"
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
    const response = await fetch(`${server.url}${path}`, init)
    for (const line of response.headers.getSetCookie()) {
      const [name, value] = line.split(";", 1)[0]!.split("=") as [string, string]
      if (/max-age=0/i.test(line)) cookies.delete(name)
      else cookies.set(name, value)
    }
    const text = await response.text()
    return { status: response.status, ...(text === "" ? {} : { body: JSON.parse(text) as unknown }) }
  }
  const post = (path: string, body?: object) => send("POST", `/auth${path}`, body)
  const linkTo = async (email: string): Promise<string> => {
    await accounts.flows.settled()
    return tokenOf(sent.findLast(({ to }) => to === email) as { readonly url: string })
  }

  const email = "ana@example.org"
  await post("/sign-in/email", { email })
  const token = await linkTo(email)
  // Of several who use one link at once one comes in, and one account is made.
  const entered = await Promise.all([1, 2, 3].map(() => post("/sign-in/email/confirm", { token })))
  assert.deepEqual(entered.map(({ status }) => status).sort(), [200, 400, 400], url)
  assert.equal(await User.where("email", email).count(), 1, url)
  assert.equal((await post("/account/password/first", { password: "correct horse battery" })).status, 204, url)
  const { body: app2 } = await post("/account/factors/app")
  const { factorId, secret: seed } = app2 as { readonly factorId: string; readonly secret: string }
  const step = stepAt(Date.now(), 30)
  const [first, next] = [0, 1].map((later) => hotp(keyOf(seed), step + later, { digits: 6, algorithm: "SHA1" }))
  assert.equal((await post("/account/factors/app/confirm", { factorId, code: first })).status, 204, url)
  await post("/sign-out")
  const half = await post("/sign-in", { login: email, password: "correct horse battery" })
  assert.deepEqual(half.body, { state: "second-step", ways: ["code"], next: "/" }, url)
  assert.equal((await send("GET", "/roles")).status, 401, url)
  assert.equal((await post("/second-step", { code: first })).status, 401, url)
  assert.equal((await post("/second-step", { code: next })).status, 200, url)
  assert.deepEqual((await send("GET", "/roles")).body, [["member"], ["pwd", "otp", "mfa"]], url)

  // The adapter: what is claimed is emptied, a taken address stays whose it is, and nobody is shut in.
  const [{ id }] = [await User.where("email", email).firstOrFail()]
  const other = await users.create!("bob@example.org")
  await users.setPasswordHash(other.id, "left by somebody")
  await users.markVerified(other.id, { email: "another@example.org", isClaim: false })
  assert.equal((await users.find(other.id))?.isVerified, false, url)
  await users.markVerified(other.id, { email: "bob@example.org", isClaim: true })
  assert.deepEqual([await users.passwordHash(other.id), claimed], [undefined, [other.id]], url)
  assert.equal(await users.changeEmail(other.id, { from: "bob@example.org", to: email }), false, url)
  assert.equal(await users.changeEmail(other.id, { from: "wrong@example.org", to: "b@example.org" }), false, url)
  assert.equal(await users.changeEmail(id, { from: email, to: "blocked@example.org" }), true, url)
  assert.equal(await users.find(id), undefined, url)
  assert.equal((await send("GET", "/roles")).status, 401, url)
  await app.stop(0)
  await accounts.close()
  await database.close()
}
console.log("all is well")
process.exit(0)
