import { afterAll, expect, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** What an app on Node loads before its first answer: undici, behind `Response` and `Headers`, is 30 ms and 18 MB. */

const node = process.env.NODE_BIN ?? Bun.which("node")
const folder = mkdtempSync(join(tmpdir(), "ashlar-node-start-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test("no web-standard object is loaded on Node for a small app", async () => {
  expect(node).toBeTruthy()
  const source = join(folder, "app.ts")
  writeFileSync(
    source,
    `import { createApp, layer, requestIds } from ${JSON.stringify(join(import.meta.dir, "../src/index.ts"))}
const plain = layer({ name: "plain", headers: { "x-a": "1" } })
const app = createApp({ layers: [plain, requestIds] })
app.get("/", () => ({ a: 1 }))
app.post("/", async (ctx) => ctx.json(await ctx.read("json"), 201))
app.get("/gone", () => null)
const server = await app.listen({ port: 0 })
const http = process.getBuiltinModule("node:http")
const ask = (path, method = "GET", body = "") => new Promise((resolve) => {
  const request = http.request(server.url + path, { method, headers: body && { "content-type": "application/json" } }, (answer) => {
    answer.resume().on("end", () => resolve(answer.statusCode))
  })
  request.end(body)
})
const statuses = [await ask("/"), await ask("/", "POST", "{}"), await ask("/gone"), await ask("/nowhere"), await ask("/", "POST", "{")]
console.log(JSON.stringify({ statuses, undici: process.moduleLoadList.filter((name) => name.includes("undici")) }))
process.exit(0)
`,
  )
  const built = await Bun.build({ entrypoints: [source], target: "node", outdir: folder, naming: "app.mjs" })
  expect(built.success).toBe(true)
  const child = Bun.spawn([node as string, join(folder, "app.mjs")], { stdout: "pipe", stderr: "inherit" })
  const told = JSON.parse(await new Response(child.stdout).text()) as { statuses: number[]; undici: string[] }
  expect(told.statuses).toEqual([200, 201, 204, 404, 400])
  expect(told.undici).toEqual([])
}, 20_000)
