import { createApp, errors, get, post, type Route, routes, type Server } from "@ashlar/http"
import { batch } from "@ashlar/http/batch"
import { publishRoutes } from "@ashlar/http/contract"
import { ndjson } from "@ashlar/http/ndjson"
import { v } from "@ashlar/validation"
import { websocket } from "@ashlar/websocket"

const User = v.object({ id: v.string(), name: v.string(), age: v.integer().optional() })

export const users = routes({
  show: get("/users/:id", { response: User, errors: [errors.NotFound] }, (ctx) => {
    if (ctx.params.id === "0") throw new errors.NotFound()
    return { id: ctx.params.id, name: "Ada" }
  }),
  create: post("/users", { body: v.object({ name: v.string().min(1) }), response: { 201: User } }, (ctx) =>
    ctx.json({ id: "1", name: ctx.body.name }, 201),
  ),
  rows: get("/rows", () => ndjson([{ n: 1 }, { n: 2 }])),
  chat: websocket("/chat", { messages: {} }, { message: (socket, message) => void socket.send(message) }),
})

export async function start(): Promise<Server> {
  const app = createApp()
  app.add(users)
  app.add(publishRoutes(app))
  app.add(batch(app) satisfies Route)
  return app.listen({ port: 0 })
}
