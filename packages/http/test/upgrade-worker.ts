import { createApp, errors, layer } from "@ashlar/http"
import { upgrade } from "@ashlar/http/upgrade"
import { toWorker, type WorkerHandler } from "@ashlar/http/workers"

/** The worker whose WebSocket routes the suite tries in workerd. */
const closes: [code: number, reason: string][] = []
const signedIn = layer({
  name: "signedIn",
  before: (ctx) => {
    ctx.set("x-outer", "1")
    ctx.set("set-cookie", "a=1")
    ctx.set("set-cookie", "b=2")
    if (ctx.headers.get("x-user") === null) throw new errors.Unauthorized()
  },
})
const app = createApp()
app.get("/closes", () => closes)
app.get("/echo", { websocket: { maxMessageBytes: 10 }, layers: [signedIn] }, (ctx) =>
  upgrade(ctx, {
    open: (connection) => void connection.send("welcome"),
    message: (connection, data) => void connection.send(data),
    close: (_connection, code, reason) => void closes.push([code, reason]),
  }),
)

const handler: WorkerHandler<unknown> = toWorker(app)
export default handler
