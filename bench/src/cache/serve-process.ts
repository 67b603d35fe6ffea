/** An app with a route that takes 5 ms, the same one with its answers kept, and one that does nothing. */
import { openCache } from "@ashlar/cache"
import { cacheAnswers } from "@ashlar/cache/http"
import { createApp } from "@ashlar/http"

const ITEMS = Array.from({ length: 10 }, (_, id) => ({ id, name: `item ${id}`, price: id * 1.5 }))
const slow = async (): Promise<typeof ITEMS> => {
  await Bun.sleep(5)
  return ITEMS
}

const app = createApp()
const kept = cacheAnswers({ cache: openCache("memory:"), ttl: "1h" })
app.get("/kept", { layers: [kept] }, slow)
app.get("/slow", slow)
app.get("/static", () => ITEMS)
const { url } = await app.listen({ port: 0, host: "127.0.0.1" })
console.log(url)
