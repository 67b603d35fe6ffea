import { setTimeout as sleep } from "node:timers/promises"
import { type App, createApp } from "../../src/index.ts"
import { type EventStream, events, type ServerEvent } from "../../src/sse/index.ts"

/** The server that the suite of event streams drives on every runtime. */
const reported: string[] = []
/** What is held for streams under way: a test waits until all of it is freed. */
const held = { generators: 0, waits: 0, listeners: 0 }
const made = { events: 0 }
const listeners = new Set<(n: number) => void>()
const app: App = createApp({ onError: (error) => void reported.push(String(error)) })

async function* counted(values: (stream: EventStream) => AsyncIterable<ServerEvent>, stream: EventStream) {
  held.generators++
  try {
    yield* values(stream)
  } finally {
    held.generators--
  }
}
const serve = (path: string, values: (stream: EventStream) => AsyncIterable<ServerEvent>, heartbeatMs = 60_000): void =>
  void app.get(path, (ctx) => events(ctx, (stream) => counted(values, stream), { heartbeatMs }))

serve("/hundred", async function* () {
  for (let n = 0; n < 100; n++) yield { id: n, data: { n } }
})
serve("/none", async function* () {
  // Ends at once.
})
serve("/kinds", async function* ({ lastEventId }) {
  yield { event: "greeting", id: lastEventId ?? "none", retry: 1500, data: "héllo\nsecond\r\nthird\rfourth" }
  yield { data: { text: "a\nb", last: lastEventId ?? null } }
  yield { data: "" }
  yield { data: " leading\n\nid: 7" }
  yield { id: "alone" }
})
serve("/slow", async function* () {
  for (const n of [1, 2, 3]) {
    yield { data: n }
    await sleep(60)
  }
})
serve(
  "/silent",
  async function* ({ signal }) {
    held.waits++
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }))
    held.waits--
    yield { data: "nobody sees this" }
  },
  300,
)
serve(
  "/sleepy",
  async function* ({ signal }) {
    await sleep(60_000, undefined, { signal })
    yield { data: "too late" }
  },
  4000,
)
serve("/flood", async function* () {
  for (;;) {
    made.events++
    yield { data: "x".repeat(10_000) }
    if (made.events % 50 === 0) await sleep(0)
  }
})
serve("/broken", async function* () {
  yield { data: "before" }
  await sleep(20)
  throw new TypeError("a defect of the source")
})
serve("/inject", async function* () {
  yield { data: "before" }
  await sleep(20)
  yield { id: "1\ndata: injected", data: "x" }
})
app.get("/pushed", (ctx) =>
  events(ctx, async (stream) => {
    await sleep(5)
    const listen = (n: number): void => void stream.send({ id: n, data: { n } })
    listeners.add(listen)
    held.listeners++
    return () => {
      listeners.delete(listen)
      held.listeners--
    }
  }),
)
app.get("/overflow", (ctx) =>
  events(
    ctx,
    (stream) => {
      held.waits++
      stream.signal.addEventListener("abort", () => {
        held.waits--
        reported.push(String((stream.signal.reason as { code?: string }).code))
      })
      const fill = (): void => {
        for (let n = 0; n < 100; n++) if (!stream.send({ data: "y".repeat(20_000) })) return
        setTimeout(fill, 1)
      }
      fill()
    },
    { maxBufferedEvents: 20 },
  ),
)
app.get("/done", (ctx) =>
  events(ctx, (stream) => {
    stream.send({ data: "only" })
    stream.end("finished")
    stream.send({ data: "too late" })
  }),
)
app.post("/push", async (ctx) => {
  const n = (await ctx.read("json")) as number
  for (const listen of listeners) listen(n)
  return listeners.size
})
app.get("/state", () => ({ ...held, ...made, reported, rss: process.memoryUsage().rss }))

const server = await app.listen({ port: Number(process.env.PORT ?? 0), idleTimeoutSeconds: 2 })
console.log(JSON.stringify({ url: server.url }))
process.on("SIGTERM", async () => {
  await app.stop(3000)
  await sleep(20) // a generator that ends its wait on the signal does so in a turn of its own
  console.log(JSON.stringify({ stopped: true, held }))
  process.exit(0)
})
