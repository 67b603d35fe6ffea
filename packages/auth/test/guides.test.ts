import { afterAll, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** Every program of the guides is run, in a folder of its own: each ends with what must be true. */

const root = join(import.meta.dir, "..", "..", "..")
const guides = { authentication: 4, mfa: 4 }
const programs = Object.keys(guides).flatMap((guide) => {
  const text = readFileSync(join(root, "docs", "guides", `${guide}.md`), "utf8")
  return [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((match, at) => [guide, at + 1, match[1]!] as const)
})

// Inside the package, where the programs find what they import.
const cache = join(import.meta.dir, "..", "node_modules", ".cache")
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, "guide-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.each(programs)("the guide of %s runs its program %d", async (guide, at, program) => {
  expect(program).toContain("assert.")
  const file = join(folder, `${guide}-${at}.ts`)
  writeFileSync(file, program)
  const child = Bun.spawn([process.execPath, file], { cwd: folder, stdin: "ignore", stdout: "pipe", stderr: "pipe" })
  const [code, problems] = await Promise.all([child.exited, new Response(child.stderr).text()])
  expect([code, problems]).toEqual([0, ""])
})
test("they have as many as they should", () => {
  const counted = Object.fromEntries(
    Object.keys(guides).map((guide) => [guide, programs.filter(([of]) => of === guide).length]),
  )
  expect(counted).toEqual(guides)
})
