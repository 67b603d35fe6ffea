import { afterAll, describe, expect, test } from "bun:test"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

/** Every program of the guides to routing, layers, errors, validation and queries is run: each ends with what must be true. */

const guides = join(import.meta.dir, "..", "..", "..", "docs", "guides")
// Inside the package, where programs find what they import, and as somebody's own code.
const built = join(import.meta.dir, "..", "dist")
mkdirSync(built, { recursive: true })
const folder = mkdtempSync(join(built, "guides-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each([
  ["routing", 10],
  ["layers", 6],
  ["errors", 7],
  ["validation", 11],
  ["queries", 4],
])("the guide to %s", (name, count) => {
  const text = readFileSync(join(guides, `${name}.md`), "utf8")
  const programs: [string, string][] = []
  let chapter = ""
  for (const [, title, file, program] of text.matchAll(/^## (.+)$|```ts(?: file=(\S+))?\n([\s\S]*?)```/gm)) {
    if (title !== undefined) chapter = title
    else if (file !== undefined) writeFileSync(join(folder, file), program!)
    else programs.push([chapter, program!])
  }

  test.each(programs)("%s", async (title, program) => {
    expect(program).toContain("assert.")
    const file = join(folder, `${title.replace(/\W+/g, "-")}.ts`)
    writeFileSync(file, program)
    const child = Bun.spawn([process.execPath, file], { cwd: folder, stdin: "ignore", stdout: "pipe", stderr: "pipe" })
    const [code, problems] = await Promise.all([child.exited, new Response(child.stderr).text()])
    expect([code, problems]).toEqual([0, ""])
  })

  test("has a program in nearly every chapter", () => {
    expect(programs).toHaveLength(count)
  })

  test("leads to files that are there", () => {
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link!)
    expect(links.filter((link) => !existsSync(join(dirname(join(guides, name)), link)))).toEqual([])
  })
})
