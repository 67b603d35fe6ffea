/** `npm start`: on PORT, in front of ORIGIN. Runs as it is on Bun, Node and Deno. */
import { createProxy } from "./app.ts"

const { ORIGIN: origin, CACHE_URL: cacheUrl, PORT: port = "3000", HOST: host = "127.0.0.1" } = process.env
if (origin === undefined) {
  console.error("Say in ORIGIN what to stand in front of: ORIGIN=http://127.0.0.1:8080 npm start")
  process.exit(2)
}
const app = createProxy({ origin, ...(cacheUrl !== undefined && { cacheUrl }) })
const { url } = await app.listen({ port: Number(port), host, signals: true })
console.log(`Proxy at ${url}, in front of ${new URL(origin).origin}`)
