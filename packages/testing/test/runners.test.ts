import { describe, expect, test } from "bun:test"
import { existsSync } from "node:fs"
import { join } from "node:path"

/** Each runner runs a file of its own, in a process of its own: one test passes, and two fail in the right words. */

const folder = join(import.meta.dir, "runners")
const node = [process.env.NODE_BIN].find((path) => path !== undefined && existsSync(path))
const vitest = join(import.meta.dir, "..", "node_modules", "vitest", "vitest.mjs")

const runners: readonly (readonly [name: string, command: readonly string[] | undefined, passed: RegExp])[] = [
  ["bun test", [process.execPath, "test", "./on-bun.ts"], /\b2 pass\n\s*2 fail\b/],
  ["node --test", node === undefined ? undefined : [node, "--test", "on-node.ts"], /pass 2\n[\s\S]*fail 2\n/],
  ["vitest", node === undefined ? undefined : [node, vitest, "run", "--root", folder], /2 failed \| 2 passed/],
]

describe.each(runners)("%s", (name, command, passed) => {
  const isSkipped = command === undefined && process.env.CI !== "true"
  if (isSkipped) console.warn(`skipped: tests under ${name}, as Node is not installed`)
  test.skipIf(isSkipped)(
    "runs tests of apps, and shows what is wrong in one",
    async () => {
      const child = Bun.spawn([...command!], {
        cwd: folder,
        stdin: "ignore",
        stdout: "pipe",
        stderr: "pipe",
        env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined, CI: "true" },
      })
      const output = (await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])).join(
        "",
      )
      expect(await child.exited).toBe(1)
      expect(output).toMatch(passed)
      expect(output).toContain("Expected status 404, got 200")
      expect(output).toContain("Expected status 201, got 422 (HTTP_INVALID)")
      expect(output).toContain("POST /users")
      expect(output).toContain('"pointer": "/name"')
    },
    60_000,
  )
})
