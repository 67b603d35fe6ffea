/** Stores and reads so many bytes, and says how much memory it had at most beyond what it began with. */
import { openStorage } from "../index.ts"

const [url = "", mebibytes = "0"] = process.argv.slice(2)
const storage = openStorage(url)
await storage.put("warm", new Uint8Array(1_000_000))
const MiB = 1024 * 1024
const before = process.memoryUsage.rss()
let most = before
const watch = setInterval(() => {
  most = Math.max(most, process.memoryUsage.rss())
}, 20)
async function* source(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < Number(mebibytes); at++) yield new Uint8Array(MiB).fill(at)
}
const { sizeBytes, sha256 } = await storage.put("large", source())
const { body } = await storage.stream("large", { verify: true })
let read = 0
for await (const chunk of body) read += chunk.length
clearInterval(watch)
console.log(JSON.stringify({ sizeBytes, sha256, read, grownMiB: Math.round((most - before) / MiB) }))
await storage.delete(["large", "warm"])
process.exit(0)
