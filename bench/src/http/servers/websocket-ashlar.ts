/** WebSockets as a route: what a client sends goes to all, by the runtime's own topics. */
import { createApp } from "@ashlar/http"
import { upgrade } from "@ashlar/http/upgrade"
import { readSettings } from "../profile.ts"

const TOPIC = "all"
const { port } = readSettings()
const app = createApp()

app.get("/", () => "hi")
app.get("/socket", { websocket: { idleTimeoutSeconds: 960 } }, (ctx) =>
  upgrade(ctx, {
    open: (connection) => connection.topics?.subscribe(connection, TOPIC),
    message: (connection, data) => connection.topics?.publish(TOPIC, data),
  }),
)
await app.listen({ port })
