import { afterAll, describe, expect, test } from "bun:test"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

/** The Ashlar half of each part of the guide is run, and holds every piece of the right side of its table. */

const guide = join(import.meta.dir, "..", "..", "..", "docs", "guides", "migrate.md")
const text = readFileSync(guide, "utf8")
// Inside the package, where the programs find what they import.
const built = join(import.meta.dir, "..", "dist")
mkdirSync(built, { recursive: true })
const folder = mkdtempSync(join(built, "migrate-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const parts = text.split(/^## /m).slice(1)
/** What the table says of things that are another package's, or nothing. */
const ELSEWHERE = new Set(["createClient", "@ashlar/client", "body"])
const plain = (code: string): string => code.replace(/\s+/g, "")

describe.each(parts.map((part) => [part.slice(0, part.indexOf("\n")), part] as const))("from %s", (name, part) => {
  const program = /```ts\n([\s\S]*?)```/.exec(part)![1]!
  const rows = [...part.matchAll(/^\| (.+) \| (.+) \|$/gm)].map(([, , right]) => right!).filter((one) => /`/.test(one))
  const pieces = rows.flatMap((one) => [...one.matchAll(/`([^`]+)`/g)].map(([, code]) => code!))

  test("the right side of the table is in the program", () => {
    expect(rows.length).toBeGreaterThanOrEqual(10)
    expect(pieces.filter((one) => !ELSEWHERE.has(one) && !plain(program).includes(plain(one)))).toEqual([])
  })

  test("the program runs", async () => {
    expect(program).toContain("assert.")
    const file = join(folder, `${name}.ts`)
    writeFileSync(file, program)
    const child = Bun.spawn([process.execPath, file], {
      cwd: folder,
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
    })
    const [code, problems] = await Promise.all([child.exited, new Response(child.stderr).text()])
    expect([code, problems]).toEqual([0, ""])
  })
})

test("the guide has a part for each framework, and leads to files that are there", () => {
  expect(parts.map((part) => part.split("\n")[0])).toEqual(["Express", "Fastify", "Hono", "Elysia", "NestJS"])
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link!)
  expect(links.filter((link) => !existsSync(join(dirname(guide), link)))).toEqual([])
})
