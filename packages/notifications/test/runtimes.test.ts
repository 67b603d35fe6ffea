import { afterAll, beforeAll, expect, test } from "bun:test"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type RecordingServer, startRecordingServer } from "@ashlar/mail/testing/recording-server"

/** Bun runs the source; Node and Deno a bundle of it. */
const program = join(import.meta.dir, "..", "src", "testing", "runtime-process.ts")
const folder = mkdtempSync(join(tmpdir(), "ashlar-notifications-"))
let twilio: RecordingServer

beforeAll(async () => {
  twilio = await startRecordingServer()
  const options = { target: "node", outdir: folder, naming: "[name].mjs" } as const
  expect((await Bun.build({ entrypoints: [program], ...options })).success).toBe(true)
})
afterAll(async () => {
  await twilio.close()
  rmSync(folder, { recursive: true, force: true })
})

const { NODE_BIN: node, DENO_BIN: deno } = process.env
const bundle = join(folder, "runtime-process.mjs")
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
  test(`people are told on ${runtime}`, async () => {
    twilio.seen.length = 0
    const url = `twilio://AC1:hidden@/?service=MG1&endpoint=${encodeURIComponent(twilio.url)}`
    const child = Bun.spawn([...command!, url], { stdin: "ignore", stdout: "pipe", stderr: "pipe" })
    const [said, problems] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
    expect([await child.exited, said, problems]).toEqual([0, "all is well\n", ""])
    expect(twilio.seen.length).toBeGreaterThan(0)
  }, 60_000)
}
