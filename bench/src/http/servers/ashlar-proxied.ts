/** Ashlar where something in front of it ends slow and silent clients, as `raw` lets them be. */
import { readSettings } from "../profile.ts"
import { createBenchApp } from "./ashlar/bench-app.ts"

const settings = readSettings()
await createBenchApp(settings).listen({ port: settings.port, idleTimeoutSeconds: 0 })
