import { afterAll, beforeAll, expect, test } from "bun:test"
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import { createPasswords } from "@ashlar/auth/passwords"

/** Bun runs the source; Node and Deno a bundle of it, which finds packages where this package does. */
const program = join(import.meta.dir, "..", "src", "testing", "password-process.ts")
const cache = join(import.meta.dir, "..", "node_modules", ".cache")
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, "runtimes-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const bundle = join(folder, "password-process.mjs")

beforeAll(async () => {
  const external = ["@node-rs/argon2", "bcryptjs"]
  const built = await Bun.build({
    entrypoints: [program],
    target: "node",
    outdir: folder,
    naming: "[name].mjs",
    external,
  })
  expect(built.success).toBe(true)
})

const { NODE_BIN: node, DENO_BIN: deno } = process.env
const commands: readonly (readonly [string, readonly string[] | undefined])[] = [
  ["bun", [process.execPath, program]],
  ["node", node && existsSync(node) ? [node, bundle] : undefined],
  ["deno", deno && existsSync(deno) ? [deno, "run", "--quiet", "--allow-all", "--no-lock", bundle] : undefined],
]
const password = "pässwörd \u{1f511} of U*U*"
const passwords = createPasswords({ memoryKib: 256, passes: 2, allowWeak: true })
for (const [runtime, command] of commands) {
  if (command === undefined && process.env.CI !== "true") {
    console.warn(`skipped: what needs ${runtime}, for there is none`)
    continue
  }
  test(`hashes of Bun are read on ${runtime}, and its own on Bun`, async () => {
    const hashes = [
      await passwords.hash(password),
      await Bun.password.hash(password, { algorithm: "argon2id", memoryCost: 256, timeCost: 2 }),
      await Bun.password.hash(password, { algorithm: "bcrypt", cost: 4 }),
    ]
    const child = Bun.spawn([...command!, JSON.stringify({ password, hashes })], {
      cwd: folder,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    })
    const [said, problems] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
    expect([await child.exited, problems]).toEqual([0, ""])
    expect(said).toStartWith("$argon2id$v=19$m=256,t=2,p=1$")
    expect([await passwords.verify(password, said.trim()), await Bun.password.verify(password, said.trim())]).toEqual([
      true,
      true,
    ])
  }, 60_000)
}
