/** Hono as its documentation shows it, the same app on every runtime. */
import { zValidator } from "@hono/zod-validator"
import { Hono, type MiddlewareHandler } from "hono"
import { cors } from "hono/cors"
import { requestId } from "hono/request-id"
import { z } from "zod"
import { MAX_ITEMS, MAX_TAGS } from "../order.ts"
import {
  createSessions,
  EVENTS,
  HEADERS,
  HEADERS_IN,
  HEADERS_OUT,
  type Profile,
  ROUTES,
  routePath,
  SESSION_SECONDS,
  WIDE_ROUTES,
  widePath,
} from "../profile.ts"

interface Env {
  Variables: Record<string, unknown>
}

const Tags = z.array(z.string()).max(MAX_TAGS)
const User = z.object({
  name: z.string().min(1).max(100),
  email: z.email(),
  age: z.int().min(0).max(150),
  tags: Tags,
})

/** @param files the runtime's own middleware for the folder of workload j */
export async function createHono(profile: Profile, files: () => Promise<MiddlewareHandler>): Promise<Hono<Env>> {
  const app = new Hono<Env>()
  if (profile === "layers") {
    app.use(cors())
    app.use(requestId())
    for (let at = 0; at < 5; at++)
      app.use(async (c, next) => {
        c.set(`m${at}`, at)
        await next()
      })
  }
  app.get("/", (c) => c.text("hi"))
  if (profile === "plain" || profile === "layers") {
    app.get("/users/:id", (c) => c.json({ id: c.req.param("id"), name: c.req.query("name") }))
    app.post("/users", zValidator("json", User), (c) => c.json(c.req.valid("json")))
  }
  if (profile === "routes")
    for (let r = 0; r < ROUTES; r++) app.get(routePath(r), (c) => c.json({ r, id: c.req.param("id") }))
  if (profile === "wide")
    for (let r = 0; r < WIDE_ROUTES; r++) app.get(widePath(r), (c) => c.json({ r, ...(c.req.param() as object) }))
  if (profile === "more") await addMore(app, await files())
  return app
}

async function addMore(app: Hono<Env>, files: MiddlewareHandler): Promise<void> {
  const { getCookie, setCookie } = await import("hono/cookie")
  const { streamSSE } = await import("hono/streaming")
  const sessions = createSessions()
  app.get("/session", (c) => {
    const id = getCookie(c, "sid") ?? ""
    const session = sessions.get(id)
    if (session === undefined) return c.text("Unauthorized", 401)
    setCookie(c, "sid", id, { maxAge: SESSION_SECONDS, path: "/", httpOnly: true, sameSite: "Lax" })
    return c.json({ user: session.user })
  })
  app.get("/headers", (c) => {
    for (let at = 0; at < HEADERS; at++) c.header(HEADERS_OUT[at]!, c.req.header(HEADERS_IN[at]!))
    return c.text("ok")
  })
  const Item = z.object({
    id: z.int().min(0),
    sku: z.string().min(1).max(40),
    name: z.string().min(1).max(120),
    price: z.number().min(0),
    quantity: z.int().min(1).max(999),
    inStock: z.boolean(),
    tags: Tags,
  })
  const Order = z.object({ customer: z.email(), items: z.array(Item).min(1).max(MAX_ITEMS) })
  app.post("/orders", zValidator("json", Order), (c) => c.json({ items: c.req.valid("json").items.length }))
  app.use("/static/*", files)
  app.get("/events", (c) =>
    streamSSE(c, async (stream) => {
      for (let n = 0; n < EVENTS; n++) await stream.writeSSE({ id: String(n), data: JSON.stringify({ n }) })
    }),
  )
}

export function withoutPrefix(path: string): string {
  return path.slice("/static".length)
}
