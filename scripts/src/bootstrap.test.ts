import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { freePort } from "@ashlar/core/testing/ports"

const hello = join(import.meta.dir, "..", "..", "examples", "hello")

const answers = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/ok`).then(
    ({ ok }) => ok,
    () => false,
  )

async function until(done: () => Promise<boolean>, ms = 20_000): Promise<boolean> {
  for (const end = performance.now() + ms; performance.now() < end; await Bun.sleep(50)) if (await done()) return true
  return false
}

describe("npm start", () => {
  test("ends what it started when npm alone is told to end", async () => {
    const port = await freePort()
    const env = { ...process.env, PORT: String(port) }
    const npm = Bun.spawn(["npm", "start"], { cwd: hello, env, stdout: "ignore", stderr: "ignore" })
    const hasBegun = await until(() => answers(port))
    npm.kill("SIGTERM")
    await npm.exited
    expect(hasBegun).toBe(true)
    expect(await until(async () => !(await answers(port)))).toBe(true)
  }, 60_000)
})
