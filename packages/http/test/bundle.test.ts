import { afterAll, expect, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** What is in the bundle of an app: an engine reads all of it at the start, 25 µs for each kilobyte. */

const folder = mkdtempSync(join(tmpdir(), "ashlar-bundle-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function bundle(target: "bun" | "node"): Promise<string> {
  const source = join(folder, `${target}.ts`)
  const [http, validation] = ["../src/index.ts", "../../validation/src/index.ts"].map((path) =>
    JSON.stringify(join(import.meta.dir, path)),
  )
  writeFileSync(
    source,
    `import { createApp } from ${http}
import { v } from ${validation}
const app = createApp()
app.post("/", { body: v.object({ name: v.string() }) }, (ctx) => ctx.body)
await app.listen({ port: 0 })
`,
  )
  const built = await Bun.build({ entrypoints: [source], target, format: "esm" })
  expect(built.success).toBe(true)
  return await built.outputs[0]!.text()
}

test("a bundle for Bun has Bun's adapter only, and nothing in it is made later than at the start", async () => {
  const text = await bundle("bun")
  expect(text).toContain("function listenBun")
  expect(text).not.toMatch(/function listen(?:Node|Deno)/)
  expect(text).not.toContain("__esm(")
})

test("a bundle for Node, which Deno may run too, has all adapters", async () => {
  const text = await bundle("node")
  for (const listen of ["listenBun", "listenDeno", "listenNode"]) expect(text).toContain(`function ${listen}`)
})

test.each(["bun", "node"] as const)("a bundle for %s has no language that nobody asks for", async (target) => {
  const text = await bundle(target)
  expect(text).toContain("src/locales/en.ts")
  expect(text).not.toContain("src/locales/de.ts")
})
