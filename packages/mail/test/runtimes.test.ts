import { afterAll, beforeAll, expect, test } from "bun:test"
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import { SMTPServer } from "smtp-server"
import { type RecordingServer, startRecordingServer } from "../src/testing/recording-server.ts"

/** Bun runs the source; Node and Deno a bundle of it, with nodemailer beside it as an app has it. */
const program = join(import.meta.dir, "..", "src", "testing", "runtime-process.ts")
const modules = join(import.meta.dir, "..", "node_modules", ".cache")
mkdirSync(modules, { recursive: true })
const folder = mkdtempSync(join(modules, "runtimes-"))
const taken: string[] = []
let ses: RecordingServer
const smtp = new SMTPServer({
  authOptional: true,
  disabledCommands: ["STARTTLS"],
  logger: false,
  onData(stream, _, done) {
    let text = ""
    stream.on("data", (piece: Buffer) => {
      text += piece.toString("latin1")
    })
    stream.on("end", () => {
      taken.push(text)
      done()
    })
  },
})

beforeAll(async () => {
  ses = await startRecordingServer()
  await new Promise<void>((resolve) => smtp.listen(0, "127.0.0.1", () => resolve()))
  const built = await Bun.build({
    entrypoints: [program],
    target: "node",
    outdir: folder,
    naming: "[name].mjs",
    external: ["nodemailer", "nodemailer/*"],
  })
  expect(built.success).toBe(true)
})
afterAll(async () => {
  await ses.close()
  await new Promise<void>((resolve) => smtp.close(() => resolve()))
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
  test(`mail is sent, queued and shown on ${runtime}`, async () => {
    taken.length = 0
    ses.seen.length = 0
    const given = {
      smtp: `smtp://127.0.0.1:${(smtp.server.address() as { port: number }).port}?tls=off`,
      ses: `ses://id:secret@/?endpoint=${encodeURIComponent(ses.url)}`,
    }
    const child = Bun.spawn([...command!, JSON.stringify(given)], { stdin: "ignore", stdout: "pipe", stderr: "pipe" })
    const [said, problems] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
    expect([await child.exited, said, problems]).toEqual([0, "all is well\n", ""])
    expect([taken.length, ses.seen.length]).toEqual([1, 1])
    expect(taken[0]).toContain("AP8=")
  }, 60_000)
}
