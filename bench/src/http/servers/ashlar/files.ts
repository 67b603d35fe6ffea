import { readFile } from "node:fs/promises"
import { join } from "node:path"
import type { App } from "@ashlar/http"

/** Workload j. */
export function addFiles(app: App, folder: string): void {
  app.get("/static/:name", async (ctx) => {
    const bytes = await readFile(join(folder, ctx.params.name))
    return new Response(bytes, { headers: { "content-type": "text/plain; charset=utf-8" } })
  })
}
