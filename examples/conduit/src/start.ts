/** `npm start`: on PORT, with its data in ./data unless DATABASE_URL says where. */
import { createConduitApp } from "./app.ts"
import { Db } from "./services.ts"
import { readSettings } from "./settings.ts"

const { PORT: port = "4000", HOST: host = "127.0.0.1", DATA_FOLDER: folder = "data" } = process.env
const app = createConduitApp(readSettings(process.env, folder))
await app.services.get(Db) // what is wrong with the database is said now, and not to the first caller
const { url } = await app.listen({ port: Number(port), host, signals: true })
console.log(`Conduit at ${url}/api, the page at ${url}/docs`)
