import { afterAll, describe, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** Every program of the guide to uploads is run: each ends with what must be true. */

const root = join(import.meta.dir, "..", "..", "..")
const guide = readFileSync(join(root, "docs", "guides", "uploads.md"), "utf8")
const programs = [...guide.matchAll(/^## (.+)$|```ts\n([\s\S]*?)```/gm)].reduce<[string, string][]>(
  (found, [, title, text]) => {
    if (title !== undefined) found.push([title, ""])
    else if (found.at(-1)![1] === "") found.at(-1)![1] = text!
    else found.push([`${found.at(-1)![0]}, more`, text!])
    return found
  },
  [],
)
// Inside the package, where its programs find what they import.
const cache = join(import.meta.dir, "..", "node_modules", ".cache")
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, "uploads-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe("the guide to uploads", () => {
  test.each(programs.filter(([, text]) => text !== ""))("%s", async (title, text) => {
    expect(text).toContain("assert.")
    const file = join(folder, `${title.replace(/\W+/g, "-")}.ts`)
    writeFileSync(file, text)
    const child = Bun.spawn([process.execPath, file], { cwd: folder, stdin: "ignore", stdout: "pipe", stderr: "pipe" })
    const [code, problems] = await Promise.all([child.exited, new Response(child.stderr).text()])
    expect([code, problems]).toEqual([0, ""])
  })

  test("has a program in nearly every chapter", () => {
    expect(programs.filter(([, text]) => text !== "")).toHaveLength(9)
  })
})
