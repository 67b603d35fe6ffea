/** One of several processes of `processes.test.ts`: asks for one value when it is told to. */
import { createInterface } from "node:readline"
import { openCache } from "../index.ts"

const [url = "", key = ""] = process.argv.slice(2)
const cache = openCache(url, { pollEvery: "20ms" })
await cache.ready()
const ask = () =>
  cache.remember(key, { ttl: "1h", tags: [`${key} tag`] }, async () => {
    await new Promise((done) => setTimeout(done, 50))
    return `made by ${process.pid}`
  })
console.log("ready")
for await (const line of createInterface({ input: process.stdin }))
  console.log(line === "ask" ? await ask() : ((await cache.get<string>(key)) ?? "nothing"))
await cache.close()
