import { serve } from "@hono/node-server"
import { readSettings } from "../profile.ts"
import { createHono, withoutPrefix } from "./hono-app.ts"

const { port, profile, files } = readSettings()
const app = await createHono(profile, async () => {
  const { serveStatic } = await import("@hono/node-server/serve-static")
  return serveStatic({ root: files, rewriteRequestPath: withoutPrefix })
})
serve({ fetch: app.fetch, port, hostname: "127.0.0.1" })
