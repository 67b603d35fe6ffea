import { afterAll, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** Every program of the guide is run, in a folder of its own: each ends with what must be true. */

const root = join(import.meta.dir, "..", "..", "..")
const text = readFileSync(join(root, "docs", "guides", "testing.md"), "utf8")
// Inside the package, where the programs find what they import.
const built = join(import.meta.dir, "..", "dist")
mkdirSync(built, { recursive: true })
const folder = mkdtempSync(join(built, "guide-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const programs: [string, string][] = []
let chapter = ""
for (const [, title, file, program] of text.matchAll(/^## (.+)$|```ts(?: file=(\S+))?\n([\s\S]*?)```/gm)) {
  if (title !== undefined) chapter = title
  else if (file !== undefined) writeFileSync(join(folder, file), program!)
  else programs.push([chapter, program!])
}

async function run(...command: string[]): Promise<[code: number, problems: string]> {
  const child = Bun.spawn([process.execPath, ...command], {
    cwd: folder,
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  })
  return Promise.all([child.exited, new Response(child.stderr).text()])
}

test.each(programs)("the guide runs its program: %s", async (title, program) => {
  expect(program).toContain("assert.")
  const file = `${title.replace(/\W+/g, "-")}.ts`
  writeFileSync(join(folder, file), program)
  const [code, problems] = await run(file)
  // What the app reports of the errors that a program provokes is on standard error too.
  expect([code, code === 0 ? "" : problems]).toEqual([0, ""])
})
test("the guide has as many as it should", () => expect(programs).toHaveLength(6))

test("the guide's template is a test file that passes", async () => {
  const app = `import { createApp, errors, fail } from "@ashlar/http"
    const app = createApp()
    app.get("/users/:id", { errors: [errors.NotFound] }, (ctx) => ctx.params.id === "1" ? { id: "1" } : fail(errors.NotFound))
    export default app`
  writeFileSync(join(folder, "users-app.ts"), app)
  const [code, output] = await run("test", "./users-template.test.ts")
  expect(output).toMatch(/\b3 pass\n/)
  expect(code).toBe(0)
})
