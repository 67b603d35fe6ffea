import { stat } from "node:fs/promises"
import { join } from "node:path"
import { type App, FileSlice, Reply } from "@ashlar/http"

/** Workload j. */
export function addFiles(app: App, folder: string): void {
  app.get("/static/:name", async (ctx) => {
    const path = join(folder, ctx.params.name)
    const { size } = await stat(path)
    return new Reply(200, new FileSlice({ path, start: 0, end: size, total: size, type: "text/plain;charset=utf-8" }))
  })
}
