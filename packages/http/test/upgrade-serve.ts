import { createApp, errors, layer, type Middleware, requestIds } from "../src/index.ts"
import { offeredProtocols, upgrade } from "../src/websocket/upgrade.ts"

/** The application whose WebSocket routes the suite tries on every runtime. */
const MiB = 1024 * 1024
const closes: [id: string, code: number, reason: string][] = []
const ends: { status: number; deferred: boolean }[] = []
const trace: string[] = []

const outer = layer({
  name: "outer",
  headers: { "x-constant": "1" },
  before: (ctx) => {
    ctx.set("x-outer", "1")
    ctx.set("set-cookie", "a=1; HttpOnly")
    ctx.set("set-cookie", "b=2")
    let deferred = false
    ctx.defer(() => {
      deferred = true
    })
    Object.assign(ctx, { wasDeferred: () => deferred })
  },
  finish: (ctx, { status }) => {
    const { wasDeferred } = ctx as unknown as { wasDeferred: () => boolean }
    ends.push({ status, deferred: wasDeferred() })
  },
})
const signedIn = layer({
  name: "signedIn",
  errors: [errors.Unauthorized],
  before: async (ctx): Promise<{ user: string }> => {
    await new Promise((resolve) => setTimeout(resolve, 5)) // a look-up: the handshake waits for it
    const user = ctx.headers.get("x-user")
    if (user === null) throw new errors.Unauthorized()
    return { user }
  },
})
const stamped: Middleware = async (_ctx, next) => {
  const response = await next()
  response.headers.set("x-stamp", String(response.status))
  return response
}
const closed: Middleware = () => new Response("closed today", { status: 418 })

const app = createApp({
  development: false,
  layers: [requestIds, outer],
  onError: (error) => void trace.push(String(error)),
})

app.get("/", (ctx) => ctx.headers.get("upgrade") ?? "plain")
app.get("/late", async () => {
  await new Promise((resolve) => setTimeout(resolve, 100))
  return "late"
})
app.post("/body", async (ctx) => ctx.read("text"))
app.get("/echo", { websocket: { maxMessageBytes: 16 * MiB } }, (ctx) =>
  upgrade(ctx, {
    message: (connection, data) => void connection.send(data),
    close: (_connection, code, reason) => void closes.push([ctx.query.id as string, code, reason]),
  }),
)
app.get("/small", { websocket: { maxMessageBytes: 10 } }, (ctx) =>
  upgrade(ctx, {
    message: (connection, data) => void connection.send(data),
    close: (_connection, code, reason) => void closes.push([ctx.query.id as string, code, reason]),
  }),
)
app.get("/idle", { websocket: { idleTimeoutSeconds: 8 } }, (ctx) => upgrade(ctx, { message: () => undefined }))
app.get("/rooms/:room", { websocket: {}, layers: [signedIn] }, (ctx) =>
  upgrade(ctx, {
    open: (connection) => void connection.send(`${ctx.user} is in ${ctx.params.room}, ${JSON.stringify(ctx.query)}`),
    message: () => undefined,
  }),
)
app.get("/protocol", { websocket: {} }, (ctx) =>
  upgrade(ctx, { message: () => undefined }, { protocol: offeredProtocols(ctx).find((one) => one === "v2") }),
)
app.get("/stamped", { websocket: {}, layers: [stamped] }, (ctx) => upgrade(ctx, { message: () => undefined }))
app.get("/closed", { websocket: {}, layers: [closed] }, (ctx) => upgrade(ctx, { message: () => undefined }))
app.get("/injected", { websocket: {} }, (ctx) => {
  ctx.set("x-injected", "a\r\nx-evil: 1")
  return upgrade(ctx, { message: () => undefined })
})
app.get("/throws", { websocket: {} }, (ctx) =>
  upgrade(ctx, {
    message: () => {
      throw new TypeError("a secret of the implementation")
    },
  }),
)
app.get("/undeclared", (ctx) => upgrade(ctx, { message: () => undefined }))
// More siblings than Bun's own router takes: all requests go through ours.
if (process.env.WIDE === "1") for (let index = 0; index < 250; index++) app.get(`/wide-${index}`, () => index)
app.get("/trace", () => ({ closes, ends, trace }))

const server = await app.listen({ port: 0, strictWebSockets: process.env.STRICT === "1" })
console.log(JSON.stringify({ url: server.url }))
process.on("SIGTERM", async () => {
  const began = performance.now()
  await app.stop(Number(process.env.GRACE_MS ?? 2000))
  console.log(JSON.stringify({ stopped: true, ms: performance.now() - began, closes }))
  process.exit(0)
})
