import { defineService } from "@ashlar/core"
import { healthRoutes } from "../../src/health/index.ts"
import { createApp } from "../../src/index.ts"
import { events } from "../../src/sse/index.ts"
import { upgrade } from "../../src/websocket/upgrade.ts"

/** An app that tells, line by line, how it ends. `WEBSOCKETS=0` leaves the WebSocket route out: Deno serves it otherwise. */

const say = (line: Record<string, unknown>): void => console.log(JSON.stringify(line))
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const First = defineService({ name: "first", open: () => "first", close: () => say({ closed: "first" }) })
const Worker = defineService({
  name: "worker",
  open: async (services) => ({ first: await services.get(First) }),
  drain: async () => {
    await sleep(100)
    say({ drained: "worker" })
  },
  close: () => say({ closed: "worker" }),
})

const app = createApp({ maxBodyBytes: 64 * 1024 })
app.add(healthRoutes({ services: [Worker], cacheMs: 0 }))
app.get("/ok", () => "ok")
app.get("/slow", async (ctx) => {
  await sleep(Number((ctx.query as { ms?: string }).ms ?? 500))
  return "late"
})
app.get("/hang", (ctx) => {
  ctx.signal.addEventListener("abort", () => say({ aborted: "/hang" }), { once: true })
  return new Promise(() => undefined)
})
app.get("/deferred", (ctx) => {
  ctx.defer(async () => {
    await sleep(300)
    await ctx.use(Worker)
    say({ deferred: true })
  })
  return "ok"
})
app.get("/events", (ctx) =>
  events(ctx, async function* ({ signal }) {
    yield { data: "first" }
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }))
  }),
)
app.get("/large", () => new Uint8Array(32 * 1024 * 1024))
app.post("/upload", { maxBodyBytes: 64 * 1024 * 1024 }, async (ctx) => ({ size: (await ctx.read("bytes")).byteLength }))
app.post("/refused", async (ctx) => ({ size: (await ctx.read("bytes")).byteLength }))
app.post("/unread", () => "nobody wants it")
if (process.env.WEBSOCKETS !== "0")
  app.get("/echo", { websocket: {} }, (ctx) =>
    upgrade(ctx, { message: (connection, data) => void connection.send(data) }),
  )
app.onStop(() => say({ hook: 1 }))
app.onStop(() => say({ hook: 2 }))

const { GRACE_MS, NOT_READY_MS, STRICT } = process.env
const server = await app.listen({
  port: 0,
  strictWebSockets: STRICT === "1",
  signals: { graceMs: Number(GRACE_MS ?? 3000), notReadyMs: Number(NOT_READY_MS ?? 0) },
})
say({ url: server.url })
process.on("exit", () => say({ state: app.state }))
