/** `npm start`: the atlas on PORT, with its data in ./data. */
import { join } from "node:path"
import { ATLAS_FOLDER, startAtlas } from "./atlas.ts"

const atlas = await startAtlas({
  port: Number(process.env.PORT ?? 4000),
  data: join(ATLAS_FOLDER, "data"),
  consoleFolder: join(ATLAS_FOLDER, "..", "..", "apps", "console", "dist"),
  credentialsFile: join(ATLAS_FOLDER, ".ashlar", "credentials.json"),
})
const { url, credentials } = atlas
const { email, password, secretKey, publishableKey } = credentials

console.log(`
${atlas.isNew ? "Made for you, and kept in .ashlar/credentials.json:" : "From .ashlar/credentials.json:"}
  administrator    ${email}  ${password}
  secret key       ${secretKey}
  publishable key  ${publishableKey}

Look at it: ${url}

Try, from the same source in two runtimes:
  curl '${url}/f/atlas/atlas-bun/region/Europe?minArea=300000'
  curl '${url}/f/atlas/atlas-quickjs/neighbours/CHE'
  curl '${url}/f/atlas/atlas-bun/totals'

The documents themselves take the secret key:
  curl -H 'Authorization: Bearer ${secretKey}' '${url}/v1/projects/self/collections/countries/documents?select=name.common&sort=-area&limit=5'

Stop with Ctrl-C.`)

const stop = Promise.withResolvers<void>()
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.resolve())
await stop.promise
await atlas.stop()
process.exit(0)
