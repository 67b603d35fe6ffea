import { beforeAll, expect, test } from "bun:test"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { temporaryDatabase, temporaryFolder } from "@ashlar/cache/testing/databases"
import { findServer } from "@ashlar/cache/testing/servers"

/** Bun runs the source; Node and Deno a bundle of it. */
const program = join(import.meta.dir, "..", "src", "testing", "runtime-process.ts")
const folder = temporaryFolder()
const bundle = join(folder, "runtime-process.mjs")
const [postgres, mariadb] = [await findServer("PostgreSQL"), await findServer("MariaDB")]
const urls: string[] = []
if (postgres !== undefined)
  urls.push(await temporaryDatabase((name) => `postgres://postgres@127.0.0.1:${postgres}/${name}`, "postgres"))
if (mariadb !== undefined)
  urls.push(await temporaryDatabase((name) => `mysql://root@127.0.0.1:${mariadb}/${name}`, "mysql"))

beforeAll(async () => {
  const [entrypoints, naming] = [[program], "[name].mjs"]
  const built = await Bun.build({ entrypoints, target: "node", outdir: folder, naming, external: ["pkcs11js"] })
  expect(built.success).toBe(true)
})

const { NODE_BIN: node, DENO_BIN: deno } = process.env
const commands: readonly (readonly [string, readonly string[] | undefined])[] = [
  ["bun", [process.execPath, program]],
  ["node", node && existsSync(node) ? [node, bundle] : undefined],
  ["deno", deno && existsSync(deno) ? [deno, "run", "--quiet", "--allow-all", "--no-lock", bundle] : undefined],
]
for (const [runtime, command] of commands) {
  if (command === undefined && process.env.CI !== "true") {
    console.warn(`skipped: what needs ${runtime}, for there is none`)
    continue
  }
  test(`keys and secrets work on ${runtime}`, async () => {
    const stores = ["memory:", `sqlite:${join(folder, `${runtime}.db`)}`, ...urls]
    const given = JSON.stringify({ root: `file:${join(folder, "root.key")}?create=true`, stores })
    const child = Bun.spawn([...command!, given], { stdin: "ignore", stdout: "pipe", stderr: "pipe" })
    const [said, problems] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
    expect([await child.exited, said, problems]).toEqual([0, "all is well\n", ""])
  }, 60_000)
}
