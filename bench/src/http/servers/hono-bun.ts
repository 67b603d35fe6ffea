import { readSettings } from "../profile.ts"
import { createHono, withoutPrefix } from "./hono-app.ts"

const { port, profile, files } = readSettings()
const app = await createHono(profile, async () => {
  const { serveStatic } = await import("hono/bun")
  return serveStatic({ root: files, rewriteRequestPath: withoutPrefix })
})
Bun.serve({ port, hostname: "127.0.0.1", fetch: app.fetch })
