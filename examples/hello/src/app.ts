import { type App, type BaseContext, createApp, Reply } from "@ashlar/http"
import { upgrade } from "@ashlar/http/upgrade"

const MAX_BYTES = 16 * 1024 * 1024

/** A greeting, a sign of life, and an echo. */
export function createHelloApp(): App {
  const app = createApp({ maxBodyBytes: MAX_BYTES })
  app.get("/", () => "Hello from Ashlar\n")
  app.get("/ok", () => "ok")
  app.all("/echo", echo)
  app.get("/echo", { websocket: { maxMessageBytes: MAX_BYTES, maxBufferedBytes: MAX_BYTES } }, (ctx) =>
    ctx.headers.get("upgrade") === null
      ? echo(ctx)
      : upgrade(ctx, { message: (connection, data) => void connection.send(data) }),
  )
  return app
}

/** The body as it came, as what it said it is. A browser must not take it for anything else. */
async function echo(ctx: BaseContext): Promise<Reply> {
  const type = ctx.headers.get("content-type") ?? "application/octet-stream"
  return new Reply(200, await ctx.read("bytes"), type, { "x-content-type-options": "nosniff" })
}
