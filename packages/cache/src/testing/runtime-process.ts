/** Does once, on whatever runtime this is, what the suites do on Bun: over each URL that it is given. */
import assert from "node:assert/strict"
import { createApp } from "@ashlar/http"
import { cacheAnswers } from "../http/index.ts"
import { openCache } from "../index.ts"
import { openLocks } from "../locks/index.ts"
import { openRateLimits } from "../rate-limits/index.ts"

const { caches, others } = JSON.parse(process.argv[2] ?? "{}") as { caches: string[]; others: string[] }
const own = crypto.randomUUID()

for (const url of caches) {
  const cache = openCache(url).namespace(own)
  const value = { at: new Date(0), bytes: new Uint8Array([1, 255]), map: new Map([["a", 1n]]), none: undefined }
  await cache.set("value", value, { ttl: "1h", tags: [own] })
  assert.deepEqual(await cache.get("value"), value, url)
  let makes = 0
  const make = async (): Promise<string> => {
    await new Promise((done) => setTimeout(done, 10))
    return `made ${++makes}`
  }
  const asked = await Promise.all([1, 2, 3].map(() => cache.remember("made", { ttl: "1h", tags: [own] }, make)))
  assert.deepEqual(asked, ["made 1", "made 1", "made 1"], url)
  await cache.invalidate(own)
  assert.deepEqual([await cache.get("value"), await cache.remember("made", "1h", make)], [undefined, "made 2"], url)
  await cache.flush()
  await cache.close()
}

for (const url of others) {
  const locks = openLocks(url)
  let inside = 0
  const fences: number[] = []
  const work = ({ fence }: { readonly fence: number }): number => {
    assert.equal(++inside, 1)
    inside--
    return fences.push(fence)
  }
  await Promise.all([1, 2, 3].map(() => locks.with(own, { wait: "20s" }, work)))
  assert.deepEqual(
    fences,
    [...new Set(fences)].toSorted((a, b) => a - b),
    url,
  )
  await locks.close()
  const limits = openRateLimits(url)
  const limit = limits.slidingWindow(own, { limit: 2, window: "1h" })
  const taken = await Promise.all([1, 2, 3, 4].map(() => limit.take("k")))
  assert.equal(taken.filter(({ allowed }) => allowed).length, 2, url)
  await limits.close()
}

let calls = 0
const app = createApp()
app.get("/", { layers: [cacheAnswers({ cache: openCache("memory:"), ttl: "1h" })] }, () => ({ calls: ++calls }))
const { url } = await app.listen({ port: 0, host: "127.0.0.1" })
for (let at = 0; at < 3; at++) {
  const answer = await fetch(url)
  assert.deepEqual(
    [await answer.json(), answer.headers.get("content-type")?.slice(0, 16)],
    [{ calls: 1 }, "application/json"],
  )
}
const etag = (await fetch(url)).headers.get("etag")!
assert.equal((await fetch(url, { headers: { "if-none-match": etag } })).status, 304)
await app.stop()
console.log("all is well")
process.exit(0)
