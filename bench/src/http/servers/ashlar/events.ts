import type { App } from "@ashlar/http"
import { EVENTS } from "../../profile.ts"

const encoder = new TextEncoder()

/** Workload l. */
export function addEvents(app: App): void {
  app.get("/events", () => new Response(events(), { headers: { "content-type": "text/event-stream" } }))
}

function events(): ReadableStream<Uint8Array> {
  let n = 0
  return new ReadableStream({
    pull(controller) {
      if (n === EVENTS) return controller.close()
      controller.enqueue(encoder.encode(`id: ${n}\ndata: ${JSON.stringify({ n })}\n\n`))
      n++
    },
  })
}
