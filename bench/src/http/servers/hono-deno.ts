import { readSettings } from "../profile.ts"
import type { DenoRuntime } from "./deno.ts"
import { createHono, withoutPrefix } from "./hono-app.ts"

const { Deno: deno } = globalThis as unknown as { Deno: DenoRuntime }
const { port, profile, files } = readSettings()
const app = await createHono(profile, async () => {
  const { serveStatic } = await import("hono/deno")
  return serveStatic({ root: files, rewriteRequestPath: withoutPrefix })
})
deno.serve({ port, hostname: "127.0.0.1", onListen: () => undefined }, (request) => app.fetch(request))
