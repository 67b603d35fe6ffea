import { call, wrong } from "./client.js"
import { contract } from "./contract.js"
import { start } from "./server.js"

const server = await start()
if (process.argv.includes("--wrong")) wrong(server.url)
console.log(await call(server.url))
console.log(JSON.stringify(await contract()))
await server.stop(0)
process.exit(0)
