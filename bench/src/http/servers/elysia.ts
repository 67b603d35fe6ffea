/** Elysia as its documentation shows it. */
import { cors } from "@elysiajs/cors"
import { Elysia, sse, status, t } from "elysia"
import { MAX_ITEMS, MAX_TAGS } from "../order.ts"
import {
  createSessions,
  EVENTS,
  HEADERS,
  HEADERS_IN,
  HEADERS_OUT,
  ROUTES,
  readSettings,
  routePath,
  SESSION_SECONDS,
  WIDE_ROUTES,
  widePath,
} from "../profile.ts"

const { port, profile, files } = readSettings()
const app = new Elysia()

const Tags = t.Array(t.String(), { maxItems: MAX_TAGS })
const User = t.Object({
  name: t.String({ minLength: 1, maxLength: 100 }),
  email: t.String({ format: "email" }),
  age: t.Integer({ minimum: 0, maximum: 150 }),
  tags: Tags,
})

const declare = {
  plain() {
    app
      .get("/users/:id", ({ params, query }) => ({ id: params.id, name: query.name }))
      .post("/users", ({ body }) => body, { body: User })
  },
  layers() {
    app.use(cors({ origin: "*" })).onRequest(({ set }) => {
      set.headers["x-request-id"] = crypto.randomUUID()
    })
    for (let at = 0; at < 5; at++)
      app.onBeforeHandle(({ store }) => {
        ;(store as Record<string, number>)[`m${at}`] = at
      })
    app.get("/users/:id", ({ params, query }) => ({ id: params.id, name: query.name }))
  },
  routes() {
    for (let r = 0; r < ROUTES; r++)
      app.get(routePath(r), ({ params: { id } }: { params: Record<string, string> }) => ({ r, id }))
  },
  wide() {
    for (let r = 0; r < WIDE_ROUTES; r++)
      app.get(widePath(r), ({ params: { a, b, c, d } }: { params: Record<string, string> }) => ({ r, a, b, c, d }))
  },
  async more() {
    const { staticPlugin } = await import("@elysiajs/static")
    const sessions = createSessions()
    app.get("/session", ({ cookie: { sid } }) => {
      const session = typeof sid?.value === "string" ? sessions.get(sid.value) : undefined
      if (session === undefined) return status(401, "Unauthorized")
      sid?.set({ value: sid.value, maxAge: SESSION_SECONDS, path: "/", httpOnly: true, sameSite: "lax" })
      return { user: session.user }
    })
    app.get("/headers", ({ headers, set }) => {
      for (let at = 0; at < HEADERS; at++) set.headers[HEADERS_OUT[at]!] = headers[HEADERS_IN[at]!] ?? ""
      return "ok"
    })
    const Item = t.Object({
      id: t.Integer({ minimum: 0 }),
      sku: t.String({ minLength: 1, maxLength: 40 }),
      name: t.String({ minLength: 1, maxLength: 120 }),
      price: t.Number({ minimum: 0 }),
      quantity: t.Integer({ minimum: 1, maximum: 999 }),
      inStock: t.Boolean(),
      tags: Tags,
    })
    const Order = t.Object({
      customer: t.String({ format: "email" }),
      items: t.Array(Item, { minItems: 1, maxItems: MAX_ITEMS }),
    })
    app.post("/orders", ({ body }) => ({ items: body.items.length }), { body: Order })
    app.use(await staticPlugin({ assets: files, prefix: "/static" }))
    app.get("/events", async function* () {
      for (let n = 0; n < EVENTS; n++) yield sse({ id: n, data: { n } })
    })
  },
}

app.get("/", () => "hi")
await declare[profile]()
app.listen({ port, hostname: "127.0.0.1" })
