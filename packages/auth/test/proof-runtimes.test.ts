import { afterAll, beforeAll, expect, test } from "bun:test"
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import { temporaryDatabase } from "@ashlar/cache/testing/databases"
import { findServer } from "@ashlar/cache/testing/servers"

/** Bun runs the source; Node and Deno a bundle of it, which finds packages where this package does. */
const program = join(import.meta.dir, "..", "src", "testing", "proof-process.ts")
const cache = join(import.meta.dir, "..", "node_modules", ".cache")
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, "proofs-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const bundle = join(folder, "proof-process.mjs")
const [redis, postgres, mariadb] = [
  await findServer("Redis"),
  await findServer("PostgreSQL"),
  await findServer("MariaDB"),
]
const servers = [
  ...(redis === undefined ? [] : [`redis://127.0.0.1:${redis}?prefix=ashlar-test-${crypto.randomUUID().slice(0, 8)}`]),
  ...(postgres === undefined
    ? []
    : [await temporaryDatabase((name) => `postgres://postgres@127.0.0.1:${postgres}/${name}`, "postgres")]),
  ...(mariadb === undefined
    ? []
    : [await temporaryDatabase((name) => `mysql://root@127.0.0.1:${mariadb}/${name}`, "")]),
]

beforeAll(async () => {
  const built = await Bun.build({ entrypoints: [program], target: "node", outdir: folder, naming: "[name].mjs" })
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
  test(`links, codes and factors do the same on ${runtime}`, async () => {
    const given = JSON.stringify(["memory:", `sqlite:${join(folder, `${runtime}.db`)}`, ...servers])
    const child = Bun.spawn([...command!, given], { stdin: "ignore", stdout: "pipe", stderr: "pipe" })
    const [said, problems] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
    expect([await child.exited, said, problems]).toEqual([0, "all is well\n", ""])
  }, 60_000)
}
