import type { App } from "@ashlar/http"
import { ROUTES, routePath, WIDE_ROUTES, widePath } from "../../profile.ts"

/** Workload f. */
export function addRoutes(app: App): void {
  for (let r = 0; r < ROUTES; r++) app.get(routePath(r), (ctx) => ({ r, id: ctx.params.id }))
}

/** Workload k. */
export function addWideRoutes(app: App): void {
  for (let r = 0; r < WIDE_ROUTES; r++) app.get(widePath(r), ({ params: { a, b, c, d } }) => ({ r, a, b, c, d }))
}
