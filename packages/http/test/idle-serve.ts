import { createApp } from "@ashlar/http"

/** An app whose connections may be idle for as long as `IDLE_SECONDS` says. */
const app = createApp()
app.get("/ok", () => "ok")
const idleTimeoutSeconds = Number(process.env.IDLE_SECONDS)
const server = await app.listen({ port: Number(process.env.PORT), idleTimeoutSeconds })
console.log(JSON.stringify({ url: server.url }))
