import { createApp, errors } from "@ashlar/http"
import { toWorker, type WorkerHandler, workerContext } from "@ashlar/http/workers"

/** The worker that the suite asks in workerd. */
export interface Env {
  readonly GREETING: string
}

const worker = workerContext<Env>()
const app = createApp({ layers: [worker] })

app.get("/", (ctx) => ctx.env.GREETING)
app.get("/users/:id", (ctx) => ({ id: ctx.params.id, query: ctx.query, address: ctx.address, url: ctx.url.href }))
app.get("/files/*path", (ctx) => ({ path: ctx.params.path }))
app.post("/echo", { maxBodyBytes: 1024 }, async (ctx) => ({ got: await ctx.read("json") }))
app.put("/stream", (ctx) => new Response(ctx.bodyStream(), { headers: { "content-type": "application/octet-stream" } }))
app.get("/cookies", (ctx) => {
  ctx.set("set-cookie", "a=1; Path=/")
  ctx.set("set-cookie", "b=2; Path=/")
  return null
})
app.get("/missing", () => {
  throw new errors.NotFound("No such thing")
})
app.get("/broken", () => {
  throw new TypeError("secret")
})
app.get("/ticks", (ctx) => {
  let count = 0
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      if (count === 3 || ctx.signal.aborted) return controller.close()
      controller.enqueue(new TextEncoder().encode(`tick ${count++}\n`))
    },
  })
})

app.get("/header", (ctx) => {
  ctx.set("x-value", String((ctx.query as { value?: string }).value))
  return null
})

const late: string[] = []
app.get("/late", () => late)
/** Goes on after the answer, as long as the runtime is told to wait. */
app.post("/late/:name", (ctx) => {
  const { name } = ctx.params
  ctx.defer(async () => {
    await new Promise((resolve) => setTimeout(resolve, 50))
    late.push(name)
  })
  return null
})

const handler: WorkerHandler<Env> = toWorker<Env>(app)
export default handler
