import { afterAll, beforeAll, expect, test } from "bun:test"
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** What an app may spend on this client, minified. It was 21.6 kB once users of apps had second factors. */
const MAX_BUNDLE_BYTES = 23_000

const folder = mkdtempSync(join(tmpdir(), "ashlar-sdk-"))
const bundle = join(folder, "sdk.mjs")

beforeAll(async () => {
  const entrypoints = [join(import.meta.dir, "index.ts")]
  const { outputs } = await Bun.build({ entrypoints, target: "browser", format: "esm", minify: true })
  await Bun.write(bundle, await outputs[0]!.text())
})

afterAll(() => rmSync(folder, { recursive: true }))

test("the client is one small module that needs nothing", async () => {
  expect(statSync(bundle).size).toBeLessThan(MAX_BUNDLE_BYTES)
  const { imports } = new Bun.Transpiler({ loader: "js" }).scan(await Bun.file(bundle).text())
  expect(imports).toEqual([])
})

const script = `
  import { createServer } from "node:http"
  import { createAshlar } from "./sdk.mjs"
  const server = createServer((request, response) => {
    let body = ""
    request.on("data", (chunk) => (body += chunk)).on("end", () => {
      const isQuery = request.url.endsWith("/query")
      response.setHeader("content-type", isQuery ? "application/json" : "text/plain")
      response.end(isQuery ? '{"items":[{"id":"a"}],"next":null}' : request.method + " " + body)
    })
  })
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready))
  const url = "http://127.0.0.1:" + server.address().port
  const ashlar = createAshlar({ url, key: "ak_secret_a_b", retries: 0 })
  const found = await ashlar.collection("x").where({ a: 1 }).all()
  const stream = new Blob(["streamed"]).stream()
  const answer = await ashlar.functions.invoke("f", { method: "PUT", body: stream })
  const text = await answer.text()
  await new Promise((closed) => (server.close(closed), server.closeAllConnections()))
  const { code } = await ashlar.collection("x").get("a").catch((error) => error)
  console.log(JSON.stringify({ found: found.length, text, code }))
`

test("it works in Node as it does in Bun", async () => {
  writeFileSync(join(folder, "try.mjs"), script)
  for (const runtime of ["node", "bun"]) {
    const { stdout, stderr } = Bun.spawnSync([runtime, "try.mjs"], { cwd: folder })
    expect({ runtime, stderr: stderr.toString() }).toEqual({ runtime, stderr: "" })
    expect(JSON.parse(stdout.toString())).toEqual({ found: 1, text: "PUT streamed", code: "SDK_UNREACHABLE" })
  }
})
