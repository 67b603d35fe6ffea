// The guide to users of an app, against a real platform: its programs as they stand, in their order.
import { afterAll, beforeAll, expect, test } from "bun:test"
import { createHmac } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createAdmin } from "@ashlar/admin"
import { createAshlar, type Rules, secondStepOf } from "@ashlar/sdk"
import { type PlatformServer, startServer } from "@ashlar/server"
import { parse } from "smol-toml"
import { runCli } from "../src/testing-io.ts"

const guide = readFileSync(join(import.meta.dir, "../../../docs/guides/app-users.md"), "utf8")
const blocks = (language: string): string[] =>
  [...guide.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(([, text = ""]) => text)

const folder = mkdtempSync(join(tmpdir(), "ashlar-app-users-"))
const env: Record<string, string> = { XDG_CONFIG_HOME: join(folder, "config") }
/** The code that was sent last to an address. */
const mails = new Map<string, string>()
async function mailbox(email: string): Promise<{ readonly code: string }> {
  for (let turn = 0; turn < 2_000 && (mails.get(email) ?? "") === ""; turn++) await Bun.sleep(1)
  const code = mails.get(email) ?? ""
  mails.delete(email)
  return { code }
}
/** The user's phone: each of its codes is good once, and one of a step ahead is as well. */
const shown = new Map<string, number>()
function authenticator(secret: string): string {
  const step = Math.max(Math.floor(Date.now() / 30_000), (shown.get(secret) ?? 0) + 1)
  shown.set(secret, step)
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
  const bits = [...secret].map((sign) => letters.indexOf(sign).toString(2).padStart(5, "0")).join("")
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  const mac = createHmac("sha1", key).update(counter).digest()
  return String((mac.readUInt32BE(mac[19]! & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0")
}
let server: PlatformServer
beforeAll(async () => {
  const mail = {
    send: async (message: { to: readonly { email: string }[]; text: string }) => {
      for (const { email } of message.to) mails.set(email, /^\d{8}$/m.exec(message.text)?.[0] ?? "")
      return { id: "1", rejected: [] }
    },
    close: async () => undefined,
  }
  server = await startServer({
    port: 0,
    data: join(folder, "data"),
    checkResponses: true,
    mail,
    mailFrom: "no-reply@ashlar.example",
  })
}, 30_000)
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
}, 30_000)

test("its programs run from top to bottom", async () => {
  const admin = createAdmin({ url: server.url })
  const token = new URL(server.setupLink ?? "").searchParams.get("token") ?? ""
  await admin.setup.complete({ token, name: "Olga", email: "olga@example.org", password: "dressed stone, no mortar" })
  await admin.projects.create({ name: "Notes" })
  const manifest = parse(blocks("toml")[0] ?? "") as { collections?: { notes?: { rules?: Partial<Rules> } } }
  await admin.collections.create("notes", { name: "notes", rules: manifest.collections?.notes?.rules ?? {} })
  const { secret: key } = await admin.keys.create("notes", { kind: "publishable", name: "web" })
  const wish = { kind: "secret", name: "server", scopes: ["users:admin"] } as const
  const { secret: secretKey } = await admin.keys.create("notes", wish)

  const program = `${blocks("ts").join("\n")}\nreturn { ada, mine, left: await notes.where().all() }`
  const names = ["createAshlar", "createAdmin", "secondStepOf", "url", "key", "secretKey", "mailbox", "authenticator"]
  const AsyncFunction = (async () => {}).constructor as new (
    ...parts: string[]
  ) => (...given: unknown[]) => Promise<unknown>
  const run = new AsyncFunction(...names, program)
  expect(
    await run(createAshlar, createAdmin, secondStepOf, server.url, key, secretKey, mailbox, authenticator),
  ).toMatchObject({
    ada: { email: "ada@example.org" },
    mine: [{ data: { text: "hers" } }],
    left: [],
  })
})

test("the command manages them", async () => {
  const login = ["login", server.url, "--email", "olga@example.org", "--password-stdin"]
  const cli = async (argv: string[], stdin = ""): Promise<unknown> => {
    const { exitCode, json, stderr } = await runCli([...argv, "--json"], { env, cwd: folder, stdin })
    expect([argv, exitCode, exitCode === 0 ? "" : stderr]).toEqual([argv, 0, ""])
    return json()
  }
  await cli(login, "dressed stone, no mortar")
  await cli(["projects", "use", "notes"])
  const facts = ["--roles", "editor", "--claims", '{"team":"red"}', "--verified", "--password-stdin"]
  const made = (await cli(["users", "create", "bob@example.org", ...facts], "cut stone without mortar")) as {
    id: string
  }
  expect(made).toMatchObject({ roles: ["editor"], claims: { team: "red" }, emailVerified: true, disabled: false })
  expect(await cli(["users", "list", "--email", "BOB@example.org"])).toMatchObject([{ id: made.id }])
  expect(await cli(["users", "list"])).toHaveLength(4)
  expect(await cli(["users", "update", made.id, "--name", "Bob"])).toMatchObject({ name: "Bob", roles: ["editor"] })
  expect(await cli(["users", "disable", made.id])).toMatchObject({ disabled: true })
  expect(await cli(["users", "enable", made.id])).toMatchObject({ disabled: false })
  expect(await cli(["users", "signout", made.id])).toEqual({ sessions: 0 })
  expect(await cli(["users", "factors", made.id])).toEqual({ factors: [], recoveryCodes: 0, devices: [] })
  expect(await cli(["users", "reset-factors", made.id, "--yes"])).toEqual({ factors: 0 })
  const mfa = ["--mfa", "optional", "--passkeys-domain", "app.example", "--remember-days", "7"]
  expect(await cli(["users", "settings", ...mfa])).toMatchObject({
    ...{ mfa: "optional", rememberDeviceDays: 7 },
    passkeys: { rpId: "app.example", origins: ["https://app.example"] },
  })
  expect(await cli(["users", "settings", "--passkeys-domain", ""])).toMatchObject({ passkeys: null })
  const alone = await runCli(["users", "settings", "--passkeys-origins", "https://app.example"], { env, cwd: folder })
  expect(alone.exitCode).toBe(2)
  const changes = ["--signups", "closed", "--password-min", "14", "--verified-email-only", "yes"]
  expect(
    await cli(["users", "settings", ...changes, "--redirect-urls", "https://a.example/in http://localhost:1/"]),
  ).toMatchObject({
    ...{ signups: "closed", passwordMinCharacters: 14, verifiedEmailOnly: true },
    ...{
      redirectUrls: ["https://a.example/in", "http://localhost:1/"],
      mail: { senderName: "Notes", replyTo: null },
    },
  })
  await cli(["users", "delete", made.id, "--yes"])
  const gone = await runCli(["users", "show", made.id, "--json"], { env, cwd: folder })
  expect([gone.exitCode, gone.json()]).toMatchObject([1, { error: { code: "IDENTITY_USER_NOT_FOUND" } }])
})
