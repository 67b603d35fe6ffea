import type { App } from "@ashlar/http"
import { serveFolder } from "@ashlar/http/files"

/** Workload j. */
export function addFiles(app: App, folder: string): void {
  app.get("/static/*path", serveFolder(folder))
}
