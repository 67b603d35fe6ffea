import { call, wrong } from "./client.js"
import { start } from "./server.js"

const server = await start()
if (process.argv.includes("--wrong")) wrong(server.url)
console.log(await call(server.url))
await server.stop(0)
process.exit(0)
