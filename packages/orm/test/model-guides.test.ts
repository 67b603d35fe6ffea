/** Every program of the guides to models and relations is run on every database, with the files that stand before it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { ownDatabases } from "./databases.ts"

const guides = join(import.meta.dir, "..", "..", "..", "docs", "guides")
// Inside the package, where programs find what they import.
const built = join(import.meta.dir, "..", "dist")
mkdirSync(built, { recursive: true })

const pages: readonly (readonly [name: string, programs: number])[] = [
  ["models", 5],
  ["relations", 5],
  ["from-other-orms", 1],
]

/** Programs of a page with their chapters, and files that it names in the first line. */
function blocksOf(text: string): { chapter: string; file: string | undefined; source: string }[] {
  const blocks: { chapter: string; file: string | undefined; source: string }[] = []
  let chapter = ""
  for (const [, title, source = ""] of text.matchAll(/^## (.+)$|```ts\n([\s\S]*?)```/gm)) {
    if (title !== undefined) chapter = title
    else blocks.push({ chapter, file: /^\/\/ (\S+\.ts)\n/.exec(source)?.[1], source })
  }
  return blocks
}

for (const [page, count] of pages) {
  const text = readFileSync(join(guides, `${page}.md`), "utf8")
  const all = await ownDatabases()

  describe.each(all)(`${page}.md on $name`, ({ url, make, drop }) => {
    const folder = mkdtempSync(join(built, `${page}-guide-`))
    beforeAll(make)
    afterAll(async () => {
      rmSync(folder, { recursive: true, force: true })
      await drop()
    })

    test("each program ends with what must be true, after those before it", async () => {
      let programs = 0
      for (const { chapter, file, source } of blocksOf(text)) {
        const path = join(folder, file ?? `${chapter.replace(/\W+/g, "-")}.ts`)
        mkdirSync(dirname(path), { recursive: true })
        writeFileSync(path, source)
        if (file !== undefined) continue
        expect(source).toContain("assert.")
        const env = { ...process.env, DATABASE_URL: url }
        const child = Bun.spawn([process.execPath, path], { cwd: folder, env, stdin: "ignore", stderr: "pipe" })
        const [code, problems] = await Promise.all([child.exited, new Response(child.stderr).text()])
        expect([chapter, code, problems]).toEqual([chapter, 0, ""])
        programs++
      }
      expect(programs).toBe(count)
    }, 120_000)
  })

  test(`${page}.md leads to files that are there`, () => {
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link!)
    expect(links.filter((link) => !existsSync(join(guides, link)))).toEqual([])
  })
}
