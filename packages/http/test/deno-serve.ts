import { createApp } from "@ashlar/http"

/** An app without WebSocket routes: Deno serves it connection by connection. */

// As a Deno that has nothing inside of its requests and answers, or something else.
if (process.env.HIDES_INSIDE !== undefined) Object.getOwnPropertySymbols = () => []

const anything = {
  "~standard": { version: 1 as const, vendor: "test", validate: (value: unknown) => ({ value }) },
}
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function* drip(): AsyncGenerator<string> {
  for (let index = 0; index < 8; index++) {
    await sleep(500)
    yield `${index}`
  }
}

const app = createApp({ maxBodyBytes: 1024 * 1024 })
app.get("/ok", () => "ok")
app.get("/late", async () => {
  await sleep(4000)
  return "late"
})
app.get("/drip", () => drip())
const large = 16 * 1024 * 1024
app.get("/bytes", () => new Uint8Array(large))
app.get("/text", () => "x".repeat(large))
app.get("/json", () => ({ text: "x".repeat(large) }))
app.get("/long", () => "x".repeat(100_000))
app.get("/later", async () => "x".repeat(large))
app.get("/response", () => new Response("x".repeat(large)))
app.post("/typed", { body: anything }, () => "typed")
app.post("/mirror", (ctx) => ctx.bodyStream())
app.post("/few", { body: anything, maxBodyBytes: 10 }, (ctx) => ({ got: ctx.body }))
app.post("/size", async (ctx) => ({ size: JSON.stringify(await ctx.read("json")).length }))
app.post("/form", async (ctx) => [...(await ctx.request.formData()).keys()])

const server = await app.listen({ port: 0, idleTimeoutSeconds: 2 })
console.log(JSON.stringify({ url: server.url }))
process.on("SIGTERM", async () => {
  await server.stop(3000)
  console.log("stopped")
  process.exit(0)
})
