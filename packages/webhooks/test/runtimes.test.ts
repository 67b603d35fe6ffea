import { afterAll, beforeAll, expect, test } from "bun:test"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { temporaryFolder } from "@ashlar/cache/testing/databases"
import { createCertificate } from "../src/testing/certificate.ts"

/** Bun runs the source; Node and Deno a bundle of it. */
const program = join(import.meta.dir, "..", "src", "testing", "runtime-process.ts")
const folder = temporaryFolder()
const bundle = join(folder, "runtime-process.mjs")
const certificate = createCertificate(folder, "hooks.example.com")
const seen: string[] = []
const secure = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  tls: { key: certificate.key, cert: certificate.certificate },
  fetch(request) {
    seen.push(`${request.headers.get("host")} ${new URL(request.url).pathname}${new URL(request.url).search}`)
    return new Response("taken", { status: 202 })
  },
})
afterAll(() => secure.stop(true))

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
  test(`webhooks are sent and received on ${runtime}, to the host that its certificate proves`, async () => {
    seen.length = 0
    const urls = ["memory:", `sqlite:${join(folder, `${runtime}.db`)}`]
    const given = JSON.stringify({ urls, secure: { port: secure.port, certificate: certificate.certificate } })
    const child = Bun.spawn([...command!, given], { stdin: "ignore", stdout: "pipe", stderr: "pipe" })
    const [said, problems] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
    expect([await child.exited, said, problems]).toEqual([0, "all is well\n", ""])
    expect(seen).toEqual(Array(2).fill(`hooks.example.com:${secure.port} /a?b=1`))
  }, 60_000)
}
