import { afterAll, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** Every program of the guides to the client and to procedures is run beside the app that it names: each ends with what must be true. */

const guides = join(import.meta.dir, "..", "..", "..", "docs", "guides")
const text = ["client.md", "rpc.md"].map((name) => readFileSync(join(guides, name), "utf8")).join("\n")
const blocks = [...text.matchAll(/^## (.+)$|```ts(?: file=(\S+))?\n([\s\S]*?)```/gm)]

// Inside the package, where the programs find what they import.
const cache = join(import.meta.dir, "..", "node_modules", ".cache")
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, "guide-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const programs: [string, string][] = []
let chapter = ""
for (const [, title, file, program] of blocks) {
  if (title !== undefined) chapter = title
  else if (file !== undefined) writeFileSync(join(folder, file), program!)
  else programs.push([chapter, program!])
}

test.each(programs)("the guide runs its program of %s", async (title, program) => {
  expect(program).toContain("assert.")
  const file = join(folder, `${title.replace(/\W+/g, "-")}.ts`)
  writeFileSync(file, program)
  const child = Bun.spawn([process.execPath, file], { stdin: "ignore", stdout: "pipe", stderr: "pipe" })
  const [code, problems] = await Promise.all([child.exited, new Response(child.stderr).text()])
  expect([code, problems]).toEqual([0, ""])
})

test("the types of the guide are right", async () => {
  const root = join(import.meta.dir, "..", "..", "..")
  const config = {
    extends: join(root, "tsconfig.base.json"),
    compilerOptions: {
      composite: false,
      noEmit: true,
      emitDeclarationOnly: false,
      declaration: false,
      isolatedDeclarations: false,
      rootDir: root,
    },
    include: ["*.ts"],
  }
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config))
  const tsc = Bun.spawn([join(root, "node_modules", ".bin", "tsc"), "-p", folder], { stdout: "pipe", stderr: "pipe" })
  expect(await new Response(tsc.stdout).text()).toBe("")
}, 60_000)

test("the guide has as many as it should", () => expect(programs).toHaveLength(9))
