import { afterAll, describe, expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const folder = mkdtempSync(join(tmpdir(), "ashlar-up-"))
const entry = join(import.meta.dir, "../src/main.ts")

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function spawn(...argv: string[]) {
  return spawnWith({}, ...argv)
}

function spawnWith(env: Record<string, string>, ...argv: string[]) {
  return Bun.spawn(["bun", entry, "up", "--port", "0", ...argv], {
    ...{ cwd: folder, stdout: "pipe", stderr: "pipe" },
    env: { ...process.env, ...env },
  })
}

/** The first line, and the process that goes on. */
async function started(...argv: string[]) {
  const child = spawn(...argv, "--json")
  const reader = child.stdout.getReader()
  const { value } = await reader.read()
  const rest = async () => {
    const { value: more } = await reader.read()
    return new TextDecoder().decode(more)
  }
  return {
    child,
    rest,
    ready: JSON.parse(new TextDecoder().decode(value)) as { url: string; setupLink: string | null },
  }
}

describe("up", () => {
  test("prints one JSON value when it is ready, and stops cleanly on SIGTERM", async () => {
    const { child, rest, ready } = await started("--data", "clean")
    expect(ready.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(ready.setupLink).toStartWith(`${ready.url}/setup?token=`)
    expect((await fetch(`${ready.url}/health/ready`)).status).toBe(200)
    const capabilities = await (await fetch(`${ready.url}/v1/capabilities`)).json()
    expect(capabilities).toMatchObject({ signups: "closed" })
    child.kill("SIGTERM")
    expect(await child.exited).toBe(0)
    expect(await rest()).toBe("")
    expect(await new Response(child.stderr).text()).toContain("Stopping: finishing what is under way.")
  })

  test("opens sign-ups only when told to", async () => {
    const { child, ready } = await started("--data", "open", "--signups")
    expect(await (await fetch(`${ready.url}/v1/capabilities`)).json()).toMatchObject({ signups: "open" })
    child.kill("SIGTERM")
    await child.exited
  })

  test.each([
    [
      "a folder of other things",
      () => writeFileSync(join(folder, "note.txt"), "mine"),
      ["--data", "."],
      "SERVER_DATA_FOREIGN",
    ],
    ["a folder that cannot be made", () => {}, ["--data", "note.txt/data"], "SERVER_DATA_NOT_WRITABLE"],
  ])("refuses %s with a code, and exits with 1", async (_, prepare, argv, code) => {
    prepare()
    const child = spawn(...argv, "--json")
    expect(await child.exited).toBe(1)
    expect(await new Response(child.stdout).json()).toMatchObject({ error: { code } })
    expect(await new Response(child.stderr).text()).not.toContain("    at ")
  })

  test("has its root key in another process, which it is known to by the service key alone", async () => {
    const root = ["--root-key", `file:${join(folder, "kms.root")}?create=true`, "--service-key", "kms.service"]
    const kms = await started("--role", "kms", ...root)
    copyFileSync(join(folder, "kms.service"), join(folder, "copy.service"))
    writeFileSync(join(folder, "wrong.service"), randomBytes(32), { mode: 0o600 })
    const wrong = spawn("--data", "kept", "--kms", kms.ready.url, "--service-key", "wrong.service", "--json")
    expect(await wrong.exited).toBe(1)
    expect(await new Response(wrong.stdout).json()).toMatchObject({ error: { code: "CRYPTO_ROOT_KEY_REFUSED" } })
    const { child, ready } = await started("--data", "kept", "--kms", kms.ready.url, "--service-key", "copy.service")
    expect((await fetch(`${ready.url}/health/ready`)).status).toBe(200)
    expect(existsSync(join(folder, "kept", "root.key"))).toBe(false)
    expect((await fetch(`${kms.ready.url}/v1/capabilities`)).status).toBe(404)
    for (const one of [child, kms.child]) {
      one.kill("SIGTERM")
      expect(await one.exited).toBe(0)
    }
    const half = spawn("--role", "kms", "--json")
    expect(await half.exited).toBe(2)
    expect(await new Response(half.stdout).json()).toMatchObject({ error: { code: "CLI_USAGE" } })
  }, 60_000)

  test.each([
    ["memroy:", "SERVER_BACKEND_INVALID", 'Did you mean "memory"?'],
    ["file:./cache", "SERVER_BACKEND_INVALID", "--cache: No rate limit driver"],
    ["redis://u:hunter2@127.0.0.1:1", "SERVER_BACKEND_DOWN", "redis://***@127.0.0.1:1"],
    ["redis://u:hunter2@127.0.0.1:1?prefx=a", "SERVER_BACKEND_INVALID", 'Did you mean "prefix"?'],
  ])("refuses the cache %s with a code and no secret, by option and by variable", async (url, code, said) => {
    for (const start of [
      () => spawn("--data", "backends", "--cache", url, "--json"),
      () => spawnWith({ ASHLAR_CACHE_URL: url }, "--data", "backends", "--json"),
    ]) {
      const child = start()
      expect(await child.exited).toBe(1)
      const printed = await new Response(child.stdout).json()
      expect(printed).toMatchObject({ error: { code, message: expect.stringContaining(said) } })
      expect(JSON.stringify(printed) + (await new Response(child.stderr).text())).not.toContain("hunter2")
    }
  })

  test("refuses a port in use, and a data folder in use", async () => {
    const { child, ready } = await started("--data", "busy")
    const port = Bun.spawn(["bun", entry, "up", "--port", new URL(ready.url).port, "--data", "other", "--json"], {
      cwd: folder,
      stdout: "pipe",
      stderr: "pipe",
    })
    expect(await port.exited).toBe(1)
    expect(await new Response(port.stdout).json()).toMatchObject({ error: { code: "HTTP_LISTEN_FAILED" } })
    const data = spawn("--data", "busy", "--json")
    expect(await data.exited).toBe(1)
    expect(await new Response(data.stdout).json()).toMatchObject({ error: { code: "SERVER_DATA_IN_USE" } })
    child.kill("SIGTERM")
    await child.exited
  })
})
