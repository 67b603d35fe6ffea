import { type App, errors, layer } from "@ashlar/http"
import { offeredProtocols, upgrade } from "@ashlar/http/upgrade"

const MiB = 1024 * 1024
const LIMITS = { maxMessageBytes: 16 * MiB, maxBufferedBytes: 64 * MiB }
const CHAT: readonly string[] = ["chat.v2", "chat.v1"]

const signedIn = layer({
  name: "signedIn",
  errors: [errors.Unauthorized],
  before: (ctx) => {
    if (ctx.headers.get("authorization") === null) throw new errors.Unauthorized()
  },
})

export function addSockets(app: App): void {
  app.get("/echo", { websocket: LIMITS }, (ctx) =>
    upgrade(ctx, { message: (connection, data) => void connection.send(data) }),
  )
  app.get("/echo/small", { websocket: { maxMessageBytes: 10 } }, (ctx) =>
    upgrade(ctx, { message: (connection, data) => void connection.send(data) }),
  )
  app.get("/echo/signed-in", { websocket: {}, layers: [signedIn] }, (ctx) =>
    upgrade(ctx, { message: (connection, data) => void connection.send(data) }),
  )
  /** Chooses what it likes best of what is offered. */
  app.get("/echo/protocol", { websocket: {} }, (ctx) => {
    const offered = offeredProtocols(ctx)
    return upgrade(
      ctx,
      { message: (connection, data) => void connection.send(data) },
      { protocol: CHAT.find((one) => offered.includes(one)) },
    )
  })
  app.get("/echo/throws", { websocket: {} }, (ctx) =>
    upgrade(ctx, {
      message: () => {
        throw new TypeError("secret-of-the-app in a socket")
      },
    }),
  )
}
