import { type App, Reply } from "@ashlar/http"
import { EVENTS } from "../../profile.ts"

/** Workload l. */
export function addEvents(app: App): void {
  app.get("/events", () => new Reply(200, events(), "text/event-stream"))
}

async function* events(): AsyncGenerator<string> {
  for (let n = 0; n < EVENTS; n++) yield `id: ${n}\ndata: ${JSON.stringify({ n })}\n\n`
}
