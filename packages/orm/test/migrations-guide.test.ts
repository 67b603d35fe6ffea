/** Every program of the guide to migrations is run on every database, with the files that stand before it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { ownDatabases } from "./databases.ts"

const guides = join(import.meta.dir, "..", "..", "..", "docs", "guides")
const text = readFileSync(join(guides, "migrations.md"), "utf8")
// Inside the package, where programs find what they import.
const built = join(import.meta.dir, "..", "dist")
mkdirSync(built, { recursive: true })
const all = await ownDatabases()

interface Block {
  readonly chapter: string
  /** A file that the page names in the first line, or a program to run. */
  readonly file: string | undefined
  readonly source: string
}

const blocks: Block[] = []
let chapter = ""
for (const [, title, source = ""] of text.matchAll(/^## (.+)$|```ts\n([\s\S]*?)```/gm)) {
  if (title !== undefined) chapter = title
  else blocks.push({ chapter, file: /^\/\/ (\S+\.ts)\n/.exec(source)?.[1], source })
}

describe.each(all)("the guide to migrations on $name", ({ url, make, drop }) => {
  const folder = mkdtempSync(join(built, "migrations-guide-"))
  beforeAll(make)
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true })
    await drop()
  })

  test("each program ends with what must be true, after those before it", async () => {
    let programs = 0
    for (const { chapter, file, source } of blocks) {
      const path = join(folder, file ?? `${chapter.replace(/\W+/g, "-")}.ts`)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, source)
      if (file !== undefined) continue
      expect(source).toContain("assert.")
      const env = { ...process.env, DATABASE_URL: url }
      const child = Bun.spawn([process.execPath, path], {
        cwd: folder,
        env,
        stdin: "ignore",
        stdout: "pipe",
        stderr: "pipe",
      })
      const [code, problems] = await Promise.all([child.exited, new Response(child.stderr).text()])
      expect([chapter, code, problems]).toEqual([chapter, 0, ""])
      programs++
    }
    expect(programs).toBe(5)
  }, 60_000)
})

test("leads to files that are there", () => {
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link!)
  expect(links.filter((link) => !existsSync(join(guides, link)))).toEqual([])
})
