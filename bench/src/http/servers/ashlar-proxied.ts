/** Ashlar where something in front of it ends slow and silent clients, as `raw` lets them be. */
import { readSettings } from "../profile.ts"
import { createBenchApp } from "./ashlar/bench-app.ts"

const settings = readSettings()
const app = await createBenchApp(settings)
await app.listen({ port: settings.port, idleTimeoutSeconds: 0 })
