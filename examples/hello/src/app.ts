import { type App, type BaseContext, createApp, Reply } from "@ashlar/http"
import { upgrade } from "@ashlar/http/upgrade"
import { describeRoute, openapi } from "@ashlar/openapi"
import { v } from "@ashlar/validation"

const MAX_BYTES = 16 * 1024 * 1024

/** A greeting, a sign of life, an echo, and at `/docs` a page that shows and tries them. */
export function createHelloApp(): App {
  const app = createApp({ maxBodyBytes: MAX_BYTES })
  app.get("/", { summary: "A greeting", response: v.string() }, () => "Hello from Ashlar\n")
  app.get("/ok", { summary: "A sign of life", response: v.string() }, () => "ok")
  app.all("/echo", { summary: "The body as it came", meta: described }, echo)
  const websocket = { maxMessageBytes: MAX_BYTES, maxBufferedBytes: MAX_BYTES }
  app.get("/echo", { summary: "The body, or the messages, as they came", meta: described, websocket }, (ctx) =>
    ctx.headers.get("upgrade") === null
      ? echo(ctx)
      : upgrade(ctx, { message: (connection, data) => void connection.send(data) }),
  )
  openapi(app, { title: "Hello", version: "1.0.0", license: { name: "MIT", identifier: "MIT" } })
  return app
}

const described = describeRoute(({ method }) => ({
  ...(method !== "GET" && { body: { required: false, content: { "text/plain": v.string(), "*/*": {} } } }),
  responses: { 200: { description: "The same", content: { "*/*": {} } } },
}))

/** The body as it came, as what it said it is. A browser must not take it for anything else. */
async function echo(ctx: BaseContext): Promise<Reply> {
  const type = ctx.headers.get("content-type") ?? "application/octet-stream"
  return new Reply(200, await ctx.read("bytes"), type, { "x-content-type-options": "nosniff" })
}
