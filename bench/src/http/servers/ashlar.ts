/** Ashlar with the full package's defaults. */
import { readSettings } from "../profile.ts"
import { createBenchApp } from "./ashlar/bench-app.ts"

const settings = readSettings()
await createBenchApp(settings).listen({ port: settings.port })
