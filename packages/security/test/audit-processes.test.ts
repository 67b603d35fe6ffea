import { beforeAll, expect, test } from "bun:test"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { temporaryDatabase, temporaryFolder } from "@ashlar/cache/testing/databases"
import { findServer } from "@ashlar/cache/testing/servers"
import { openAudit } from "../src/audit/index.ts"

/** Bun runs the source; Node and Deno a bundle of it. All append to the same streams at once. */
const program = join(import.meta.dir, "..", "src", "testing", "audit-process.ts")
const folder = temporaryFolder()
const bundle = join(folder, "audit-process.mjs")
const [postgres, mariadb] = [await findServer("PostgreSQL"), await findServer("MariaDB")]
const urls = [`sqlite:${join(folder, "audit.db")}?synchronous=NORMAL&acquireTimeoutMs=60000&busyTimeoutMs=60000`]
if (postgres !== undefined)
  urls.push(await temporaryDatabase((name) => `postgres://postgres@127.0.0.1:${postgres}/${name}`, "postgres"))
if (mariadb !== undefined) urls.push(await temporaryDatabase((name) => `mysql://root@127.0.0.1:${mariadb}/${name}`, ""))

beforeAll(async () => {
  const built = await Bun.build({ entrypoints: [program], target: "node", outdir: folder, naming: "[name].mjs" })
  expect(built.success).toBe(true)
})

const { NODE_BIN: node, DENO_BIN: deno } = process.env
const commands: (readonly string[])[] = [
  [process.execPath, program],
  [process.execPath, program],
]
if (node !== undefined && existsSync(node)) commands.push([node, bundle])
if (deno !== undefined && existsSync(deno)) commands.push([deno, "run", "--quiet", "--allow-all", "--no-lock", bundle])

test(`${commands.length} processes append to one stream, on each database, and it has no gap`, async () => {
  const [stream, count] = ["many", 50]
  const children = commands.map((command) =>
    Bun.spawn([...command, JSON.stringify({ urls, stream, count })], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    }),
  )
  const ends = await Promise.all(
    children.map(async (child) => [
      await child.exited,
      await new Response(child.stdout).text(),
      await new Response(child.stderr).text(),
    ]),
  )
  expect(ends).toEqual(commands.map(() => [0, "all is well\n", ""]))
  for (const url of urls) {
    const audit = openAudit(url)
    expect(await audit.verify({ stream })).toMatchObject({ ok: true, entries: count * commands.length })
    await audit.close()
  }
}, 120_000)
