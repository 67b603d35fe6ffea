/** Ashlar with the full package's defaults. */
import { readSettings } from "../profile.ts"
import { createBenchApp } from "./ashlar/bench-app.ts"

const settings = readSettings()
const app = await createBenchApp(settings)
await app.listen({ port: settings.port })
