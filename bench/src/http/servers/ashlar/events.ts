import type { App } from "@ashlar/http"
import { events, type ServerEvent } from "@ashlar/http/sse"
import { EVENTS } from "../../profile.ts"

/** Workload l. */
export function addEvents(app: App): void {
  app.get("/events", (ctx) => events(ctx, numbers()))
}

async function* numbers(): AsyncGenerator<ServerEvent> {
  for (let n = 0; n < EVENTS; n++) yield { id: n, data: { n } }
}
