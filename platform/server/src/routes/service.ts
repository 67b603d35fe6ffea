import { describeRoute } from "@ashlar/openapi"
import { Capabilities, Health } from "@ashlar/protocol"
import type { Api } from "../layers/caller.ts"
import type { Entries } from "../layers/entry.ts"
import { sampleLines } from "../metrics.ts"
import type { Platform } from "../platform.ts"

/** Health, metrics, capabilities. */
export function addServiceRoutes(app: Api, platform: Platform, { open }: Entries): void {
  const tags = ["service"]

  app.get(
    "/health/live",
    {
      name: "health.live",
      tags,
      summary: "The process answers",
      layers: [open],
      response: Health,
    },
    () => ({ status: "ok" as const, checks: {} }),
  )

  app.get(
    "/health/ready",
    {
      name: "health.ready",
      tags,
      summary: "Every part works; 503 when one does not, or when the server drains",
      layers: [open],
      response: { 200: Health, 503: Health },
    },
    async (ctx) => {
      const health = await platform.health()
      return health.status === "ok" ? ctx.json(health, 200) : ctx.json(health, 503)
    },
  )

  app.get(
    "/metrics",
    {
      name: "metrics",
      tags,
      summary: "Metrics in Prometheus' text format",
      layers: [open],
      meta: describeRoute({
        responses: { 200: { description: "Samples", content: { "text/plain": { type: "string" } } } },
      }),
    },
    () => {
      const lines = [...platform.requestMetrics.lines(), ...sampleLines(platform.samples())]
      return new Response(`${lines.join("\n")}\n`, {
        headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
      })
    },
  )

  app.get(
    "/v1/capabilities",
    {
      name: "capabilities",
      tags,
      summary: "What this install can do, with its drivers and limits",
      layers: [open],
      response: Capabilities,
    },
    () => platform.capabilities(),
  )
}
