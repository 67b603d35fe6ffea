/** The backend as a function of the platform, deployed as a person would do it. */
import { afterAll, beforeAll, expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createAdmin } from "@ashlar/admin"
import { main, openTerminal } from "@ashlar/cli"
import { type PlatformServer, startServer } from "@ashlar/server"
import { Conduit } from "./conduit.ts"
import { scenarios } from "./scenarios.ts"

const folder = mkdtempSync(join(tmpdir(), "conduit-platform-"))
const printed: string[] = []
let server: PlatformServer
let conduit: Conduit

beforeAll(async () => {
  server = await startServer({
    port: 0,
    data: join(folder, "data"),
    log: { info: () => undefined, error: () => undefined },
  })
  const admin = createAdmin({ url: server.url })
  const token = new URL(server.setupLink ?? "").searchParams.get("token") ?? ""
  await admin.auth.setUp({ token, name: "Ana", email: "ana@example.org", password: "a phrase for the tests" })
  await admin.projects.create({ slug: "conduit", name: "Conduit" })
  const session = await admin.auth.session()
  const print = (text: string): void => void printed.push(text)
  const env = { ...process.env, ASHLAR_URL: server.url, ASHLAR_TOKEN: session?.accessToken, XDG_CONFIG_HOME: folder }
  const io = { ...openTerminal(), stdout: print, stderr: print, cwd: join(import.meta.dir, ".."), env }
  expect({ code: await main(["deploy"], io), printed }).toMatchObject({ code: 0 })
  conduit = new Conduit(`${server.url}/f/conduit/conduit/api`)
}, 60_000)

afterAll(async () => {
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
}, 30_000)

for (const { name, run } of scenarios) test(name, () => run(conduit))
