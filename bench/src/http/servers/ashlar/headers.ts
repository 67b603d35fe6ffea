import type { App } from "@ashlar/http"
import { HEADERS, HEADERS_IN, HEADERS_OUT } from "../../profile.ts"

/** Workload h: twenty headers in, twenty out. */
export function addHeaders(app: App): void {
  app.get("/headers", (ctx) => {
    for (let at = 0; at < HEADERS; at++) ctx.set(HEADERS_OUT[at]!, ctx.headers.get(HEADERS_IN[at]!) ?? "")
    return "ok"
  })
}
