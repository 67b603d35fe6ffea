import { afterAll, describe, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** Every program of these guides is run, in a folder of its own: each ends with what must be true. */
const GUIDES: readonly (readonly [guide: string, programs: number])[] = [
  ["streaming.md", 5],
  ["answers.md", 6],
]

const root = join(import.meta.dir, "..", "..", "..", "..")
// Inside the package, where the programs find what they import.
const cache = join(import.meta.dir, "..", "..", "node_modules", ".cache")
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, "answers-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each(GUIDES)("the guide %s", (guide, count) => {
  const text = readFileSync(join(root, "docs", "guides", guide), "utf8")
  const programs = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((match, at) => [at + 1, match[1]!] as const)

  test.each(programs)("runs its program %d", async (at, program) => {
    expect(program).toContain("assert.")
    const own = join(folder, `${guide}-${at}`)
    mkdirSync(own)
    writeFileSync(join(own, "guide.ts"), program)
    const options = { cwd: own, stdin: "ignore", stdout: "pipe", stderr: "pipe" } as const
    const child = Bun.spawn([process.execPath, "guide.ts"], options)
    const [code, problems] = await Promise.all([child.exited, new Response(child.stderr).text()])
    expect([code, problems]).toEqual([0, ""])
  })
  test("has as many as it should", () => expect(programs.length).toBe(count))
})
