/** Fastify as its documentation shows it, with a schema for every answer. */
import Fastify from "fastify"
import { MAX_ITEMS, MAX_TAGS, type Order } from "../order.ts"
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
const app = Fastify()

const text = (maxLength: number): object => ({ type: "string", minLength: 1, maxLength })
const record = (properties: Record<string, object>): object => ({
  type: "object",
  required: Object.keys(properties),
  properties,
})
const tags = { type: "array", items: { type: "string" }, maxItems: MAX_TAGS }
const User = record({
  name: text(100),
  email: { type: "string", format: "email" },
  age: { type: "integer", minimum: 0, maximum: 150 },
  tags,
})

const answers = (...names: string[]): object => ({
  200: { type: "object", properties: Object.fromEntries(names.map((name) => [name, { type: "string" }])) },
})
const numbered = (...names: string[]): object => ({
  200: {
    type: "object",
    properties: { r: { type: "integer" }, ...Object.fromEntries(names.map((name) => [name, { type: "string" }])) },
  },
})

interface ById {
  Params: { id: string }
  Querystring: { name?: string }
}

function addUsers(): void {
  app.get<ById>("/users/:id", { schema: { response: answers("id", "name") } }, (request, reply) => {
    reply.send({ id: request.params.id, name: request.query.name })
  })
}

const declare = {
  plain() {
    addUsers()
    app.post("/users", { schema: { body: User, response: { 200: User } } }, (request, reply) => {
      reply.send(request.body)
    })
  },
  async layers() {
    const { default: cors } = await import("@fastify/cors")
    await app.register(cors, { origin: "*" })
    app.addHook("onRequest", (_request, reply, done) => {
      reply.header("x-request-id", crypto.randomUUID())
      done()
    })
    for (let at = 0; at < 5; at++)
      app.addHook("onRequest", (request, _reply, done) => {
        ;(request as unknown as Record<string, number>)[`m${at}`] = at
        done()
      })
    addUsers()
  },
  routes() {
    for (let r = 0; r < ROUTES; r++)
      app.get<ById>(routePath(r), { schema: { response: numbered("id") } }, (request, reply) => {
        reply.send({ r, id: request.params.id })
      })
  },
  wide() {
    const schema = { response: numbered("a", "b", "c", "d") }
    for (let r = 0; r < WIDE_ROUTES; r++)
      app.get<{ Params: Record<string, string> }>(widePath(r), { schema }, ({ params: { a, b, c, d } }, reply) => {
        reply.send({ r, a, b, c, d })
      })
  },
  async more() {
    const { default: cookie } = await import("@fastify/cookie")
    const { default: folder } = await import("@fastify/static")
    await app.register(cookie)
    await app.register(folder, { root: files, prefix: "/static/" })
    const sessions = createSessions()
    app.get("/session", { schema: { response: answers("user") } }, (request, reply) => {
      const id = request.cookies.sid ?? ""
      const session = sessions.get(id)
      if (session === undefined) return reply.code(401).send()
      reply.setCookie("sid", id, { maxAge: SESSION_SECONDS, path: "/", httpOnly: true, sameSite: "lax" })
      return reply.send({ user: session.user })
    })
    app.get("/headers", (request, reply) => {
      for (let at = 0; at < HEADERS; at++) reply.header(HEADERS_OUT[at]!, request.headers[HEADERS_IN[at]!])
      reply.send("ok")
    })
    const Item = record({
      id: { type: "integer", minimum: 0 },
      sku: text(40),
      name: text(120),
      price: { type: "number", minimum: 0 },
      quantity: { type: "integer", minimum: 1, maximum: 999 },
      inStock: { type: "boolean" },
      tags,
    })
    const OrderSchema = record({
      customer: { type: "string", format: "email" },
      items: { type: "array", items: Item, minItems: 1, maxItems: MAX_ITEMS },
    })
    const counted = { 200: { type: "object", properties: { items: { type: "integer" } } } }
    app.post<{ Body: Order }>("/orders", { schema: { body: OrderSchema, response: counted } }, (request, reply) => {
      reply.send({ items: request.body.items.length })
    })
    const { fastifySSE } = await import("@fastify/sse")
    await app.register(fastifySSE)
    app.get("/events", { sse: "only" }, (_request, reply) => reply.sse.send(events()))
  },
}

async function* events(): AsyncGenerator<{ id: string; data: { n: number } }> {
  for (let n = 0; n < EVENTS; n++) yield { id: String(n), data: { n } }
}

app.get("/", (_request, reply) => {
  reply.send("hi")
})
await declare[profile]()
await app.listen({ port, host: "127.0.0.1" })
