import { afterAll, describe, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** A folder inside a package, where programs find what the package imports; it goes when the tests end. */
export function temporaryHome(packageFolder: string): string {
  const cache = join(packageFolder, "node_modules", ".cache")
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, "test-"))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/**
 * Tests guides of `docs/guides`: every program in them is run, as a process of its own, and ends with what must be true.
 *
 * @param packageFolder Where the programs find what they import.
 * @param guides How many programs each guide has, by its name.
 */
export function testGuides(packageFolder: string, guides: Readonly<Record<string, number>>): void {
  const home = temporaryHome(packageFolder)
  describe.each(Object.entries(guides))("the guide of %s", (guide, count) => {
    const text = readFileSync(join(import.meta.dir, "..", "..", "..", "..", "docs", "guides", `${guide}.md`), "utf8")
    const programs = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((match, at) => [at + 1, match[1]!] as const)

    test.each(programs)("runs its program %d", async (at, program) => {
      expect(program).toContain("assert.")
      const cwd = join(home, `${guide}-${at}`)
      mkdirSync(cwd)
      writeFileSync(join(cwd, "guide.ts"), program)
      const child = Bun.spawn([process.execPath, "guide.ts"], { cwd, stdin: "ignore", stdout: "pipe", stderr: "pipe" })
      const [code, problems] = await Promise.all([child.exited, new Response(child.stderr).text()])
      expect([code, problems]).toEqual([0, ""])
    })
    test("has as many as it should", () => expect(programs).toHaveLength(count))
  })
}
