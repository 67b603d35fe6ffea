import { createApp, layer } from "@ashlar/http"
import { toGoogleCloud } from "@ashlar/http/google-cloud"
import { http } from "@google-cloud/functions-framework"
import { getTestServer } from "@google-cloud/functions-framework/testing"

/** The function that the suite asks, in Google's own framework, on Node. */
const app = createApp({ layers: [layer({ name: "constant", headers: { "x-constant": "1" } })] })
app.get("/", () => "hello")
app.get("/seen/*rest", (ctx) => ({
  url: ctx.url.href,
  rest: ctx.params.rest,
  query: ctx.query,
  address: ctx.address,
  host: ctx.headers.get("host"),
}))
app.post("/bytes", { maxBodyBytes: 64 * 1024 }, async (ctx) => ({ bytes: [...(await ctx.read("bytes"))] }))
app.post("/json", { maxBodyBytes: 64 * 1024 }, (ctx) => ctx.read("json"))
app.post("/form", (ctx) => ctx.read("form"))
app.get("/cookies", (ctx) => {
  ctx.set("set-cookie", "a=1; Path=/")
  ctx.set("set-cookie", "b=2; Path=/")
  return null
})
app.get("/broken", () => {
  throw new TypeError("secret")
})

const seen = { pulled: 0, cancelled: false, aborted: false }
app.get("/state", () => seen)
/** Many chunks, made when they are asked for. */
app.get("/large/:chunks", (ctx) => {
  Object.assign(seen, { pulled: 0, cancelled: false, aborted: false })
  ctx.signal.addEventListener("abort", () => {
    seen.aborted = true
  })
  const chunks = Number(ctx.params.chunks)
  return new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        if (seen.pulled++ === chunks) controller.close()
        else controller.enqueue(new Uint8Array(64 * 1024).fill(seen.pulled % 256))
      },
      cancel: () => {
        seen.cancelled = true
      },
    },
    { highWaterMark: 0 },
  )
})
/** Breaks off after its first bytes. */
app.get("/half", () => {
  let pulled = 0
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      if (pulled++ === 0) controller.enqueue(new Uint8Array([1]))
      else controller.error(new TypeError("broke"))
    },
  })
})

http("api", toGoogleCloud(app))
const server = getTestServer("api")
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as { port: number }
  console.log(JSON.stringify({ url: `http://127.0.0.1:${port}` }))
})
