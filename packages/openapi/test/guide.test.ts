import { afterAll, describe, expect, test } from "bun:test"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** Every program of the guide to OpenAPI is run: each ends with what must be true. */

const guides = join(import.meta.dir, "..", "..", "..", "docs", "guides")
// Inside the package, where programs find what they import.
const built = join(import.meta.dir, "..", "dist")
mkdirSync(built, { recursive: true })
const folder = mkdtempSync(join(built, "guide-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe("the guide to OpenAPI", () => {
  const text = readFileSync(join(guides, "openapi.md"), "utf8")
  const programs: [string, string][] = []
  let chapter = ""
  for (const [, title, program] of text.matchAll(/^## (.+)$|```ts\n([\s\S]*?)```/gm)) {
    if (title !== undefined) chapter = title
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
    expect(programs).toHaveLength(6)
  })

  test("leads to files that are there", () => {
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link!)
    expect(links.filter((link) => !existsSync(join(guides, link)))).toEqual([])
  })
})
