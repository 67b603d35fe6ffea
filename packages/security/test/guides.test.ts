import { afterAll, describe, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** Every program of the guides is run, in a folder of its own: each ends with what must be true. */

const root = join(import.meta.dir, "..", "..", "..")
const guides = [
  ["security", 10],
  ["compliance", 3],
] as const

// Inside the package, where the programs find what they import.
const cache = join(import.meta.dir, "..", "node_modules", ".cache")
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, "guide-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each(guides)("the guide of %s", (guide, count) => {
  const text = readFileSync(join(root, "docs", "guides", `${guide}.md`), "utf8")
  const programs = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((match, at) => [at + 1, match[1]!] as const)

  test.each(programs)("runs its program %d", async (at, program) => {
    expect(program).toContain("assert.")
    const own = join(folder, `${guide}-${at}`)
    mkdirSync(own)
    writeFileSync(join(own, "program.ts"), program)
    const child = Bun.spawn([process.execPath, "program.ts"], {
      cwd: own,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    })
    const [code, problems] = await Promise.all([child.exited, new Response(child.stderr).text()])
    expect([code, problems]).toEqual([0, ""])
  })
  test("has as many as it should", () => expect(programs).toHaveLength(count))
})
