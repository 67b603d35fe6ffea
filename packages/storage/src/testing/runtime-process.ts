/** Does once, on whatever runtime this is, what the suites do on Bun: over each URL that it is given. */
import assert from "node:assert/strict"
import { createApp } from "@ashlar/http"
import { storageRoutes } from "../http/index.ts"
import { openStorage } from "../index.ts"

const { urls } = JSON.parse(process.argv[2] ?? "{}") as { urls: string[] }
const own = crypto.randomUUID()
const bytes = new Uint8Array(11_000_000).map((_, at) => at % 251)

for (const url of urls) {
  const root = openStorage(url)
  const storage = root.at(own)
  const { etag } = await storage.put("a ü/x.txt", "text", { metadata: { who: "Ünal" }, ifNoneMatch: "*" })
  await assert.rejects(storage.put("a ü/x.txt", "2", { ifNoneMatch: "*" }), { code: "STORAGE_PRECONDITION_FAILED" })
  const second = await storage.put("a ü/x.txt", "text 2", { metadata: { who: "Ünal" }, ifMatch: etag })
  const found = (await storage.head("a ü/x.txt"))!
  assert.deepEqual([found.metadata, found.etag, found.sizeBytes], [{ who: "Ünal" }, second.etag, 6], url)
  await storage.put("large", new Blob([bytes]).stream())
  assert.deepEqual(Buffer.compare(await storage.get("large", { verify: true }), bytes), 0, url)
  assert.deepEqual([...(await storage.get("large", { range: { start: 250, end: 253 } }))], [250, 0, 1], url)
  const { body } = await storage.stream("large")
  await body.cancel()
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield bytes
    throw new RangeError("broken")
  }
  await assert.rejects(storage.put("broken", broken()), { message: "broken" })
  await storage.move("large", "moved")
  const page = await storage.list({ delimiter: "/" })
  assert.deepEqual([page.objects.map(({ key }) => key), page.prefixes], [["moved"], ["a ü/"]], url)
  await storage.delete(["moved", "a ü/x.txt"])
  assert.deepEqual((await storage.list()).objects, [], url)
  await root.close()
}

const app = createApp()
const signing = { secret: "a secret of thirty-two characters or more", baseUrl: "http://127.0.0.1:1/files" }
const served = openStorage("memory:", { signing })
app.scope("/files", storageRoutes({ storage: served }))
const { url } = await app.listen({ port: 0, host: "127.0.0.1" })
const here = (address: string): string => address.replace("http://127.0.0.1:1", url.replace(/\/$/, ""))
const put = await fetch(here(await served.signedUrl("x.txt", { method: "PUT" })), { method: "PUT", body: "0123456789" })
assert.equal(put.status, 200)
const part = await fetch(here(await served.signedUrl("x.txt")), { headers: { range: "bytes=2-4" } })
assert.deepEqual([part.status, await part.text(), part.headers.get("content-length")], [206, "234", "3"])
assert.equal((await fetch(here(`${await served.signedUrl("x.txt")}x`))).status, 403)
await app.stop()
console.log("all is well")
process.exit(0)
