import { createApp } from "@ashlar/http"
import { etag } from "@ashlar/http/caching"
import { compress } from "@ashlar/http/compression"
import { cookies } from "@ashlar/http/cookies"
import { ndjson, readNdjson } from "@ashlar/http/ndjson"
import { negotiate } from "@ashlar/http/negotiation"
import { events } from "@ashlar/http/sse"
import { toWorker, type WorkerHandler } from "@ashlar/http/workers"

/** The worker that the suite of answers asks in workerd, which has nothing of Node. */
const app = createApp({ layers: [compress(), cookies({ keys: ["k".repeat(32)] })] })

app.get("/text", { layers: [etag()] }, () => "a text that repeats itself, ".repeat(100))
app.get("/events", (ctx) =>
  events(ctx, async function* ({ lastEventId }) {
    for (let n = Number(lastEventId ?? 0) + 1; n <= 3; n++) {
      yield { id: n, data: { n } }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }),
)
app.get("/rows", () => ndjson([1, { a: 2 }, null]))
app.post("/rows", async (ctx) => {
  let sum = 0
  for await (const n of readNdjson(ctx)) sum += n as number
  return sum
})
app.get("/count", (ctx) => {
  const count = Number(ctx.cookies.getSigned("count") ?? 0) + 1
  ctx.cookies.setSigned("count", String(count))
  return { count }
})
const formats = negotiate({ text: true, types: { "text/csv": (value) => Object.values(value as object).join(",") } })
app.get("/formats", { layers: [formats] }, () => ({ a: 1, b: 2 }))

const worker: WorkerHandler<unknown> = toWorker(app)
export default worker
