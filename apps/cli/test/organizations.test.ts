// Organizations by the command, against a real platform: two people, each with a profile of their own.
import { afterAll, beforeAll, expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createAdmin } from "@ashlar/admin"
import { type PlatformServer, startServer } from "@ashlar/server"
import { runCli } from "../src/testing-io.ts"

const PASSWORD = "dressed stone, no mortar"
const folder = mkdtempSync(join(tmpdir(), "ashlar-orgs-"))
let server: PlatformServer
beforeAll(async () => {
  server = await startServer({ port: 0, data: join(folder, "data"), signups: "open", checkResponses: true })
  const admin = createAdmin({ url: server.url })
  const token = new URL(server.setupLink ?? "").searchParams.get("token") ?? ""
  await admin.setup.complete({ token, name: "Olga", email: "olga@example.org", password: PASSWORD })
  await createAdmin({ url: server.url }).auth.signUp({ name: "Tom", email: "tom@example.org", password: PASSWORD })
}, 30_000)
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
}, 30_000)

type Answer = Readonly<Record<string, unknown>>
const as =
  (who: string) =>
  async (...argv: string[]): Promise<Answer & { readonly code?: unknown }> => {
    const env = { XDG_CONFIG_HOME: join(folder, who) }
    const stdin = argv[0] === "login" ? PASSWORD : ""
    const { exitCode, json } = await runCli([...argv, "--json"], { env, cwd: folder, stdin })
    const answer = json() as Answer & { readonly error?: Answer }
    return exitCode === 0 ? answer : { code: answer.error?.code }
  }
const [olga, tom] = [as("olga"), as("tom")]

test("the command makes an organization, and says who is in it and what it owns", async () => {
  for (const [cli, who] of [[olga, "olga"] as const, [tom, "tom"] as const])
    await cli("login", server.url, "--email", `${who}@example.org`, "--password-stdin")
  expect(await olga("orgs", "list")).toMatchObject([{ slug: "personal", name: "Olga", role: "owner" }])
  expect(await olga("orgs", "create", "Quarry")).toMatchObject({ slug: "quarry", role: "owner" })
  expect(await olga("projects", "create", "Atlas", "--org", "quarry")).toMatchObject({
    organization: { name: "Quarry" },
  })
  const { link } = await olga("orgs", "invite", "quarry", "tom@example.org", "--role", "member")
  expect(await olga("orgs", "invites", "quarry")).toMatchObject([{ email: "tom@example.org", role: "member" }])
  expect(await olga("orgs", "join", String(link))).toEqual({ code: "IDENTITY_INVITE_FOR_ANOTHER" })
  expect(await tom("orgs", "join", String(link))).toMatchObject({ slug: "quarry", role: "member" })
  expect(await tom("orgs", "join", String(link))).toEqual({ code: "IDENTITY_INVITE_SPENT" })
  expect(await tom("projects", "show", "atlas")).toMatchObject({ role: "developer" })
  expect(await tom("orgs", "role", "quarry", "tom@example.org", "owner")).toEqual({ code: "CONTROL_FORBIDDEN" })
  expect(await olga("orgs", "role", "quarry", "tom@example.org", "admin")).toMatchObject({ role: "admin" })
  expect(await olga("orgs", "members", "quarry")).toMatchObject([{ role: "admin" }, { role: "owner" }])
  expect(await olga("orgs", "leave", "quarry", "--yes")).toEqual({ code: "CONTROL_LAST_OWNER" })
})

test("the command moves projects, and lets people go", async () => {
  await tom("projects", "create", "Notes")
  expect(await tom("orgs", "transfer", "notes", "quarry", "--yes")).toMatchObject({ organization: { name: "Quarry" } })
  expect(await olga("projects", "show", "notes")).toMatchObject({ role: "owner" })
  expect(await olga("orgs", "delete", "quarry", "--yes")).toEqual({ code: "CONTROL_ORG_NOT_EMPTY" })
  expect(await tom("orgs", "leave", "quarry", "--yes")).toMatchObject({ slug: "quarry" })
  for (const slug of ["atlas", "notes"])
    expect(await tom("projects", "show", slug)).toEqual({ code: "CONTROL_PROJECT_NOT_FOUND" })
  await olga("orgs", "invite", "quarry", "new@example.org")
  expect(await olga("orgs", "withdraw", "quarry", "new@example.org")).toMatchObject({ email: "new@example.org" })
  expect(await olga("orgs", "rename", "quarry", "Old quarry")).toMatchObject({ slug: "quarry", name: "Old quarry" })
  for (const slug of ["atlas", "notes"]) await olga("projects", "delete", slug, "--yes")
  expect(await olga("orgs", "delete", "quarry", "--yes")).toMatchObject({ slug: "quarry" })
  expect(await olga("orgs", "show", "quarry")).toEqual({ code: "CONTROL_ORG_NOT_FOUND" })
})
