import type { App } from "@ashlar/http"
import { addEvents } from "./events.ts"
import { addFiles } from "./files.ts"
import { addHeaders } from "./headers.ts"
import { addOrders } from "./orders.ts"
import { addSession } from "./session.ts"

/** Workloads g, h, i, j and l. */
export function addMore(app: App, files: string): void {
  addSession(app)
  addHeaders(app)
  addOrders(app)
  addFiles(app, files)
  addEvents(app)
}
