import { type Layer, layer } from "@ashlar/http"
import type { RequestMetrics } from "../metrics.ts"

/** Counts every answered request by its route, never by its path: paths are without bound. */
export function observe(metrics: RequestMetrics): Layer {
  return layer({
    name: "observe",
    finish: (ctx, { status, durationMs }) => {
      metrics.observe(ctx.route.path, ctx.route.path === "*" ? "any" : ctx.method, status, durationMs / 1000)
    },
  })
}
