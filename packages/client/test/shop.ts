/** The app that the client's tests call: one route of each kind. */
import { createApp, errors, fail, get, layer, post, type Route, routes, type Server } from "@ashlar/http"
import { batch } from "@ashlar/http/batch"
import { publishRoutes } from "@ashlar/http/contract"
import { ndjson } from "@ashlar/http/ndjson"
import { events } from "@ashlar/http/sse"
import { v } from "@ashlar/validation"
import { websocket } from "@ashlar/websocket"

const User = v.object({ id: v.string(), name: v.string() })

/** What the server saw, for tests that count. */
export const seen: { calls: string[]; keys: (string | null)[] } = { calls: [], keys: [] }

const signedIn = layer({
  name: "signedIn",
  errors: [errors.Unauthorized],
  before: (ctx) => {
    if (ctx.headers.get("authorization") !== "Bearer secret-marker") throw new errors.Unauthorized()
    return { user: { name: "Ada" } }
  },
})

/** How often each flaky call was asked for. */
const attempts = new Map<string, number>()
function attempt(id: string): number {
  const count = (attempts.get(id) ?? 0) + 1
  attempts.set(id, count)
  return count
}

export const users = routes({
  show: get("/users/:id", { response: User, errors: [errors.NotFound] }, (ctx) => {
    seen.calls.push(ctx.params.id)
    if (ctx.params.id === "0") throw new errors.NotFound("No user has this id")
    return { id: ctx.params.id, name: "server-code-marker".length > 0 ? "Ada" : "" }
  }),
  list: get(
    "/users",
    { query: v.object({ limit: v.coerce.integer().min(1).default(10), tag: v.array(v.string()).optional() }) },
    (ctx) => ({ limit: ctx.query.limit, tags: ctx.query.tag ?? [], at: new Date(0) }),
  ),
  create: post("/users", { body: v.object({ name: v.string().min(1) }), response: { 201: User } }, (ctx) => {
    seen.keys.push(ctx.headers.get("idempotency-key"))
    return ctx.json({ id: "1", name: ctx.body.name }, 201)
  }),
  me: get("/me", { layers: [signedIn] }, (ctx) => ctx.user),
  remove: get("/gone", { response: { 204: null } }, (ctx) => ctx.empty()),
  teapot: get("/teapot", () => fail(errors.Gone, "It is gone")),
  file: get("/files/*path", (ctx) => ctx.params.path),
  bytes: get("/bytes", () => new Uint8Array([1, 2, 3])),
  slow: get("/slow", async (ctx) => {
    await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve))
    return "late"
  }),
  flaky: get("/flaky/:id", { errors: [errors.Unavailable] }, (ctx) => {
    const count = attempt(ctx.params.id)
    if (count < 3) throw new errors.Unavailable("Not now", { details: { retryAfterSeconds: 1 } })
    return { count }
  }),
  flakyPost: post("/flaky/:id", { errors: [errors.Unavailable] }, (ctx) => {
    seen.keys.push(ctx.headers.get("idempotency-key"))
    const count = attempt(ctx.params.id)
    if (count < 2) throw new errors.Unavailable()
    return { count }
  }),
  rows: get("/rows", () => ndjson([{ n: 1 }, { n: 2 }, { n: 3 }])),
  ticks: get("/ticks", (ctx) =>
    events(ctx, async function* (stream) {
      const first = Number(stream.lastEventId ?? 0) + 1
      for (let n = first; n <= 5; n++) {
        yield { id: String(n), event: "tick", data: { n } }
        await new Promise((resolve) => setTimeout(resolve, 10))
        if (n === 3 && first === 1) throw new Error("the connection breaks off here")
      }
    }),
  ),
  poisoned: get(
    "/poisoned",
    () =>
      new Response('{"__proto__":{"admin":true},"a":{"__proto__":1}}', {
        headers: { "content-type": "application/json" },
      }),
  ),
  broken: get("/broken", () => new Response("{", { headers: { "content-type": "application/json" } })),
  nested: { deep: get("/deep", () => "deep").name("elsewhere") },
  chat: websocket(
    "/chat/:room",
    { messages: { in: v.object({ say: v.string() }), out: v.object({ said: v.string() }) } },
    {
      message: (socket, message, ctx) => void socket.send({ said: `${ctx.params.room}: ${message.say}` }),
    },
  ),
})

/** Starts it on a free port. */
export async function startShop(): Promise<Server> {
  const app = createApp({ onError: () => undefined })
  app.scope("/v1", (v1) => v1.add(users))
  app.add(publishRoutes(app))
  app.add(batch(app) as Route)
  return app.listen({ port: 0 })
}
