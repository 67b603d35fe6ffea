import { type App, createApp, type Handler } from "../../src/index.ts"
import { createOffloadPool, defineOffloadPool, defineTask, offload } from "../../src/offload/index.ts"
import { upper } from "./other-tasks.ts"
import * as tasks from "./tasks.ts"

/** The server that the suite of threads drives on every runtime. */
const reported: string[] = []
const app: App = createApp({
  development: false,
  onError: (error) =>
    void reported.push(`${error} ${/(tasks|chunk-\w+)\.m?[jt]s/.test((error as Error).stack ?? "") ? "in tasks" : ""}`),
})
const pool = defineOffloadPool("test threads", { maxWorkers: 2, maxQueued: 2, timeoutMs: 10_000 })
const serve = (path: string, handler: Handler<string, unknown, unknown, unknown>): void => void app.get(path, handler)
const own = defineTask(import.meta.url, "own", () => 1)

serve("/", () => "alive")
serve("/add", async (ctx) => offload(ctx, tasks.add, [2, 3]))
serve("/default-pool", async (ctx) => offload(ctx, tasks.add, [20, 30]))
serve("/upper", async (ctx) => offload(ctx, upper, "other module", { pool }))
serve("/thread", async (ctx) => offload(ctx, tasks.thread, null, { pool }))
serve("/sleep/:ms", async (ctx) => offload(ctx, tasks.sleep, Number(ctx.params.ms), { pool }))
serve("/conflict", async (ctx) => offload(ctx, tasks.conflict, null, { pool }))
serve("/failure", async (ctx) => offload(ctx, tasks.failure, null, { pool }))
serve("/defect", async (ctx) => offload(ctx, tasks.defect, null, { pool }))
serve("/odd-throw", async (ctx) => offload(ctx, tasks.oddThrow, null, { pool }))
serve("/uncloneable", async (ctx) => offload(ctx, tasks.uncloneable, null, { pool }))
serve("/uncloneable-input", async (ctx) => offload(ctx, tasks.size, (() => 1) as never, { pool }))
serve("/exit", async (ctx) => offload(ctx, tasks.exit, null, { pool }))
serve("/late-defect", async (ctx) => offload(ctx, tasks.lateDefect, null, { pool }))
serve("/own", async (ctx) => offload(ctx, own, undefined, { pool }))
serve("/missing", async (ctx) => offload(ctx, { ...tasks.add, name: "mising" }, [1, 2], { pool }))
serve("/timeout", async (ctx) => offload(ctx, tasks.forever, null, { pool, timeoutMs: 100 }))
serve("/no-limit", async (ctx) => offload(ctx, tasks.sleep, 50, { pool, timeoutMs: Number.POSITIVE_INFINITY }))
serve("/forever", async (ctx) => offload(ctx, tasks.forever, null, { pool }))
app.get("/route-timeout", { timeoutMs: 100 }, async (ctx) => offload(ctx, tasks.forever, null, { pool }))
serve("/move", async (ctx) => {
  const input = new Uint8Array(1_000_000)
  const length = await offload(ctx, tasks.size, input, { pool, transfer: [input.buffer] })
  const output = await offload(ctx, tasks.bytes, 1000, { pool })
  return { length, left: input.byteLength, output: output.byteLength, first: output[0] }
})
serve("/close", async () => {
  const alone = createOffloadPool({ maxWorkers: 1 })
  const outcomes = [alone.run(tasks.forever, null), alone.run(tasks.add, [1, 1])].map((one) =>
    one.then(String, (error: { code: string }) => error.code),
  )
  await new Promise((resolve) => setTimeout(resolve, 300))
  await alone.close()
  const after = await alone.run(tasks.add, [1, 1]).then(String, (error: { code: string }) => error.code)
  return [...(await Promise.all(outcomes)), after]
})
serve("/idle", async () => {
  const alone = createOffloadPool({ maxWorkers: 1, idleMs: 50 })
  const first = await alone.run(tasks.thread, null)
  const again = await alone.run(tasks.thread, null)
  await new Promise((resolve) => setTimeout(resolve, 400))
  const later = await alone.run(tasks.thread, null)
  await alone.close()
  return { reused: first === again, ended: later !== first }
})
serve("/reported", () => reported)

const server = await app.listen({ port: Number(process.env.PORT ?? 0) })
console.log(JSON.stringify({ url: server.url }))
process.on("SIGTERM", async () => {
  await app.stop(500)
  console.log("stopped") // and the process ends by itself: no thread keeps it
})
